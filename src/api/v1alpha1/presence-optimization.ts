import * as z from 'zod';
import { withRules, withTransitions } from '../schema/cel-rule.ts';
import { conditions, duration, instant, objectName } from '../schema/fields.ts';
import { withoutNullMembers } from '../schema/null-members.ts';
import { MAX_CLUSTER_NAME_LENGTH } from './presence-cluster.ts';
import { userName } from './rollout-override.ts';
import { MAX_REPLICAS } from './scaling.ts';

export const OPTIMIZATION_TYPES = ['Prewarm', 'RefreshTopology', 'HoldReplicas', 'Rebalance'] as const;
export type OptimizationType = (typeof OPTIMIZATION_TYPES)[number];

/** A floor that outlives the evening it was asked for is a change of the spec in disguise. */
export const MAX_HOLD_MS = 12 * 3_600_000;

const LENGTH = /^(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?$/;

function lengthMs(text: string): number {
  const [, hours = 0, minutes = 0, seconds = 0] = LENGTH.exec(text) ?? [];
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
}

const holdReplicas = withRules(
  z.object({
    replicas: z.int32().min(1).max(MAX_REPLICAS).describe('Fewest presence pods, cut to maxReplicas.'),
    for: duration.describe('How long, from the creation of this object: at most 12h.'),
  }),
  [
    {
      // `for` is a word of CEL; properties of that name are written with underscores.
      cel: "duration(self.__for__) > duration('0s') && duration(self.__for__) <= duration('12h')",
      message: 'for must be longer than 0s and at most 12h',
      check: (hold) => lengthMs(hold.for) > 0 && lengthMs(hold.for) <= MAX_HOLD_MS,
    },
  ],
);

const spec = z.object({
  presenceClusterName: objectName
    .max(MAX_CLUSTER_NAME_LENGTH)
    .describe('PresenceCluster of the same namespace.'),
  requestedBy: userName.describe(
    'Your own user name as `kubectl auth whoami` shows it. The operator accepts at most 10 requests per minute from one user.',
  ),
  type: z
    .enum(OPTIMIZATION_TYPES)
    .describe(
      'RefreshTopology: look at Redis and everything else at once. HoldReplicas: fewest presence pods for a time. Prewarm and Rebalance are refused as not available.',
    ),
  holdReplicas: holdReplicas.optional().describe('How many and how long; with type HoldReplicas only.'),
});

// The rule is around the removal of null members: the API server judges what is left as well.
export const presenceOptimizationSpec = withTransitions(
  withRules(z.preprocess(withoutNullMembers, spec), [
    {
      cel: "(self.type == 'HoldReplicas') == has(self.holdReplicas)",
      message: 'holdReplicas belongs to type HoldReplicas, and only to it',
      check: ({ type, holdReplicas: hold }) => (type === 'HoldReplicas') === (hold !== undefined),
    },
  ]),
  [{ cel: 'self == oldSelf', message: 'a request is never changed; make a new one' }],
);

export type PresenceOptimizationSpec = z.output<typeof presenceOptimizationSpec>;

export const OPTIMIZATION_PHASES = ['Active', 'Done', 'Refused'] as const;

export const presenceOptimizationStatus = z.object({
  observedGeneration: z.int().optional().describe('metadata.generation this status speaks of.'),
  phase: z
    .enum(OPTIMIZATION_PHASES)
    .optional()
    .describe('Active: it has effect until status.until. Done: it is over. Refused: it had no effect.'),
  reason: z.string().max(64).optional().describe('Why it was refused: the reason of condition Accepted.'),
  retryAfter: instant.optional().describe('When the same request would be taken, where that is known.'),
  until: instant.optional().describe('When HoldReplicas ends or ended.'),
  conditions: conditions.optional().describe('Accepted: whether the request is carried out.'),
});

export type PresenceOptimizationStatus = z.output<typeof presenceOptimizationStatus>;
