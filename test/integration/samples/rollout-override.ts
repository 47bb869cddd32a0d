import { ABSENT } from './spec-paths.ts';
import { free, instant, type KindSamples, oneOf, type Samples } from './values.ts';

const notScopes = [['Rollout', 'Rollout'], ['rollout'], ['Everything'], [null], [1]];
const all = ['Rollout', 'ScaleIn', 'Delete', 'Evict'];

const scope: Samples = { good: [['Evict'], all], bad: [[], [...all, 'Rollout'], ...notScopes] };
const scopeItem = oneOf(...all);

export const ROLLOUT_OVERRIDE_SAMPLES: KindSamples = {
  minimal: {
    presenceClusterName: 'wedsync',
    reason: 'the presence pods leak memory',
    ticket: 'OPS-1234',
    requestedBy: 'jane',
    expiresAt: '2027-06-05T16:00:00Z',
  },
  full: {
    presenceClusterName: 'wedsync',
    reason: 'the presence pods leak memory',
    ticket: 'OPS-1234',
    requestedBy: 'system:serviceaccount:ci:deployer',
    expiresAt: '2027-06-05T16:00:00Z',
    scope: ['Delete'],
  },
  fields: {
    presenceClusterName: {
      good: ['a', 'x'.repeat(40)],
      bad: ['', 'A', '-a', 'a-', 'a\n', 'x'.repeat(41)],
    },
    changeFreezeName: { good: [], bad: ['', 'A', 'x'.repeat(41)] },
    reason: free(10, 512),
    ticket: free(1, 128),
    requestedBy: free(1, 512),
    expiresAt: instant,
    scope,
    'scope[]': scopeItem,
  },
  combinations: [
    {
      says: 'a ChangeFreeze in place of a PresenceCluster',
      change: { presenceClusterName: ABSENT, changeFreezeName: 'x'.repeat(40) },
      accepted: true,
    },
    { says: 'both', change: { changeFreezeName: 'weekend' }, accepted: false },
    { says: 'neither', change: { presenceClusterName: ABSENT }, accepted: false },
  ],
};
