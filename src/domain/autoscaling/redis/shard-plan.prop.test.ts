import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planShards, type ShardMemory, type ShardPlanInput } from './shard-plan.ts';

const HOUR_MS = 3_600_000;
const START = Date.parse('2027-03-01T00:00:00Z');
const MIB = 2 ** 20;

const INPUT: Omit<ShardPlanInput, 'now' | 'before'> = {
  shards: 3,
  connections: 0,
  because: 'season',
  shardBytes: 10 * MIB,
  held: undefined,
  fullest: 0,
  busy: false,
};

/** The plan of each hour. */
function walk(hours: readonly Partial<ShardPlanInput>[]): ShardMemory[] {
  let before: ShardMemory | undefined;
  return hours.map((input, hour) => {
    before = planShards({ ...INPUT, ...input, now: new Date(START + hour * HOUR_MS), before });
    if (before === undefined) throw new Error('no plan');
    return before;
  });
}

const hour = fc.record({
  connections: fc.integer({ min: 0, max: 100_000 }),
  busy: fc.boolean(),
  shards: fc.constantFrom(3, 5, 8),
});

describe('planShards, hour by hour', () => {
  it('stays between 3 and 90, and recommends nothing new in a freeze or at a peak', () => {
    fc.assert(
      fc.property(fc.array(hour, { minLength: 2, maxLength: 300 }), (hours) => {
        const plans = walk(hours);
        for (const [index, { recommendedShards }] of plans.entries()) {
          expect(recommendedShards).toBeGreaterThanOrEqual(3);
          expect(recommendedShards).toBeLessThanOrEqual(90);
          // To leave what the user chose as it is moves no slot.
          const calm = [plans[index - 1]?.recommendedShards, hours[index]?.shards];
          if (index > 0 && hours[index]?.busy) expect(calm).toContain(recommendedShards);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('changes at most once a day upwards, and only a week after the wish downwards', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 100_000 }), { minLength: 50, maxLength: 600 }),
        (loads) => {
          const plans = walk(loads.map((connections) => ({ connections })));
          let changed = 0;
          for (let index = 1; index < plans.length; index += 1) {
            const [from, to] = [
              plans[index - 1]?.recommendedShards ?? 0,
              plans[index]?.recommendedShards ?? 0,
            ];
            if (from === to) continue;
            expect(index - changed).toBeGreaterThanOrEqual(to > from ? 24 : 7 * 24);
            changed = index;
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('never asks for fewer shards when more people are expected, once settled', () => {
    const settled = (connections: number): number =>
      walk(Array.from({ length: 9 * 24 }, () => ({ connections }))).at(-1)?.recommendedShards ?? 0;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 200_000 }), fc.integer({ min: 0, max: 50_000 }), (few, more) => {
        expect(settled(few + more)).toBeGreaterThanOrEqual(settled(few));
      }),
      { numRuns: 50 },
    );
  });
});
