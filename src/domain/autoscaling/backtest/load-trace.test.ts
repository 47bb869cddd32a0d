import { describe, expect, it } from 'vitest';
import { type GapRule, type LoadSample, scaleToPeak, TraceError, toLoadTrace } from './load-trace.ts';
import { tickLoad } from './tick-load.ts';

function samples(...pairs: [atSeconds: number, value: number][]): LoadSample[] {
  return pairs.map(([atSeconds, value], index) => ({ where: `line ${index + 2}`, atSeconds, value }));
}

const { NaN: none } = Number;

describe('toLoadTrace', () => {
  it('finds the step', () => {
    expect(toLoadTrace(samples([600, 1], [900, 2], [1200, 3]), 'refuse')).toEqual({
      startSeconds: 600,
      stepSeconds: 300,
      values: Float64Array.of(1, 2, 3),
    });
  });

  it('leaves out what is missing when told to', () => {
    const { values } = toLoadTrace(samples([0, 1], [60, 2], [240, 3], [300, 4]), 'skip');
    expect(values).toEqual(Float64Array.of(1, 2, none, none, 3, 4));
  });

  it.each<[string, LoadSample[], GapRule, string]>([
    ['nothing', [], 'refuse', 'there are 0 rows'],
    ['one row', samples([0, 1]), 'refuse', 'there are 1 rows'],
    ['a gap', samples([0, 1], [60, 2], [240, 3]), 'refuse', 'line 4: 2 rows of 60 s are missing'],
    ['a repeated time', samples([0, 1], [60, 2], [60, 3]), 'refuse', 'line 4: the time is not after'],
    ['a time before', samples([0, 1], [60, 2], [30, 3]), 'skip', 'line 4: the time is not after'],
    [
      'a time off the grid',
      samples([0, 1], [60, 2], [150, 3]),
      'skip',
      'line 4: the time is not a multiple of 60 s',
    ],
    ['no number', samples([0, 1], [60, none]), 'refuse', 'line 3: the value must be a number'],
    ['a negative number', samples([0, 1], [60, -1]), 'refuse', 'line 3: the value must be a number'],
    ['infinity', samples([0, 1], [60, Number.POSITIVE_INFINITY]), 'refuse', 'line 3: the value must be'],
    ['mostly gaps', samples([0, 1], [1, 2], [1000, 3]), 'skip', 'only 3 of 1001 such steps have a row'],
  ])('refuses %s', (_, rows, gaps, message) => {
    expect(() => toLoadTrace(rows, gaps)).toThrow(TraceError);
    expect(() => toLoadTrace(rows, gaps)).toThrow(message);
  });
});

describe('scaleToPeak', () => {
  it('brings the 99.5th percentile to the peak and leaves gaps', () => {
    const values = Float64Array.from({ length: 1001 }, (_, index) => (index === 7 ? none : index));
    const scaled = scaleToPeak({ startSeconds: 0, stepSeconds: 60, values }, 1990);
    expect(scaled.values[995]).toBeCloseTo(1990, 9);
    expect(scaled.values[7]).toBeNaN();
  });

  it('refuses a load of nothing', () => {
    const trace = { startSeconds: 0, stepSeconds: 60, values: new Float64Array(10) };
    expect(() => scaleToPeak(trace, 100)).toThrow('the 99.5th percentile of the load is 0');
  });
});

describe('tickLoad', () => {
  it('draws straight lines between recorded instants', () => {
    const trace = { startSeconds: 0, stepSeconds: 60, values: Float64Array.of(0, 60, 0, none, 10) };
    expect(tickLoad(trace, 30, 30)).toEqual(Float64Array.of(30, 60, 30, 0, none, none, none, 10));
  });
});
