import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { appendStep, HISTORY_STEPS, type HistoryStep, type LoadHistory, NO_HISTORY } from './load-history.ts';
import { PackedHistory } from './packed-history.ts';

const STEP_MS = 300_000;
/** Halves are exact in 32 bits. */
const number = fc.nat(200_000).map((twice) => twice / 2);
const step = fc
  .tuple(fc.oneof(number, fc.constant(Number.NaN)), number, fc.option(number, { nil: undefined }))
  .map(([load, booked, pods]): HistoryStep => ({ load, booked, ...(pods === undefined ? {} : { pods }) }));
const appended = fc.array(fc.tuple(fc.constantFrom(-1, 0, 1, 1, 1, 3, HISTORY_STEPS + 5), step), {
  maxLength: 60,
});

describe('a packed history', () => {
  it('is the history that was appended to, whatever came when', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), appended, (steps, more) => {
        let plain: LoadHistory = steps.length === 0 ? NO_HISTORY : { until: 1e6 * STEP_MS, steps };
        const packed = PackedHistory.of(plain);
        let end = 1e6 * STEP_MS;
        for (const [after, each] of more) {
          end += after * STEP_MS;
          plain = appendStep(plain, end, each);
          packed.append(end, each);
        }
        expect(packed.unpack()).toEqual(plain);
        expect(packed.length).toBe(plain.steps.length);
        const loads = plain.steps.map(({ load }) => load).filter((load) => !Number.isNaN(load));
        expect(packed.peak).toBe(Math.max(0, ...loads));
      }),
    );
  });

  it('tells what ended after an instant', () => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 30 }),
        fc.integer({ min: -5, max: 40 }),
        (steps, back) => {
          const until = 1000 * STEP_MS;
          const since = until - back * STEP_MS;
          const newer = [...PackedHistory.of({ until, steps }).after(since)];
          expect(newer.map(({ load }) => load)).toEqual(
            back <= 0 ? [] : steps.slice(-back).map(({ load }) => load),
          );
          for (const { end } of newer) expect(end).toBeGreaterThan(since);
          if (back > 0) expect(newer.at(-1)?.end).toBe(until);
        },
      ),
    );
  });

  it('keeps four weeks', () => {
    const packed = PackedHistory.of({
      until: STEP_MS * HISTORY_STEPS,
      steps: Array.from({ length: HISTORY_STEPS }, (_, load) => ({ load, booked: 0 })),
    });
    packed.append(STEP_MS * (HISTORY_STEPS + 1), { load: -1, booked: 0 });
    expect(packed.length).toBe(HISTORY_STEPS);
    expect(packed.unpack().steps.at(0)?.load).toBe(1);
    expect(packed.unpack().steps.at(-1)?.load).toBe(-1);
  });
});
