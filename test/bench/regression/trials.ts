import { type Measure, RevisionComparison } from '../../../src/domain/regression/revision-comparison.ts';
import { evening, type Scene } from './evening.ts';

export interface Trial {
  /** When the regression was found, seconds from the first round; undefined: it was not. */
  readonly afterSeconds: number | undefined;
  readonly of: Measure;
}

/** One comparison, until it finds a regression or the evening is over. */
export function compareOn(scene: Scene): Trial {
  const comparison = new RevisionComparison();
  let rounds = 0;
  for (const round of evening(scene)) {
    rounds += 1;
    comparison.take(round);
    const { kind, of } = comparison.verdict;
    if (kind === 'Regression') return { afterSeconds: rounds * scene.roundSeconds, of };
  }
  return { afterSeconds: undefined, of: comparison.verdict.of };
}

/** Comparisons that differ by their seed alone. */
export function trialsOf(scene: Omit<Scene, 'seed'>, seeds: readonly number[]): Trial[] {
  return seeds.map((seed) => compareOn({ ...scene, seed }));
}

/** Share of the trials that found a regression. */
export function foundShare(trials: readonly Trial[]): number {
  return trials.filter(({ afterSeconds }) => afterSeconds !== undefined).length / trials.length;
}

/** Median of the seconds until a regression was found; undefined when none was. */
export function medianSeconds(trials: readonly Trial[]): number | undefined {
  const times = trials.flatMap(({ afterSeconds }) => afterSeconds ?? []).sort((a, b) => a - b);
  return times[Math.floor(times.length / 2)];
}

/** Share of the trials that have to find a slowdown, for it to count as found. */
export const POWER = 0.8;

/**
 * The smallest slowdown from which on each one is found.
 *
 * @param shares by slowdown, the smallest first
 */
export function smallestFound(
  shares: readonly (readonly [slowdown: number, share: number])[],
): number | undefined {
  const lastMissed = shares.findLastIndex(([, share]) => share < POWER);
  return shares[lastMissed + 1]?.[0];
}
