import * as z from 'zod';
import { withRules, withTransitions } from '../schema/cel-rule.ts';
import { conditions, instant, objectName } from '../schema/fields.ts';
import { withoutNullMembers } from '../schema/null-members.ts';
import { MAX_CLUSTER_NAME_LENGTH } from './presence-cluster.ts';

/** Both kinds keep their names as short as annotations of a Namespace need them. */
export const MAX_CHANGE_FREEZE_NAME_LENGTH = 40;

/** An override ends by itself after at most four hours: long enough for an incident, too short to be forgotten. */
export const MAX_OVERRIDE_MS = 4 * 3_600_000;
/** A reason such as "fix" explains nothing to a reader on Monday. */
const MIN_REASON_LENGTH = 10;

export const OVERRIDE_SCOPES = ['Rollout', 'ScaleIn', 'Delete', 'Evict'] as const;
export type OverrideScope = (typeof OVERRIDE_SCOPES)[number];

export const overrideScope = z
  .array(z.enum(OVERRIDE_SCOPES))
  .min(1)
  .max(OVERRIDE_SCOPES.length)
  .meta({ 'x-kubernetes-list-type': 'set' })
  .refine((scope) => new Set(scope).size === scope.length, 'scopes must differ');

/** As the API server knows the user: `system:serviceaccount:NAMESPACE:NAME` for a service account. */
export const userName = z.string().min(1).max(512);

const spec = z.object({
  presenceClusterName: objectName
    .max(MAX_CLUSTER_NAME_LENGTH)
    .optional()
    .describe('PresenceCluster of the same namespace whose freeze is opened. This or changeFreezeName.'),
  changeFreezeName: objectName
    .max(MAX_CHANGE_FREEZE_NAME_LENGTH)
    .optional()
    .describe('ChangeFreeze of the same namespace that is opened.'),
  reason: z
    .string()
    .min(MIN_REASON_LENGTH)
    .max(512)
    .describe('Why it cannot wait until the freeze ends, in a sentence of 10 characters or more.'),
  ticket: z.string().min(1).max(128).describe('Incident or change that it belongs to, for example OPS-1234.'),
  requestedBy: userName.describe(
    'Your own user name as `kubectl auth whoami` shows it. The override opens the freeze for this user only, and no other user may create it.',
  ),
  expiresAt: instant.describe('When it ends, at most 4 hours after it is created.'),
  scope: overrideScope
    .default(['Rollout'])
    .describe(
      'What it opens. Rollout: pod templates and configuration, also revisions that the operator holds. ScaleIn: fewer pods than the floor. Delete: deletion of pods, workloads, volumes and the PresenceCluster. Evict: drain of nodes. A ChangeFreeze knows Rollout and Delete.',
    ),
});

// The rule is around the removal of null members: the API server judges what is left as well.
export const rolloutOverrideSpec = withTransitions(
  withRules(z.preprocess(withoutNullMembers, spec), [
    {
      cel: 'has(self.presenceClusterName) != has(self.changeFreezeName)',
      message: 'name either presenceClusterName or changeFreezeName',
      check: ({ presenceClusterName, changeFreezeName }) =>
        (presenceClusterName === undefined) !== (changeFreezeName === undefined),
    },
  ]),
  [{ cel: 'self == oldSelf', message: 'an override is never changed or extended; make a new one' }],
);

export type RolloutOverrideSpec = z.output<typeof rolloutOverrideSpec>;

export const rolloutOverrideStatus = z.object({
  observedGeneration: z.int().optional().describe('metadata.generation this status speaks of.'),
  until: instant.optional().describe('When it ends or ended.'),
  conditions: conditions.optional().describe('Active: whether it opens the freeze now.'),
});

export type RolloutOverrideStatus = z.output<typeof rolloutOverrideStatus>;
