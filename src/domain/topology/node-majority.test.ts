import { describe, expect, it } from 'vitest';
import { evaluateMajority } from './node-majority.ts';
import type { ObservedNode, ObservedTopology } from './observed.ts';
import type { TopologyPlan } from './plan.ts';

type Shards = readonly (readonly string[])[];

/** @param shards Kubernetes nodes of the pods of each shard, that of the primary first */
function judge(shards: Shards, schedulable: string[] | undefined, change: Partial<ObservedNode> = {}) {
  const observed = {
    nodes: shards.flatMap((places, shard) =>
      places.map((kubernetesNode, ordinal) => ({
        pod: `redis-${shard}-${ordinal}`,
        shard,
        kubernetesNode,
        terminating: false,
        reachable: true,
        ...(change.kubernetesNode === kubernetesNode ? change : {}),
      })),
    ),
  } as unknown as ObservedTopology;
  const plan: TopologyPlan = {
    state: 'Steady',
    steps: [],
    lost: [],
    reason: '',
    slotsCovered: 16_384,
    shards: shards.map((places, index) => ({
      index,
      primary: `redis-${index}-0`,
      slots: 1,
      replicas: places.slice(1).map((_, at) => ({ pod: `redis-${index}-${at + 1}`, linkUp: true })),
    })),
  };
  return evaluateMajority(observed, plan, schedulable);
}

const DRAINED: Shards = [
  ['a', 'b'],
  ['a', 'b'],
  ['b', 'a'],
];

describe('evaluateMajority', () => {
  it('has nothing to say against one primary a node', () => {
    const shards = [
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'a'],
    ];
    expect(judge(shards, ['a', 'b', 'c'])).toEqual({ kind: 'Spread' });
    expect(judge(shards, undefined)).toEqual({ kind: 'Spread' });
  });

  it('leaves to a hand-over what a hand-over can do, also along a chain', () => {
    const direct = [
      ['a', 'b'],
      ['a', 'c'],
      ['b', 'c'],
    ];
    const chain = [
      ['a', 'b'],
      ['a', 'b'],
      ['b', 'c'],
    ];
    for (const shards of [direct, chain])
      expect(judge(shards, ['a', 'b', 'c'])).toMatchObject({ kind: 'HandOver', node: 'a', primaries: 2 });
  });

  it('names replicas for the node that came back empty after a drain, those of the fullest node first', () => {
    expect(judge(DRAINED, ['a', 'b', 'c'])).toEqual({
      kind: 'Stuck',
      node: 'a',
      primaries: 2,
      shards: 3,
      renewals: [
        { pod: 'redis-0-1', shard: 0, to: ['c'] },
        { pod: 'redis-1-1', shard: 1, to: ['c'] },
        { pod: 'redis-2-1', shard: 2, to: ['c'] },
      ],
    });
  });

  it('names every node that the scheduler may choose', () => {
    expect(judge(DRAINED, ['d', 'c', 'a', 'b'])).toMatchObject({
      renewals: expect.arrayContaining([{ pod: 'redis-0-1', shard: 0, to: ['c', 'd'] }]),
    });
  });

  it('names none while Nodes are not known, nor where the replicas are none', () => {
    expect(judge(DRAINED, undefined)).toMatchObject({ kind: 'Stuck', renewals: [] });
    expect(judge([['a'], ['a'], ['b']], ['a', 'b', 'c'])).toMatchObject({ kind: 'Stuck', renewals: [] });
  });

  it('names replicas of four shards on three nodes for the fourth', () => {
    const three = ['a', 'b', 'c'];
    expect(judge([three, three, three, three], [...three, 'd'])).toMatchObject({
      kind: 'Stuck',
      primaries: 4,
      renewals: expect.arrayContaining([{ pod: 'redis-0-1', shard: 0, to: ['d'] }]),
    });
  });

  it('says how many nodes it would take', () => {
    expect(judge(DRAINED, ['a', 'b'])).toEqual({
      kind: 'TooFewNodes',
      nodes: 2,
      needed: 3,
      node: 'a',
      primaries: 2,
      shards: 3,
    });
    expect(judge([['a'], ['a'], ['a']], ['a'])).toMatchObject({ kind: 'TooFewNodes', nodes: 1, needed: 3 });
    // Three of four must be left, so that no node may hold two.
    const four = [
      ['a', 'b'],
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'a'],
    ];
    expect(judge(four, ['a', 'b', 'c'])).toMatchObject({ kind: 'TooFewNodes', nodes: 3, needed: 4 });
  });

  it('counts on no replica on a cordoned node', () => {
    const shards = [
      ['a', 'c'],
      ['a', 'c'],
      ['b', 'a'],
    ];
    const cordoned = { kubernetesNode: 'c', cordoned: true };
    expect(judge(shards, ['a', 'b', 'c'])).toMatchObject({ kind: 'HandOver' });
    // The replica of shard 2 would leave both others where they are.
    expect(judge(shards, ['a', 'b', 'd'], cordoned)).toMatchObject({
      kind: 'Stuck',
      renewals: [
        { pod: 'redis-0-1', to: ['d'] },
        { pod: 'redis-1-1', to: ['d'] },
      ],
    });
  });

  it('says nothing of a shard without a primary, or with one that is nowhere yet', () => {
    const observed = { nodes: [{ pod: 'redis-0-0', shard: 0 }] } as unknown as ObservedTopology;
    const shards = [{ index: 0, primary: 'redis-0-0', replicas: [], slots: 1 }];
    const plan = { state: 'Waiting', shards } as unknown as TopologyPlan;
    expect(evaluateMajority(observed, plan, ['a'])).toEqual({ kind: 'Unknown' });
    expect(evaluateMajority(observed, { ...plan, shards: [] }, ['a'])).toEqual({ kind: 'Unknown' });
  });
});
