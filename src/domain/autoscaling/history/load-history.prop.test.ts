import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { appendStep, decodeHistory, encodeHistory, HISTORY_STEPS, NO_HISTORY } from './load-history.ts';

const STEP_MS = 300_000;
const step = fc.record({
  load: fc.oneof(
    { weight: 9, arbitrary: fc.nat(2_000_000) },
    { weight: 1, arbitrary: fc.constant(Number.NaN) },
  ),
  booked: fc.nat(100_000),
});

describe('the history of a load', () => {
  it('comes back as it was written', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), fc.nat(1e9), (steps, end) => {
        const history = { until: end * STEP_MS, steps };
        expect(decodeHistory(encodeHistory(history))).toEqual(history);
      }),
    );
  });

  it('is small for four weeks', () => {
    const steps = Array.from({ length: HISTORY_STEPS }, (_, index) => ({
      load: Math.round(3000 + 2900 * Math.sin(index / 46) + 97 * Math.sin(index * 7)),
      booked: Math.round(1000 + 900 * Math.sin(index / 46)),
    }));
    expect(encodeHistory({ until: 0, steps }).length).toBeLessThan(45_000);
  });

  it('is refused when it is broken, whatever broke it', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const decoded = decodeHistory(text);
        if (decoded !== undefined) expect(encodeHistory(decoded)).toBe(text);
      }),
    );
    const whole = encodeHistory({ until: STEP_MS, steps: [{ load: 500, booked: 40 }] });
    expect(decodeHistory(whole.replace(';', ';AA'))).toBeUndefined();
  });

  it('has unknown steps where nobody looked, and no more than four weeks', () => {
    const first = appendStep(NO_HISTORY, 10 * STEP_MS, { load: 1, booked: 0 });
    const later = appendStep(first, 13 * STEP_MS, { load: 4, booked: 0 });
    expect(later.steps.map(({ load }) => load)).toEqual([1, Number.NaN, Number.NaN, 4]);
    expect(appendStep(later, 13 * STEP_MS, { load: 9, booked: 0 })).toEqual(later);
    const weeks = appendStep(later, 1e6 * STEP_MS, { load: 7, booked: 0 });
    expect(weeks.steps).toEqual([{ load: 7, booked: 0 }]);
  });
});
