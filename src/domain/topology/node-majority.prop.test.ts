import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Layout, look } from '../../../test/support/topology-layout.ts';
import { evaluateMajority, type MajorityVerdict } from './node-majority.ts';
import { nextSpreadStep } from './spread.ts';

const NODES = ['a', 'b', 'c', 'd', 'e'];

const limitOf = ({ places }: Layout) => Math.ceil(places.length / 2) - 1;

function mostOn({ places, primary }: Layout): number {
  const load = new Map<string, number>();
  places.forEach((shard, index) => {
    const node = shard[primary[index] ?? 0] ?? '';
    load.set(node, (load.get(node) ?? 0) + 1);
  });
  return Math.max(...load.values());
}

/** The fewest primaries beyond the limit of their node, by trying all choices. */
function leastExcess(layout: Layout): number {
  const limit = limitOf(layout);
  let best = layout.places.length;
  const choose = (shard: number, load: ReadonlyMap<string, number>, excess: number): void => {
    if (excess >= best) return;
    if (shard === layout.places.length) {
      best = excess;
      return;
    }
    for (const node of layout.places[shard] ?? []) {
      const now = (load.get(node) ?? 0) + 1;
      choose(shard + 1, new Map(load).set(node, now), excess + (now > limit ? 1 : 0));
    }
  };
  choose(0, new Map(), 0);
  return best;
}

const judge = (layout: Layout, schedulable: readonly string[]): MajorityVerdict => {
  const { observed, plan } = look(layout);
  return evaluateMajority(observed, plan, schedulable);
};

/** Where a renewed replica is. */
function placed(layout: Layout, pod: string, node: string): Layout {
  const [shard, ordinal] = pod.split('-').slice(1).map(Number);
  const places = layout.places.map((each, index) =>
    index === shard ? each.map((at, nth) => (nth === ordinal ? node : at)) : each,
  );
  return { ...layout, places };
}

/** All hand-overs that the operator makes by itself. */
function handedOver(layout: Layout): Layout {
  const primary = [...layout.primary];
  for (let left = layout.places.length ** 2; left > 0; left--) {
    const { observed, plan } = look({ ...layout, primary });
    const step = nextSpreadStep(observed, plan);
    if (step.kind === 'none') break;
    primary[step.shard] = Number(step.pod.split('-').at(-1));
  }
  return { ...layout, primary };
}

const layouts = (nodes: string[], replicas: number) =>
  fc.integer({ min: 3, max: 8 }).chain((shards) =>
    fc.record({
      places: fc.array(fc.shuffledSubarray(nodes, { minLength: replicas + 1, maxLength: replicas + 1 }), {
        minLength: shards,
        maxLength: shards,
      }),
      primary: fc.array(fc.integer({ min: 0, max: replicas }), { minLength: shards, maxLength: shards }),
    }),
  );
const anyLayout = fc.oneof(
  layouts(['a', 'b', 'c'], 1),
  layouts(['a', 'b', 'c', 'd'], 2),
  layouts(['a', 'b'], 1),
);
const schedulables = fc.subarray(NODES, { minLength: 1 });

describe('evaluateMajority', () => {
  it('is content exactly when every node may be lost, and leaves to hand-overs exactly what they can do', () => {
    fc.assert(
      fc.property(anyLayout, (layout) => {
        const { kind } = judge(layout, NODES);
        expect(kind === 'Spread').toBe(mostOn(layout) <= limitOf(layout));
        if (kind !== 'Spread') expect(kind === 'HandOver').toBe(leastExcess(layout) === 0);
        if (kind === 'HandOver') expect(judge(handedOver(layout), NODES)).toEqual({ kind: 'Spread' });
      }),
    );
  });

  it('names no primary, no node that takes no pods or has one of the shard, and nothing that does not help', () => {
    fc.assert(
      fc.property(anyLayout, schedulables, (layout, schedulable) => {
        const verdict = judge(layout, schedulable);
        if (verdict.kind !== 'Stuck') return;
        const { plan } = look(layout);
        for (const { pod, shard, to } of verdict.renewals) {
          expect(plan.shards[shard]?.replicas.map((replica) => replica.pod)).toContain(pod);
          expect(plan.shards.map(({ primary }) => primary)).not.toContain(pod);
          expect(to.length).toBeGreaterThan(0);
          for (const node of to) {
            expect(schedulable).toContain(node);
            expect(layout.places[shard]).not.toContain(node);
            expect(leastExcess(placed(layout, pod, node))).toBeLessThan(leastExcess(layout));
          }
        }
      }),
    );
  });

  it('comes to an end after a drain: pods on two nodes, and a third that is empty', () => {
    fc.assert(
      fc.property(layouts(['a', 'b'], 1), fc.constantFrom(['a', 'b', 'c'], NODES), (start, schedulable) => {
        let layout = handedOver(start);
        let verdict = judge(layout, schedulable);
        for (let renewed = 0; verdict.kind === 'Stuck'; renewed++) {
          expect(renewed).toBeLessThan(start.places.length);
          const [{ pod, to } = { pod: '', to: [] }] = verdict.renewals;
          layout = handedOver(placed(layout, pod, to[0] ?? ''));
          verdict = judge(layout, schedulable);
        }
        // Three of four primaries must be left: that takes four nodes.
        const isShort = schedulable.length < Math.ceil(start.places.length / limitOf(start));
        expect(verdict.kind).toBe(isShort ? 'TooFewNodes' : 'Spread');
      }),
    );
  });
});
