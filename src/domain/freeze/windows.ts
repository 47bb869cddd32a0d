import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { MAX_WEDDINGS_LISTED } from '../../api/v1alpha1/rollout-freeze.ts';
import { parseDuration } from '../calendar/duration.ts';
import type { Interval } from '../calendar/interval.ts';
import { MS_A_DAY } from '../calendar/local-time.ts';
import { applyBudget, type BudgetVerdict } from './budget.ts';
import { freezeReason } from './freeze-reason.ts';
import { frozenIntervals } from './frozen-intervals.ts';
import { nextSafeWindow, type SafeWindow } from './next-safe-window.ts';
import {
  type FreezeWedding,
  type SkippedWedding,
  type WeddingAtRisk,
  weddingsAtRisk,
} from './protected-weddings.ts';
import { riskIndex } from './risk.ts';
import { type NamedInterval, resolveSpecWindows } from './spec-windows.ts';

/** A half-open window `[from, until)` in which running pods must not be changed. */
export interface FreezeWindow {
  from: Date;
  until: Date;
  /** `1 wedding`, `year-end: the office is closed, 37 weddings`: all of them, also those that are not listed. */
  reason: string;
  /** `name: reason` of the manual windows in it. */
  manual: string[];
  /** Ids in order, at most 20. */
  weddings: string[];
  /** Weddings that cause it and are not listed. */
  notListed: number;
}

export interface FreezeInput {
  spec: Pick<PresenceClusterSpec, 'freeze' | 'timeZone'>;
  weddings: readonly FreezeWedding[];
  /** Windows that end at or before it are left out. */
  from: Date;
  /** Windows that begin this many days later are left out. */
  days: number;
}

export interface FreezePlan {
  windows: FreezeWindow[];
  /** Weddings whose time is unknown; they protect nothing. */
  skipped: SkippedWedding[];
  budget: BudgetVerdict;
  /** When something can be changed next. */
  nextSafeWindow?: SafeWindow;
}

/** When the pods of a PresenceCluster are frozen, and why. `docs/freeze.md` has the rules in words. */
export function freezeWindows({ spec, weddings: all, from, days }: FreezeInput): FreezePlan {
  const { freeze, timeZone } = spec;
  const now = from.getTime();
  const horizon = now + days * MS_A_DAY;
  // A period of the budget that is under way has begun in the past.
  const known = { from: now - parseDuration(freeze.budget.period), until: horizon };
  const { weddings, skipped } = weddingsAtRisk(freeze, all, known);
  const manual = resolveSpecWindows(freeze.windows, timeZone);
  const allow = resolveSpecWindows(freeze.allowWindows, timeZone);
  const near = (interval: Interval) => interval.until > known.from && interval.from < horizon;
  const intervals = frozenIntervals(freeze, weddings, { manual, allow });
  const riskOf = riskIndex(weddings);
  const { frozen, verdict } = applyBudget({
    frozen: intervals.frozen.filter(near),
    margins: intervals.margins.filter(near),
    budget: freeze.budget,
    now,
    riskOf,
  });
  const safe = nextSafeWindow({ frozen, verdict, now, horizon, riskOf });
  const ahead = frozen.filter(({ until }) => until > now);
  return {
    windows: describe(ahead, weddings, manual),
    skipped,
    budget: verdict,
    ...(safe === undefined ? {} : { nextSafeWindow: safe }),
  };
}

function describe(
  windows: readonly Interval[],
  weddings: readonly WeddingAtRisk[],
  manual: readonly NamedInterval[],
): FreezeWindow[] {
  const causes = windows.map(() => [] as string[]);
  for (const wedding of weddings) {
    for (const index of windowsOf(wedding, windows)) causes[index]?.push(wedding.id);
  }
  return windows.map((window, index) => {
    const ids = (causes[index] as string[]).sort();
    const named = manual
      .filter(({ from, until }) => from < window.until && window.from < until)
      .map(({ name, reason }) => `${name}: ${reason}`);
    return {
      from: new Date(window.from),
      until: new Date(window.until),
      reason: freezeReason(named, ids.length),
      manual: named,
      weddings: ids.slice(0, MAX_WEDDINGS_LISTED),
      notListed: Math.max(0, ids.length - MAX_WEDDINGS_LISTED),
    };
  });
}

/** The windows in which a wedding is protected, once each. */
function windowsOf(wedding: WeddingAtRisk, windows: readonly Interval[]): Set<number> {
  const found = new Set<number>();
  for (const { from, until } of wedding.protected) {
    for (let index = firstEndingAfter(windows, from); index < windows.length; index += 1) {
      if ((windows[index] as Interval).from >= until) break;
      found.add(index);
    }
  }
  return found;
}

function firstEndingAfter(windows: readonly Interval[], instant: number): number {
  let [low, high] = [0, windows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((windows[middle] as Interval).until > instant) high = middle;
    else low = middle + 1;
  }
  return low;
}
