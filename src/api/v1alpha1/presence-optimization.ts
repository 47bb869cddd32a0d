import * as z from 'zod';
import { WEDDING_ID_PATTERN } from '../protocol/limits.ts';
import { withRules, withTransitions } from '../schema/cel-rule.ts';
import { conditions, duration, instant, objectName } from '../schema/fields.ts';
import { withoutNullMembers } from '../schema/null-members.ts';
import { MAX_CLUSTER_NAME_LENGTH } from './presence-cluster.ts';
import { userName } from './rollout-override.ts';
import { MAX_REPLICAS } from './scaling.ts';

export const OPTIMIZATION_TYPES = [
  'Prewarm',
  'RefreshTopology',
  'HoldReplicas',
  'Rebalance',
  'Disconnect',
] as const;
export type OptimizationType = (typeof OPTIMIZATION_TYPES)[number];

/** A floor that outlives the evening it was asked for is a change of the spec in disguise. */
export const MAX_HOLD_MS = 12 * 3_600_000;

/** Longer is a matter of the tokens: their issuer no longer gives any to that person. */
export const MAX_DISCONNECT_MS = 30 * 86_400_000;
/** The longest life of a token, unless configured otherwise: after it no token of before counts. */
export const DEFAULT_DISCONNECT_MS = 86_400_000;

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

export const DISCONNECTED_TOKENS = ['All', 'IssuedBefore'] as const;

const disconnect = withRules(
  z.object({
    subject: z.string().min(1).max(128).describe('The person: claim `sub` of the tokens.'),
    wedding: z
      .string()
      .max(128)
      .regex(WEDDING_ID_PATTERN)
      .optional()
      .describe(
        'Only this wedding, as the tokens name it; its other weddings stay. Left out: all connections.',
      ),
    tokens: z
      .enum(DISCONNECTED_TOKENS)
      .optional()
      .describe(
        'All: the person is refused with every token. IssuedBefore: only with tokens that were issued before this object was created, or without `iat`. Left out: All.',
      ),
    for: duration
      .optional()
      .describe('How long, from the creation of this object: at most 720h. 24h without for and until.'),
    until: instant.optional().describe('Until when, at most 720h after the creation of this object.'),
    reason: z.string().min(1).max(256).optional().describe('Why, for people who read this object.'),
  }),
  [
    {
      cel: '!has(self.__for__) || !has(self.until)',
      message: 'give for or until, not both',
      check: (each) => each.for === undefined || each.until === undefined,
    },
    {
      cel: "!has(self.__for__) || (duration(self.__for__) > duration('0s') && duration(self.__for__) <= duration('720h'))",
      message: 'for must be longer than 0s and at most 720h',
      check: (each) =>
        each.for === undefined || (lengthMs(each.for) > 0 && lengthMs(each.for) <= MAX_DISCONNECT_MS),
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
      'RefreshTopology: look at Redis and everything else at once. HoldReplicas: fewest presence pods for a time. Disconnect: ends the connections of a person and refuses new ones for a time. Prewarm and Rebalance are refused as not available.',
    ),
  holdReplicas: holdReplicas.optional().describe('How many and how long; with type HoldReplicas only.'),
  disconnect: disconnect.optional().describe('Whom and how long; with type Disconnect only.'),
});

// The rule is around the removal of null members: the API server judges what is left as well.
export const presenceOptimizationSpec = withTransitions(
  withRules(z.preprocess(withoutNullMembers, spec), [
    {
      cel: "(self.type == 'HoldReplicas') == has(self.holdReplicas)",
      message: 'holdReplicas belongs to type HoldReplicas, and only to it',
      check: ({ type, holdReplicas: hold }) => (type === 'HoldReplicas') === (hold !== undefined),
    },
    {
      cel: "(self.type == 'Disconnect') == has(self.disconnect)",
      message: 'disconnect belongs to type Disconnect, and only to it',
      check: ({ type, disconnect: whom }) => (type === 'Disconnect') === (whom !== undefined),
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
  until: instant.optional().describe('When HoldReplicas or Disconnect ends or ended.'),
  disconnect: z
    .object({
      pods: z.int32().min(0).describe('Presence pods that ran when they were asked last.'),
      podsInEffect: z.int32().min(0).describe('Of these, those that said that they refuse the person.'),
      closedConnections: z
        .int()
        .min(0)
        .describe(
          'Connections that these pods closed; with spec.disconnect.wedding, memberships that they ended.',
        ),
    })
    .optional()
    .describe('What the presence pods say of a Disconnect.'),
  conditions: conditions
    .optional()
    .describe(
      'Accepted: whether the request is carried out. InEffect: whether a Disconnect is, on every presence pod.',
    ),
});

export type PresenceOptimizationStatus = z.output<typeof presenceOptimizationStatus>;
