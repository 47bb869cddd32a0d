import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Layout, look } from '../../../test/support/topology-layout.ts';
import type { ObservedTopology } from './observed.ts';
import { nextSpreadStep } from './spread.ts';

function loadsOf({ places, primary }: Layout): number[] {
  const load = new Map(places.flat().map((node) => [node, 0]));
  places.forEach((shard, index) => {
    const node = shard[primary[index] ?? 0] ?? '';
    load.set(node, (load.get(node) ?? 0) + 1);
  });
  return [...load.values()];
}

const layouts = fc.integer({ min: 3, max: 9 }).chain((shards) =>
  fc.record({
    places: fc.array(fc.shuffledSubarray(['a', 'b', 'c', 'd'], { minLength: 2, maxLength: 3 }), {
      minLength: shards,
      maxLength: shards,
    }),
    primary: fc.array(fc.integer({ min: 0, max: 1 }), { minLength: shards, maxLength: shards }),
  }),
);

describe('nextSpreadStep', () => {
  it('ends, never makes the fullest node fuller, and leaves no move that would help', () => {
    fc.assert(
      fc.property(layouts, (start) => {
        const layout = { places: start.places, primary: [...start.primary] };
        const most = () => Math.max(...loadsOf(layout));
        for (let step = 0; ; step++) {
          expect(step).toBeLessThan(start.places.length * start.places.length);
          const before = most();
          const { observed, plan } = look(layout);
          const next = nextSpreadStep(observed, plan);
          if (next.kind === 'none') break;
          layout.primary[next.shard] = Number(next.pod.split('-').at(-1));
          expect(most()).toBeLessThanOrEqual(before);
        }
        expect(most()).toBe(bestPossible(layout.places));
      }),
    );
  });

  it('has three primaries on three nodes whenever the pods allow it', () => {
    const places = [
      ['a', 'b'],
      ['a', 'c'],
      ['b', 'c'],
    ];
    for (const first of [0, 1]) {
      for (const second of [0, 1]) {
        const layout = { places, primary: [first, second, 0] };
        for (let step = 0; step < 4; step++) {
          const { observed, plan } = look(layout);
          const next = nextSpreadStep(observed, plan);
          if (next.kind === 'none') break;
          expect(next.quorumAtRisk).toBe(true);
          layout.primary[next.shard] = Number(next.pod.split('-').at(-1));
        }
        expect(loadsOf(layout)).toEqual([1, 1, 1]);
      }
    }
  });

  it('empties a cordoned node first, and moves nothing to one', () => {
    const { observed, plan } = look({
      places: [
        ['a', 'b'],
        ['b', 'c'],
        ['c', 'a'],
      ],
      primary: [0, 0, 0],
    });
    const cordoned = (name: string): ObservedTopology => ({
      nodes: observed.nodes.map((node) => ({ ...node, cordoned: node.kubernetesNode === name })),
    });
    expect(nextSpreadStep(observed, plan)).toEqual({ kind: 'none' });
    expect(nextSpreadStep(cordoned('a'), plan)).toMatchObject({ pod: 'redis-0-1', draining: true });
    const emptied = look({
      places: [
        ['a', 'b'],
        ['b', 'c'],
        ['c', 'a'],
      ],
      primary: [1, 0, 0],
    });
    const after = {
      nodes: emptied.observed.nodes.map((node) => ({ ...node, cordoned: node.kubernetesNode === 'a' })),
    };
    const next = nextSpreadStep(after, emptied.plan);
    expect(next.kind === 'none' || next.pod.endsWith('-1')).toBe(true);
    expect(next).not.toMatchObject({ pod: 'redis-0-0' });
  });

  it('moves nothing while the cluster is not steady, and nothing to a replica that is not in sync', () => {
    const { observed, plan } = look({
      places: [
        ['a', 'b'],
        ['a', 'c'],
        ['b', 'c'],
      ],
      primary: [0, 0, 0],
    });
    expect(nextSpreadStep(observed, { ...plan, state: 'Waiting' })).toEqual({ kind: 'none' });
    const unlinked = plan.shards.map((shard) => ({
      ...shard,
      replicas: shard.replicas.map((replica) => ({ ...replica, linkUp: false })),
    }));
    expect(nextSpreadStep(observed, { ...plan, shards: unlinked })).toEqual({ kind: 'none' });
  });
});

/** The smallest number that the fullest node can have, by trying all choices of primaries. */
function bestPossible(places: string[][]): number {
  let best = places.length;
  const choose = (shard: number, load: ReadonlyMap<string, number>): void => {
    const most = Math.max(0, ...load.values());
    if (most >= best) return;
    if (shard === places.length) {
      best = most;
      return;
    }
    for (const node of places[shard] ?? []) {
      choose(shard + 1, new Map(load).set(node, (load.get(node) ?? 0) + 1));
    }
  };
  choose(0, new Map());
  return best;
}
