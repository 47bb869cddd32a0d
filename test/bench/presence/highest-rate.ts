export interface RateSearch {
  /** Tried first. */
  readonly first: number;
  /** No more tries than this. */
  readonly tries: number;
  /** Ends when the lowest that failed is at most so much greater than the highest that fits, as a ratio. */
  readonly precision: number;
}

/** How much greater the next rate is while none has failed. */
const GROWTH = 1.6;

/**
 * The highest rate that fits, by bisection in ratios: upwards until one fails, or downwards until one fits, then between
 * them. Undefined when none fits.
 */
export async function highestRate(
  { first, tries, precision }: RateSearch,
  fits: (rate: number) => Promise<boolean>,
): Promise<{ readonly fits: number | undefined; readonly fails: number | undefined }> {
  let low: number | undefined;
  let high: number | undefined;
  let rate = first;
  for (let step = 0; step < tries; step++) {
    if (await fits(rate)) low = rate;
    else high = rate;
    if (low !== undefined && high !== undefined && high / low <= precision) break;
    rate = Math.round(next(low, high, rate));
  }
  return { fits: low, fails: high };
}

function next(low: number | undefined, high: number | undefined, rate: number): number {
  if (high === undefined) return rate * GROWTH;
  return low === undefined ? rate / GROWTH : Math.sqrt(low * high);
}
