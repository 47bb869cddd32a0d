import { describe, expect, it } from 'vitest';
import { planRenewal, type RenewalInput } from './plan-renewal.ts';

const NOW = new Date('2027-06-05T11:00:00Z');
const later = (seconds: number) => new Date(NOW.getTime() + 1000 * seconds);
const [first, second] = [
  { pod: 'redis-0-1', shard: 0, to: ['c'] },
  { pod: 'redis-1-1', shard: 1, to: ['c'] },
] as const;
const open = { active: false, weddings: [] };
const READY: RenewalInput = {
  renewals: [first, second],
  plan: { state: 'Steady', reason: '3 shards serve all 16384 slots' },
  notReady: undefined,
  replicasPerShard: 1,
  hasClaims: false,
  nodesKnown: true,
  publishedFreeze: open,
  effectiveFreeze: open,
  rolling: false,
  secretNotCurrent: undefined,
  isTried: () => false,
  notBefore: undefined,
  now: NOW,
};

describe('planRenewal', () => {
  it('renews the first replica that was not tried yet', () => {
    expect(planRenewal(READY)).toEqual({ kind: 'Renew', renewal: first });
    const isTried: RenewalInput['isTried'] = ({ shard }) => shard === 0;
    expect(planRenewal({ ...READY, isTried })).toEqual({ kind: 'Renew', renewal: second });
  });

  it.each<[string, Partial<RenewalInput>]>([
    ['NoReplicas', { replicasPerShard: 0 }],
    ['NodesUnknown', { renewals: [], nodesKnown: false }],
    ['NoNode', { renewals: [] }],
    ['Claims', { hasClaims: true }],
    ['Tried', { isTried: () => true }],
  ])('leaves it to a person: %s', (why, more) => {
    expect(planRenewal({ ...READY, ...more })).toMatchObject({ kind: 'Person', why });
  });

  it.each<[RegExp, Partial<RenewalInput>]>([
    [/not steady: why$/, { plan: { state: 'Healing', reason: 'why' } }],
    [/^redis-2-0 is not ready$/, { notReady: 'redis-2-0' }],
    [/until 2027-06-05T12:00:00Z$/, { publishedFreeze: { ...open, active: true, until: later(3600) } }],
    [/^a freeze is active$/, { effectiveFreeze: { ...open, active: true } }],
    [/begins at 2027-06-05T11:01:00Z$/, { publishedFreeze: { ...open, from: later(60) } }],
    [/rollout/, { rolling: true }],
    [/^passwords$/, { secretNotCurrent: 'passwords' }],
    [/before 2027-06-05T11:00:30Z$/, { notBefore: later(30) }],
  ])('waits: %s', (because, more) => {
    expect(planRenewal({ ...READY, ...more })).toMatchObject({
      kind: 'Held',
      because: expect.stringMatching(because),
    });
  });

  it('does not wait for a freeze that begins in more than a minute', () => {
    const publishedFreeze = { ...open, from: later(61) };
    expect(planRenewal({ ...READY, publishedFreeze }).kind).toBe('Renew');
  });
});
