/** Steps shorter than this are put together: start-up takes minutes, and so do ramps worth learning. */
const MIN_STEP_SECONDS = 300;

/** A load in steps that a forecaster learns from. Step `n` is known from `firstSeconds + n × stepSeconds` on. */
export interface LearningSeries {
  firstSeconds: number;
  stepSeconds: number;
  /** NaN where nothing was recorded. */
  values: Float64Array;
}

/**
 * The series that is learned from a recorded load: as it is, or the highest value of every five minutes when it is
 * finer than that. Values left over at the end are dropped.
 *
 * @param values one each `stepSeconds`, the first one at 0 s
 */
export function learningSeries(values: Float64Array, stepSeconds: number): LearningSeries {
  const merged = Math.max(1, Math.ceil(MIN_STEP_SECONDS / stepSeconds));
  const highest = new Float64Array(Math.floor(values.length / merged)).fill(Number.NaN);
  for (let index = 0; index < highest.length * merged; index += 1) {
    const value = values[index] as number;
    const step = Math.floor(index / merged);
    const known = highest[step] as number;
    if (!Number.isNaN(value)) highest[step] = Number.isNaN(known) ? value : Math.max(known, value);
  }
  return { firstSeconds: (merged - 1) * stepSeconds, stepSeconds: merged * stepSeconds, values: highest };
}
