import { describe, expect, it } from 'vitest';
import type { ObservedNode } from './observed.ts';
import type { ReplicaStatus, ShardStatus, TopologyPlan } from './plan.ts';
import { nextRollStep, type RollInput } from './roll.ts';

const synced = (pod: string, lag = 0): ReplicaStatus => ({ pod, linkUp: true, lag });
const shard = (index: number, primary: string, replicas: ReplicaStatus[]): ShardStatus => ({
  index,
  primary,
  replicas,
  slots: 5461,
});

const STEADY: TopologyPlan = {
  state: 'Steady',
  steps: [],
  reason: 'all is well',
  lost: [],
  slotsCovered: 16384,
  shards: [
    shard(0, 'a-0', [synced('a-1')]),
    shard(1, 'b-1', [synced('b-0')]),
    shard(2, 'c-0', [synced('c-1')]),
  ],
};

function next(outdated: string[], more: Partial<RollInput> = {}) {
  return nextRollStep({
    observed: { nodes: [] },
    plan: STEADY,
    notReady: [],
    ...more,
    outdated: new Set(outdated),
  });
}
const withShard = (first: ShardStatus): TopologyPlan => ({ ...STEADY, shards: [first] });

describe('nextRollStep', () => {
  it('does nothing when nothing is outdated, whatever else is wrong', () => {
    expect(next([], { plan: { ...STEADY, state: 'Degraded' }, notReady: ['a-1'] })).toEqual({ kind: 'none' });
  });

  it.each(['Blank', 'Forming', 'Joining', 'Healing', 'Waiting', 'Degraded'] as const)(
    'waits while Redis is %s',
    (state) => {
      expect(next(['a-1'], { plan: { ...STEADY, state, reason: 'a-0 is away' } })).toEqual({
        kind: 'wait',
        because: 'Redis is not steady: a-0 is away',
      });
    },
  );

  it('waits for a pod that is not ready, whether or not it is outdated', () => {
    expect(next(['a-1'], { notReady: ['c-1'] })).toEqual({ kind: 'wait', because: 'c-1 is not ready' });
  });

  it('renews replicas of all shards before the first primary, by live role and not by ordinal', () => {
    expect(next(['a-0', 'b-0', 'b-1', 'c-1'])).toMatchObject({ kind: 'renew', pod: 'b-0' });
    expect(next(['a-0', 'b-1', 'c-1'])).toMatchObject({ kind: 'renew', pod: 'c-1' });
    expect(next(['a-0', 'b-1'])).toMatchObject({ kind: 'failover', pod: 'a-1' });
  });

  it('renews the only pod of a shard when its volume keeps the keys, and says what to do when it has none', () => {
    const plan = withShard(shard(0, 'a-0', []));
    expect(next(['a-0'], { plan, lonePrimary: { kind: 'Renew' } })).toMatchObject({
      kind: 'renew',
      pod: 'a-0',
      because: expect.stringContaining('its volume keeps the keys'),
    });
    const peak = { kind: 'Wait', because: 'a peak of factor 2 is on' } as const;
    expect(next(['a-0'], { plan, lonePrimary: peak })).toMatchObject({
      kind: 'wait',
      because: expect.stringContaining('a peak of factor 2 is on'),
    });
    expect(next(['a-0'], { plan, lonePrimary: { kind: 'Keep' } })).toMatchObject({
      kind: 'wait',
      because: expect.stringContaining('Set spec.redis.replicasPerShard to 1'),
    });
  });

  it('renews the old primary once it is a replica', () => {
    const after = withShard(shard(0, 'a-1', [synced('a-0')]));
    expect(next(['a-0'], { plan: after })).toMatchObject({ kind: 'renew', pod: 'a-0' });
  });

  it.each([
    ['no replica', []],
    ['a replica whose link is down', [{ pod: 'a-1', linkUp: false }]],
    ['a replica that is far behind', [synced('a-1', 1024 * 1024 + 1)]],
  ])('never touches a primary with %s', (_, replicas) => {
    expect(next(['a-0'], { plan: withShard(shard(0, 'a-0', replicas)) })).toEqual({
      kind: 'wait',
      because: 'shard 0 has no synced replica that could take over from a-0',
    });
  });

  it('hands over to a replica that is synced, not to the first', () => {
    const replicas = [{ pod: 'a-1', linkUp: false }, synced('a-2', 1024 * 1024)];
    expect(next(['a-0'], { plan: withShard(shard(0, 'a-0', replicas)) })).toMatchObject({
      kind: 'failover',
      pod: 'a-2',
    });
  });

  it('renews a pod that serves nothing, and waits for one that does not answer', () => {
    const spare = { pod: 'spare', reachable: true } as ObservedNode;
    expect(next(['spare'], { observed: { nodes: [spare] } })).toMatchObject({ kind: 'renew', pod: 'spare' });
    expect(next(['spare'])).toEqual({ kind: 'wait', because: 'spare does not answer' });
  });

  it('renews a pod that does not come up before all others, unless it serves or could be the last copy', () => {
    const notReady = ['a-1'];
    const joining: TopologyPlan = { ...STEADY, state: 'Joining', reason: 'a-1 is joining' };
    const stuck = (pod: string, neverStarted: boolean) => ({
      notReady,
      plan: joining,
      stuck: [{ pod, shard: 0, neverStarted }],
    });
    expect(next(['a-1', 'b-0'], stuck('a-1', false))).toMatchObject({ kind: 'renew', pod: 'a-1' });
    expect(next(['a-0'], stuck('a-0', false))).toMatchObject({ kind: 'wait' });
    const { primary: _, ...headless } = shard(0, '', []);
    const lost = { ...joining, shards: [headless] };
    expect(next(['a-1'], { ...stuck('a-1', false), plan: lost })).toMatchObject({ kind: 'wait' });
    expect(next(['a-1'], { ...stuck('a-1', true), plan: lost })).toMatchObject({ kind: 'renew' });
  });
});
