import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HistoryStep } from './load-history.ts';
import { encodePods, withPods } from './pod-history.ts';

const bare = ({ load, booked }: HistoryStep): HistoryStep => ({ load, booked });
const step = fc.option(fc.integer({ min: 0, max: 100_000 }), { nil: undefined }).map(
  (hundredths): HistoryStep => ({
    load: 1,
    booked: 0,
    ...(hundredths === undefined ? {} : { pods: hundredths / 100 }),
  }),
);

describe('the pods of a history', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const history = { until: 300_000, steps: steps.flatMap((each) => [each, each]) };
        const without = { ...history, steps: history.steps.map(bare) };
        expect(withPods(without, encodePods(history))).toEqual(history);
      }),
    );
  });

  it('are short while the number stays', () => {
    const steps = Array.from({ length: 8064 }, () => ({ load: 1, booked: 0, pods: 4 }));
    expect(encodePods({ until: 0, steps })).toBe('4x8064');
  });

  it.each(['', '4x1', '4x3', 'x2', '4x2junk', '-4x2', '4x9999'])(
    'are unknown when somebody broke them: %j',
    (text) => {
      const history = { until: 0, steps: [bare({ load: 1, booked: 0 }), bare({ load: 2, booked: 0 })] };
      expect(withPods(history, text)).toBe(history);
    },
  );
});
