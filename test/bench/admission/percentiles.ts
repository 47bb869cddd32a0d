/** The value below which a share of the samples lies (nearest rank), in the unit of the samples. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** Of a standard normal variable: 95 % of it lies within so many deviations. */
const DEVIATIONS = 1.96;

/**
 * Between which two of the values the true median lies, with 95 % confidence, whatever the distribution is.
 * Source: https://www.itl.nist.gov/div898/software/dataplot/refman1/auxillar/mediancl.htm
 */
export function medianInterval(values: readonly number[]): { from: number; to: number } {
  const sorted = [...values].sort((a, b) => a - b);
  const reach = (DEVIATIONS * Math.sqrt(sorted.length)) / 2;
  const low = Math.max(0, Math.floor(sorted.length / 2 - reach) - 1);
  return { from: sorted[low] ?? Number.NaN, to: sorted[sorted.length - 1 - low] ?? Number.NaN };
}
