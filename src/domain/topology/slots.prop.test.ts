import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  countSlots,
  evenSplit,
  formatSlotRange,
  formatSlotRanges,
  parseSlotRange,
  rangesOf,
  SLOT_COUNT,
  slotsOf,
} from './slots.ts';

const slot = fc.integer({ min: 0, max: SLOT_COUNT - 1 });

describe('evenSplit', () => {
  it('gives every slot to exactly one shard, and no shard more than one slot more than another', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), (shards) => {
        const ranges = evenSplit(shards);
        const sizes = ranges.map((range) => countSlots([range]));
        expect(ranges).toHaveLength(shards);
        expect(rangesOf(slotsOf(ranges))).toEqual([{ start: 0, end: SLOT_COUNT - 1 }]);
        expect(countSlots(ranges)).toBe(SLOT_COUNT);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it.each([0, -1, 1.5, SLOT_COUNT + 1, Number.NaN])('refuses %s shards', (shards) => {
    expect(() => evenSplit(shards)).toThrow(RangeError);
  });
});

describe('slot ranges', () => {
  it('are the shortest list that holds exactly the given slots', () => {
    fc.assert(
      fc.property(fc.array(slot, { maxLength: 300 }), (slots) => {
        const ranges = rangesOf(slots);
        expect([...slotsOf(ranges)]).toEqual([...new Set(slots)].sort((a, b) => a - b));
        ranges.slice(1).forEach((range, index) => {
          expect(range.start).toBeGreaterThan((ranges[index]?.end ?? 0) + 1);
        });
      }),
    );
  });

  it('are read back as they were written', () => {
    fc.assert(
      fc.property(slot, slot, (a, b) => {
        const range = { start: Math.min(a, b), end: Math.max(a, b) };
        expect(parseSlotRange(formatSlotRange(range))).toEqual(range);
      }),
    );
  });

  it.each(['', '-', '5-4', '16384', '0-16384', 'a', '1-2-3', ' 1'])('refuses %j', (text) => {
    expect(() => parseSlotRange(text)).toThrow(SyntaxError);
  });

  it('are shown as Redis shows them', () => {
    expect(formatSlotRanges(rangesOf([7, 1, 2, 3]))).toBe('1-3,7');
    expect(formatSlotRanges([])).toBe('none');
  });
});
