import type { FreezeBudgetSpec } from '../../api/v1alpha1/freeze-budget.ts';
import { parseDuration } from '../calendar/duration.ts';
import { type Interval, intersect, subtractIntervals } from '../calendar/interval.ts';
import { MS_A_MINUTE } from '../calendar/local-time.ts';
import type { FrozenIntervals } from './frozen-intervals.ts';
import { type StarvedPeriod, starvedPeriods } from './open-time.ts';
import type { RiskOf, RiskyWindow } from './risk.ts';

/** A rollout of the whole fleet takes minutes; an hour leaves time to look at it and to take it back. */
export const MIN_SAFE_MS = 60 * 60 * 1000;

/** What a budget says about a calendar of freezes. */
export interface BudgetVerdict {
  /** The first period with too little open time, before anything was opened. */
  starved?: StarvedPeriod;
  /** What behaviour Relax opened, in order. */
  opened: RiskyWindow[];
  /** Behaviour Relax: the first period that stays short, because there is nothing more that may be opened. */
  unmet?: StarvedPeriod;
  /** Behaviour Warn: the least risky time to open in that period. */
  proposal?: RiskyWindow;
}

export interface BudgetInput extends FrozenIntervals {
  budget: FreezeBudgetSpec;
  /** Periods that are over by then do not count. */
  now: number;
  riskOf: RiskOf;
}

/** Evaluates a calendar, and relaxes it when the budget requires that. `frozen`: the intervals that stay frozen. */
export function applyBudget(input: BudgetInput): { frozen: Interval[]; verdict: BudgetVerdict } {
  const { budget, frozen, now } = input;
  const limits = { minOpenMs: parseDuration(budget.minOpen), periodMs: parseDuration(budget.period) };
  const starved = starvedPeriods(frozen, limits, now).at(0);
  if (starved === undefined) return { frozen, verdict: { opened: [] } };
  if (budget.behaviour === 'Relax') {
    const relaxed = relax(input, limits);
    return { frozen: relaxed.frozen, verdict: { starved, ...relaxed.verdict } };
  }
  // An interval that is over, or nearly over, is no proposal. It is not cut at the present instant: status would never rest.
  const proposal = candidates(input, starved).find(({ until }) => until - now >= MIN_SAFE_MS);
  return { frozen, verdict: { starved, opened: [], ...(proposal === undefined ? {} : { proposal }) } };
}

type Limits = Parameters<typeof starvedPeriods>[1];

/**
 * Opens the least risky time of the first period that is short, again and again, until none is. It does not depend on
 * the present instant but for periods that are over, so that what was opened stays open.
 */
function relax(
  { frozen, margins, now, riskOf }: BudgetInput,
  limits: Limits,
): { frozen: Interval[]; verdict: Omit<BudgetVerdict, 'starved'> } {
  const opened: RiskyWindow[] = [];
  const hopeless = new Set<number>();
  let unmet: StarvedPeriod | undefined;
  let rest = { frozen, margins };
  for (;;) {
    const period = starvedPeriods(rest.frozen, limits, now).find(({ from }) => !hopeless.has(from));
    if (period === undefined) break;
    const window = leastRisky({ margins: rest.margins, riskOf }, period, limits.minOpenMs - period.openMs);
    if (window === undefined) {
      hopeless.add(period.from);
      unmet ??= period;
      continue;
    }
    opened.push(window);
    rest = {
      frozen: subtractIntervals(rest.frozen, [window]),
      margins: subtractIntervals(rest.margins, [window]),
    };
  }
  opened.sort((a, b) => a.from - b.from);
  return { frozen: rest.frozen, verdict: { opened, ...(unmet === undefined ? {} : { unmet }) } };
}

/**
 * The times before and after weddings in a period, of at least an hour: the one with the fewest people at risk first,
 * of equal ones the shortest, then the earliest.
 */
function candidates(
  { margins, riskOf }: Pick<BudgetInput, 'margins' | 'riskOf'>,
  period: Interval,
): RiskyWindow[] {
  return margins
    .flatMap((margin) => intersect(margin, period) ?? [])
    .filter(({ from, until }) => until - from >= MIN_SAFE_MS)
    .map((span) => ({ ...span, ...riskOf(span) }))
    .sort((a, b) => a.people - b.people || a.until - a.from - (b.until - b.from) || a.from - b.from);
}

/** The best of these: no more of it than is needed, as far away from weddings as can be. */
function leastRisky(
  input: Pick<BudgetInput, 'margins' | 'riskOf'>,
  period: Interval,
  neededMs: number,
): RiskyWindow | undefined {
  const [best] = candidates(input, period);
  if (best === undefined) return undefined;
  const span = innermost(best, Math.max(neededMs, MIN_SAFE_MS));
  return { ...span, ...input.riskOf(span) };
}

/** The middle of a span: its ends are where a wedding has just ended, or is about to begin. */
function innermost({ from, until }: Interval, length: number): Interval {
  const spare = until - from - length;
  if (spare <= 0) return { from, until };
  const start = from + Math.floor(spare / 2 / MS_A_MINUTE) * MS_A_MINUTE;
  return { from: start, until: start + length };
}
