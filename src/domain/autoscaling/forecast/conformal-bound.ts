/** A part of the range of expected loads, with its own quantile. */
export interface Stratum {
  /** Highest expected load of this part. */
  upTo: number;
  quantile: number;
}

/** Shares of the remembered forecasts at which one stratum ends and the next begins: busy times are kept apart. */
const STRATUM_SHARES = [0.5, 0.75, 0.9] as const;
/** A stratum needs so many scores to have a 95 % quantile of its own. */
const MIN_STRATUM_SCORES = 40;
/** Without so many scores there is no bound at all. */
const MIN_SCORES = 100;
/**
 * Multiples of the share of forecasts that may be wrong at which quantiles are kept, falling; between two of them is a
 * straight line. The first and the last are how far the share may adapt.
 */
const ERROR_STEPS = [2, 1.5, 1, 0.8, 0.6, 0.4, 0.2] as const;
/** How far one forecast that was checked moves that share; the value of the paper below. */
const ADAPTATION = 0.005;
/** Keeps the unit of scores away from 0 when there are almost no connections. */
const SPREAD_OFFSET = 1;

/** Counts vary with their square root; scores are measured in it. */
function spread(expected: number): number {
  return Math.sqrt(expected + SPREAD_OFFSET);
}

/** A stratum with quantiles by {@link ERROR_STEPS}. */
interface LearnedStratum {
  upTo: number;
  quantiles: readonly number[];
}

/**
 * An upper bound of a forecast that held for a wanted share of recent forecasts, learned apart for quiet and busy times
 * (split conformal prediction with load strata). Where it recently held too rarely it is raised, and lowered where it
 * held too often (adaptive conformal inference, Gibbs and Candès, arXiv 2106.00170), each stratum by itself: a drifting
 * load differs from the one that was learned. The bound never falls when the expected load rises.
 */
export class ConformalBound {
  readonly #coverage: number;
  /** Expected loads, and how far the truth was above them in units of {@link spread}; the oldest is overwritten. */
  readonly #expected: Float32Array;
  readonly #scores: Float32Array;
  #added = 0;
  #learned: readonly LearnedStratum[] = [];
  /** By stratum: the share of forecasts that may be wrong, as adapted, in multiples of the nominal one. */
  readonly #errorSteps = new Float64Array(STRATUM_SHARES.length + 1).fill(1);
  /** Computed from the quantiles and their adaption; undefined: to be computed again. */
  #strata: readonly Stratum[] | undefined;

  /**
   * @param coverage share of forecasts that the bound should hold for, 0 to 1
   * @param memory how many forecasts are remembered
   */
  constructor(coverage: number, memory: number) {
    this.#coverage = coverage;
    this.#expected = new Float32Array(memory);
    this.#scores = new Float32Array(memory);
  }

  /** Takes what a forecast had expected and what came. */
  add(expected: number, actual: number): void {
    this.#adapt(expected, actual);
    const place = this.#added % this.#scores.length;
    this.#expected[place] = expected;
    this.#scores[place] = (actual - expected) / spread(expected);
    this.#added += 1;
  }

  /** Computes the quantiles again from the remembered forecasts. */
  learn(): void {
    const count = Math.min(this.#added, this.#scores.length);
    if (count < MIN_SCORES) return;
    const scores = this.#scores.subarray(0, count);
    const nominal = 1 - this.#coverage;
    const sorted = this.#expected.slice(0, count).sort();
    const ends = [...STRATUM_SHARES, 1].map((share) => sorted[Math.ceil(share * count) - 1] as number);
    let from = Number.NEGATIVE_INFINITY;
    this.#learned = ends.map((upTo) => {
      const own = scores.filter((_, index) => {
        const expected = this.#expected[index] as number;
        return expected > from && expected <= upTo;
      });
      from = upTo;
      const sorted = (own.length >= MIN_STRATUM_SCORES ? own : scores).toSorted();
      return { upTo, quantiles: ERROR_STEPS.map((step) => quantile(sorted, 1 - step * nominal)) };
    });
    this.#strata = undefined;
  }

  /** A bound that did not hold may be wrong more rarely from now on, one that held a little more often. */
  #adapt(expected: number, actual: number): void {
    const bound = this.bound(expected);
    if (bound === undefined) return;
    const found = this.#learned.findIndex(({ upTo }) => expected <= upTo);
    const stratum = found === -1 ? this.#learned.length - 1 : found;
    const nominal = 1 - this.#coverage;
    const change = (ADAPTATION * (nominal - (actual > bound ? 1 : 0))) / nominal;
    const moved = (this.#errorSteps[stratum] as number) + change;
    this.#errorSteps[stratum] = Math.min(ERROR_STEPS[0], Math.max(ERROR_STEPS.at(-1) as number, moved));
    this.#strata = undefined;
  }

  /** The bound for an expected load; undefined as long as too few forecasts could be checked. */
  bound(expected: number): number | undefined {
    return strataBound(this.strata, expected);
  }

  /** The learned strata, from quiet to busy times; empty as long as too few forecasts could be checked. */
  get strata(): readonly Stratum[] {
    this.#strata ??= this.#learned.map(({ upTo, quantiles }, index) => ({
      upTo,
      quantile: quantileAt(quantiles, this.#errorSteps[index] as number),
    }));
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

/** The straight line between the quantiles of the two steps around this one. */
function quantileAt(quantiles: readonly number[], errorStep: number): number {
  const next = ERROR_STEPS.findIndex((each) => each <= errorStep);
  const [lower, value] = [ERROR_STEPS[next] as number, quantiles[next] as number];
  if (next === 0) return value;
  const part = (errorStep - lower) / ((ERROR_STEPS[next - 1] as number) - lower);
  return value + part * ((quantiles[next - 1] as number) - value);
}

/**
 * The score that covers the wanted share of the next one, by the finite-sample rank of split conformal prediction. At
 * least 0: a bound is never below what is expected.
 *
 * @param sorted scores, rising
 */
function quantile(sorted: Float32Array, coverage: number): number {
  const rank = Math.min(sorted.length, Math.ceil(coverage * (sorted.length + 1)));
  return Math.max(0, sorted[rank - 1] as number);
}
