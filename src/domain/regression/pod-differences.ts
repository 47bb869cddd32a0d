import { meanOf } from './exchange-test.ts';

/** How much pods of one revision differ for good, because of their nodes and their weddings. */
export interface ExpectedDifferences {
  /** Standard deviation between pods before anything was measured. */
  readonly deviation: number;
}

/** What is expected counts as much as so many pods that were measured. */
const EXPECTED_WEIGHT = 4;
/** Standard deviations that the means of the revisions may differ by without any regression: pods exceed them in one of 161 rollouts. */
const ALLOWED_DEVIATIONS = 2.5;

interface PodMean {
  readonly revision: string;
  sum: number;
  rounds: number;
}

/**
 * The values of each pod over all rounds so far. A pod on a slow node is slower in every round, which no number of rounds makes
 * chance; only other pods tell how much pods differ.
 */
export class PodDifferences {
  readonly #pods = new Map<string, PodMean>();

  add(pod: string, revision: string, value: number): void {
    const known = this.#pods.get(pod) ?? { revision, sum: 0, rounds: 0 };
    known.sum += value;
    known.rounds += 1;
    this.#pods.set(pod, known);
  }

  /** The mean of a pod so far; undefined before its first round. */
  meanOf(pod: string): number | undefined {
    const known = this.#pods.get(pod);
    return known && known.sum / known.rounds;
  }

  forget(isThere: (pod: string) => boolean): void {
    for (const pod of this.#pods.keys()) if (!isThere(pod)) this.#pods.delete(pod);
  }

  /** How much the mean of so many new pods may be above that of so many old ones without any regression. */
  margin(old: number, young: number, { deviation }: ExpectedDifferences): number {
    let squares = EXPECTED_WEIGHT * deviation ** 2;
    let weight = EXPECTED_WEIGHT;
    for (const pods of Map.groupBy(this.#pods.values(), ({ revision }) => revision).values()) {
      const means = pods.map(({ sum, rounds }) => sum / rounds);
      const mean = meanOf(means);
      squares += means.reduce((sum, each) => sum + (each - mean) ** 2, 0);
      weight += means.length - 1;
    }
    return ALLOWED_DEVIATIONS * Math.sqrt((squares / weight) * (1 / old + 1 / young));
  }
}
