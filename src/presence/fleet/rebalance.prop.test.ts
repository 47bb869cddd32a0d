import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Lane } from '../scheduling/lane.ts';
import { chooseMoves, surplus } from './rebalance.ts';

describe('surplus', () => {
  it.each([
    ['alone', { own: 2_000, others: [] }, 0],
    ['even enough', { own: 520, others: [480] }, 0],
    ['a new server', { own: 1_000, others: [0] }, 450],
    ['the new server itself', { own: 0, others: [1_000] }, 0],
    ['few connections', { own: 9, others: [0] }, 0],
  ])('%s', (_, load, expected) => {
    expect(surplus(load, false)).toBe(expected);
  });

  it('goes on until a tenth is left once it has started', () => {
    expect(surplus({ own: 560, others: [440] }, false)).toBe(0);
    expect(surplus({ own: 560, others: [440] }, true)).toBe(10);
  });

  it('never moves more connections than are above the mean', () => {
    fc.assert(
      fc.property(
        fc.nat(2_000),
        fc.array(fc.nat(2_000), { maxLength: 20 }),
        fc.boolean(),
        (own, others, moving) => {
          const mean = (own + others.reduce((sum, each) => sum + each, 0)) / (others.length + 1);
          const moves = surplus({ own, others }, moving);
          expect(moves).toBeGreaterThanOrEqual(0);
          if (moves > 0) expect(own - moves).toBeGreaterThanOrEqual(mean);
        },
      ),
    );
  });
});

describe('chooseMoves', () => {
  const movable = fc.record({ lane: fc.constantFrom<Lane>(1, 2, 3), quiet: fc.boolean() });

  it('takes no connection of a wedding in its ceremony, and lane 1 last', () => {
    fc.assert(
      fc.property(fc.array(movable), fc.nat(50), (all, count) => {
        const chosen = chooseMoves(all, count);
        expect(chosen.some(({ quiet }) => quiet)).toBe(false);
        expect(chosen).toHaveLength(Math.min(count, all.filter(({ quiet }) => !quiet).length));
        const left = all.filter((each) => !each.quiet && !chosen.includes(each));
        for (const one of chosen)
          for (const other of left) expect(one.lane).toBeGreaterThanOrEqual(other.lane);
      }),
    );
  });
});
