/** A part of the range of expected loads, with its own quantile. */
export interface Stratum {
  /** Highest expected load of this part. */
  upTo: number;
  quantile: number;
}

/** Shares of the remembered forecasts at which one stratum ends and the next begins: busy times are told apart. */
const STRATUM_SHARES = [0.5, 0.75, 0.9] as const;
/** A stratum needs so many scores to have a 95 % quantile of its own. */
const MIN_STRATUM_SCORES = 40;
/** Without so many scores there is no bound at all. */
const MIN_SCORES = 100;
/** Keeps the unit of scores away from 0 when almost nobody is there. */
const SPREAD_OFFSET = 1;

/** Counts vary with their square root; scores are measured in it. */
function spread(expected: number): number {
  return Math.sqrt(expected + SPREAD_OFFSET);
}

/**
 * An upper bound of a forecast that held for a wanted share of recent forecasts, learned apart for quiet and busy times
 * (split conformal prediction with load strata). The bound never falls when the expected load rises.
 */
export class ConformalBound {
  readonly #coverage: number;
  /** What was expected, and how far the truth was above it in units of {@link spread}; the oldest is overwritten. */
  readonly #expected: Float64Array;
  readonly #scores: Float64Array;
  #added = 0;
  #strata: readonly Stratum[] = [];

  /**
   * @param coverage share of forecasts that the bound should hold for, 0 to 1
   * @param memory how many forecasts are remembered
   */
  constructor(coverage: number, memory: number) {
    this.#coverage = coverage;
    this.#expected = new Float64Array(memory);
    this.#scores = new Float64Array(memory);
  }

  /** Takes what a forecast had expected and what came. */
  add(expected: number, actual: number): void {
    const place = this.#added % this.#scores.length;
    this.#expected[place] = expected;
    this.#scores[place] = (actual - expected) / spread(expected);
    this.#added += 1;
  }

  /** Learns the quantiles anew from what is remembered. */
  learn(): void {
    const count = Math.min(this.#added, this.#scores.length);
    if (count < MIN_SCORES) return;
    const scores = this.#scores.subarray(0, count);
    const sorted = this.#expected.slice(0, count).sort();
    const ends = [...STRATUM_SHARES, 1].map((share) => sorted[Math.ceil(share * count) - 1] as number);
    let from = Number.NEGATIVE_INFINITY;
    this.#strata = ends.map((upTo) => {
      const own = scores.filter((_, index) => {
        const expected = this.#expected[index] as number;
        return expected > from && expected <= upTo;
      });
      from = upTo;
      const enough = own.length >= MIN_STRATUM_SCORES;
      return { upTo, quantile: quantile(enough ? own : scores, this.#coverage) };
    });
  }

  /** The bound for an expected load; undefined as long as too few forecasts could be checked. */
  bound(expected: number): number | undefined {
    return strataBound(this.#strata, expected);
  }

  /** What was learned, from quiet to busy times; empty as long as too few forecasts could be checked. */
  get strata(): readonly Stratum[] {
    return this.#strata;
  }
}

/** The bound that strata give for an expected load; it never falls when the expected load rises. Undefined without. */
export function strataBound(strata: readonly Stratum[], expected: number): number | undefined {
  let highest: number | undefined;
  for (const [index, { upTo, quantile }] of strata.entries()) {
    const last = index === strata.length - 1;
    const inside = last || expected <= upTo;
    const at = inside ? expected : upTo;
    highest = Math.max(highest ?? 0, at + quantile * spread(at));
    if (inside) break;
  }
  return highest;
}

/**
 * The score that covers the wanted share of the next one, by the finite-sample rank of split conformal prediction. At
 * least 0: a bound is never below what is expected.
 */
function quantile(scores: Float64Array, coverage: number): number {
  const sorted = scores.toSorted();
  const rank = Math.min(sorted.length, Math.ceil(coverage * (sorted.length + 1)));
  return Math.max(0, sorted[rank - 1] as number);
}
