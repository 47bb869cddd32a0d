/** Load over time at regular instants. */
export interface LoadTrace {
  /** First instant, in seconds since the epoch of the trace's own clock. */
  startSeconds: number;
  stepSeconds: number;
  /** Connections at each instant; NaN where nothing was recorded. */
  values: Float64Array;
}

export interface LoadSample {
  /** Where it was read, for messages: `line 12`. */
  where: string;
  atSeconds: number;
  value: number;
}

/** What to do about instants that are missing between two samples. */
export type GapRule = 'refuse' | 'skip';

/** A trace that cannot be used; the message says where and why. */
export class TraceError extends Error {}

export const SECONDS_A_DAY = 86_400;

/** A trace with fewer recorded instants than this share is no record of that time. */
const MIN_RECORDED = 0.5;

/**
 * Puts samples on their regular grid. The step is the shortest distance between neighbours.
 *
 * @throws {TraceError} for values that are no load, times that do not rise or that are off the grid, and gaps
 */
export function toLoadTrace(samples: readonly LoadSample[], gaps: GapRule): LoadTrace {
  const [first] = samples;
  if (first === undefined || samples.length < 2) {
    throw new TraceError(`there are ${samples.length} rows; a trace needs two days at least`);
  }
  const stepSeconds = checkedStep(samples);
  const length = Math.round(((samples.at(-1) as LoadSample).atSeconds - first.atSeconds) / stepSeconds) + 1;
  if (samples.length < length * MIN_RECORDED) {
    throw new TraceError(
      `the shortest step is ${stepSeconds} s, but only ${samples.length} of ${length} such steps have a row`,
    );
  }
  const values = new Float64Array(length).fill(Number.NaN);
  let before = first;
  for (const sample of samples) {
    const index = (sample.atSeconds - first.atSeconds) / stepSeconds;
    if (!Number.isInteger(index)) {
      throw new TraceError(
        `${sample.where}: the time is not a multiple of ${stepSeconds} s after the first row`,
      );
    }
    const missing = (sample.atSeconds - before.atSeconds) / stepSeconds - 1;
    if (missing > 0 && gaps === 'refuse') {
      throw new TraceError(
        `${sample.where}: ${missing} rows of ${stepSeconds} s are missing before this one`,
      );
    }
    values[index] = sample.value;
    before = sample;
  }
  return { startSeconds: first.atSeconds, stepSeconds, values };
}

/** Checks each sample and gives the shortest distance of two neighbours. */
function checkedStep(samples: readonly LoadSample[]): number {
  let step = Number.POSITIVE_INFINITY;
  let before: LoadSample | undefined;
  for (const sample of samples) {
    if (!Number.isFinite(sample.value) || sample.value < 0) {
      throw new TraceError(`${sample.where}: the value must be a number that is not negative`);
    }
    if (before !== undefined) {
      const distance = sample.atSeconds - before.atSeconds;
      if (distance <= 0) throw new TraceError(`${sample.where}: the time is not after the one before`);
      step = Math.min(step, distance);
    }
    before = sample;
  }
  return step;
}

/** The share of recorded values up to which `--scale-peak` scales: outliers would set the scale otherwise. */
const PEAK_QUANTILE = 0.995;

/**
 * Scales a trace so that its 99.5th percentile is `peak`.
 *
 * @throws {TraceError} when that percentile is 0
 */
export function scaleToPeak(trace: LoadTrace, peak: number): LoadTrace {
  const sorted = trace.values.filter((value) => !Number.isNaN(value)).sort();
  const reference = sorted[Math.floor(PEAK_QUANTILE * (sorted.length - 1))] ?? 0;
  if (reference <= 0) throw new TraceError('the 99.5th percentile of the load is 0, which cannot be scaled');
  return { ...trace, values: trace.values.map((value) => (value * peak) / reference) };
}

/** Whole length in days, from the first instant to the end of the last step. */
export function daysOf(trace: LoadTrace): number {
  return (trace.values.length * trace.stepSeconds) / SECONDS_A_DAY;
}
