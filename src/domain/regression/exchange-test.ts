/**
 * How far the mean of the new pods is above that of the old ones in one round, in standard deviations of what chance gives. Had the same
 * values been dealt to the pods at random, the mean of this number would be 0 without a margin, and below 0 with one. A burst that hits
 * a few pods, or all, needs no assumption: chance would deal the burst as well.
 *
 * @param margin a difference that is no news, 0 at least
 * @returns between {@link largestZ} and its negative; 0 when all values are equal, which tells nothing
 */
export function exchangeZ(old: readonly number[], young: readonly number[], margin = 0): number {
  const all = [...old, ...young];
  const mean = meanOf(all);
  const variance = all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (all.length - 1);
  const chance = Math.sqrt(variance * (1 / old.length + 1 / young.length));
  // Values that differ by the rounding of numbers tell nothing.
  if (!(chance > ROUNDING)) return 0;
  const limit = largestZ(all.length);
  return Math.max(-limit, Math.min(limit, (meanOf(young) - meanOf(old) - margin) / chance));
}

const ROUNDING = 1e-12;

/** The largest value of {@link exchangeZ} for so many pods: every new pod has one value, and every old one another. */
export function largestZ(pods: number): number {
  return Math.sqrt(pods - 1);
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Stakes as a share of the largest that cannot ruin: small ones for weak evidence, large ones for strong. */
const STAKES = [0.1, 0.25, 0.5, 0.9] as const;

/**
 * Evidence that grows round by round, as the capital of a gambler who bets on "slower" at fair odds. When the revisions do not differ,
 * the expected capital never rises, so it reaches 1/a at any time with probability a at most. It may be looked at after each round, and the
 * comparison may go on for as long as it likes.
 *
 * Source: J. Ville, Étude critique de la notion de collectif, 1939; https://arxiv.org/abs/2010.09686 (betting on means of bounded variables)
 */
export class Evidence {
  /** Logarithm of the capital of each stake; they begin with equal parts of 1. */
  readonly #logs: number[] = STAKES.map(() => 0);
  #largest = 0;

  /** @param z mean 0 at most by chance, and between -limit and limit, given all rounds before */
  add(z: number, limit: number): void {
    for (const [index, stake] of STAKES.entries()) {
      const log = (this.#logs[index] ?? 0) + Math.log1p((stake * z) / limit);
      this.#logs[index] = log;
    }
    this.#largest = Math.max(this.#largest, this.capital);
  }

  /** The mean capital of all stakes. */
  get capital(): number {
    return meanOf(this.#logs.map(Math.exp));
  }

  /** The largest capital so far: one divided by it bounds how often chance alone gives so much. */
  get largest(): number {
    return this.#largest;
  }
}
