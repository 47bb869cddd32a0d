import { ABSENT } from './spec-paths.ts';
import { free, type KindSamples, LONG, oneOf, type Samples, whole } from './values.ts';

const length: Samples = {
  good: ['1s', '90m', '1h30m', '12h', '11h59m60s'],
  bad: ['', '0s', '0h0m', '12h1s', '99999h', '6', 'h', '6d', '1.5h', '-6h', '30m1h', '6h ', '6h\n', LONG],
};

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
  },
  combinations: [
    ...['Prewarm', 'RefreshTopology', 'Rebalance'].map((type) => ({
      says: `holdReplicas with ${type}`,
      change: { type },
      accepted: false,
    })),
    { says: 'HoldReplicas without holdReplicas', change: { holdReplicas: ABSENT }, accepted: false },
    {
      says: 'Prewarm without holdReplicas',
      change: { type: 'Prewarm', holdReplicas: ABSENT },
      accepted: true,
    },
  ],
};
