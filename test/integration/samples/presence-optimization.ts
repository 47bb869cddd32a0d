import { ABSENT } from './spec-paths.ts';
import { free, instant, type KindSamples, LONG, oneOf, type Samples, whole } from './values.ts';

const length: Samples = {
  good: ['1s', '90m', '1h30m', '12h', '11h59m60s'],
  bad: ['', '0s', '0h0m', '12h1s', '99999h', '6', 'h', '6d', '1.5h', '-6h', '30m1h', '6h ', '6h\n', LONG],
};

/** Of `disconnect`, each tried in a request of type Disconnect. */
const disconnectFields: Record<string, Samples> = {
  subject: free(1, 128),
  wedding: {
    good: ['a', 'Ada_1.b:c-d', 'x'.repeat(128)],
    bad: ['', '-a', 'a b', 'ä', 'a/b', 'a\n', 'x'.repeat(129)],
  },
  tokens: oneOf('All', 'IssuedBefore'),
  for: { good: [...length.good, '720h', '719h59m60s'], bad: ['', '0s', '720h1s', '99999h', '6', '6d', LONG] },
  until: instant,
  reason: free(1, 256),
};

const disconnecting = (disconnect: object) => ({
  type: 'Disconnect',
  holdReplicas: ABSENT,
  disconnect: { subject: 'u-17', ...disconnect },
});

const tried = Object.entries(disconnectFields).flatMap(([field, { good, bad }]) =>
  [true, false].flatMap((accepted) =>
    (accepted ? good : bad).map((value, index) => ({
      says: `${accepted ? 'good' : 'bad'} disconnect.${field} ${index + 1}`,
      change: disconnecting({ [field]: value }),
      accepted,
    })),
  ),
);

const hold = { replicas: 12, for: '2h' };

export const PRESENCE_OPTIMIZATION_SAMPLES: KindSamples = {
  minimal: { presenceClusterName: 'wedsync', requestedBy: 'jane', type: 'RefreshTopology' },
  full: {
    presenceClusterName: 'wedsync',
    requestedBy: 'system:serviceaccount:ci:deployer',
    type: 'HoldReplicas',
    holdReplicas: hold,
  },
  fields: {
    presenceClusterName: {
      good: ['a', 'x'.repeat(40)],
      bad: ['', 'A', '-a', 'a-', 'a\n', 'x'.repeat(41)],
    },
    requestedBy: free(1, 512),
    type: { good: ['HoldReplicas'], bad: oneOf('HoldReplicas').bad },
    holdReplicas: { good: [{ replicas: 1, for: '12h' }], bad: [{}, { replicas: 1 }, { for: '1h' }] },
    'holdReplicas.replicas': whole(1, 1000),
    'holdReplicas.for': length,
    // Nothing of it belongs to the type of the full object; the combinations try each field.
    disconnect: { good: [], bad: [{}] },
    ...Object.fromEntries(
      Object.keys(disconnectFields).map((field) => [`disconnect.${field}`, { good: [], bad: [] }]),
    ),
  },
  combinations: [
    ...['Prewarm', 'RefreshTopology', 'Rebalance'].map((type) => ({
      says: `holdReplicas with ${type}`,
      change: { type },
      accepted: false,
    })),
    ...tried,
    {
      says: 'Disconnect without a subject',
      change: { ...disconnecting({}), disconnect: {} },
      accepted: false,
    },
    {
      says: 'Disconnect without disconnect',
      change: { type: 'Disconnect', holdReplicas: ABSENT },
      accepted: false,
    },
    {
      says: 'Disconnect with holdReplicas',
      change: { ...disconnecting({}), holdReplicas: hold },
      accepted: false,
    },
    {
      says: 'Disconnect with two ends',
      change: disconnecting({ for: '1h', until: '2027-06-05T16:00:00Z' }),
      accepted: false,
    },
    { says: 'HoldReplicas without holdReplicas', change: { holdReplicas: ABSENT }, accepted: false },
    {
      says: 'Prewarm without holdReplicas',
      change: { type: 'Prewarm', holdReplicas: ABSENT },
      accepted: true,
    },
  ],
};
