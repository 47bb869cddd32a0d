import {
  type Interval,
  intersect,
  intersectIntervals,
  mergeIntervals,
  subtractIntervals,
} from '../calendar/interval.ts';
import type { FreezeSpec } from './protected-intervals.ts';
import type { WeddingAtRisk } from './protected-weddings.ts';

export interface FrozenIntervals {
  /** When it is frozen, in order and disjoint. */
  frozen: Interval[];
  /** What of it lies before and after weddings only: no wedding is on, and no manual window. */
  margins: Interval[];
}

/**
 * The precedence, from the strongest:
 *
 * 1. Deny: a manual window, and a protected wedding that is on (from the ceremony until the end).
 * 2. Allow: an allow window.
 * 3. Protect: `before` and `after` protected weddings.
 *
 * Weddings count (in 1 and 3) while the thresholds are reached.
 */
export function frozenIntervals(
  thresholds: Pick<FreezeSpec, 'minActiveWeddings' | 'minPeopleAtRisk'>,
  weddings: readonly WeddingAtRisk[],
  windows: { manual: readonly Interval[]; allow: readonly Interval[] },
): FrozenIntervals {
  const crowded = crowdedIntervals(thresholds, weddings);
  const on = intersectIntervals(mergeIntervals(weddings.flatMap(protectedWhileOn)), crowded);
  const allowed = subtractIntervals(mergeIntervals(windows.allow), on);
  const byWeddings = subtractIntervals(crowded, allowed);
  const manual = mergeIntervals(windows.manual);
  return {
    frozen: mergeIntervals([...manual, ...byWeddings]),
    margins: subtractIntervals(subtractIntervals(byWeddings, on), manual),
  };
}

function protectedWhileOn(wedding: WeddingAtRisk): Interval[] {
  return wedding.protected.flatMap((interval) => intersect(interval, wedding.on) ?? []);
}

/** The spans in which enough weddings with enough people are protected at once. */
function crowdedIntervals(
  { minActiveWeddings, minPeopleAtRisk }: Pick<FreezeSpec, 'minActiveWeddings' | 'minPeopleAtRisk'>,
  weddings: readonly WeddingAtRisk[],
): Interval[] {
  const steps = new Map<number, { weddings: number; people: number }>();
  const step = (at: number, sign: 1 | -1, people: number): void => {
    const sum = steps.get(at) ?? { weddings: 0, people: 0 };
    steps.set(at, { weddings: sum.weddings + sign, people: sum.people + sign * people });
  };
  for (const wedding of weddings) {
    for (const { from, until } of wedding.protected) {
      step(from, 1, wedding.people);
      step(until, -1, wedding.people);
    }
  }
  const found: Interval[] = [];
  const sum = { weddings: 0, people: 0 };
  let start: number | undefined;
  for (const [at, change] of [...steps].sort(([a], [b]) => a - b)) {
    sum.weddings += change.weddings;
    sum.people += change.people;
    const isCrowded = sum.weddings >= minActiveWeddings && sum.people >= minPeopleAtRisk;
    if (isCrowded) start ??= at;
    else if (start !== undefined) {
      found.push({ from: start, until: at });
      start = undefined;
    }
  }
  return found;
}
