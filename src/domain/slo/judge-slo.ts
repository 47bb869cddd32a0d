import type { SloSpec } from '../../api/v1alpha1/slo/slo.ts';
import { LEAST_BUDGET_PERCENT } from '../../api/v1alpha1/slo/slo-status.ts';
import {
  allowedShare,
  BURN_ALERTS,
  type BurnAlert,
  burnLimit,
  burnRate,
  FEWEST_FAILURES,
  roundedRate,
} from './burn-rate.ts';
import { BURN_WINDOWS, type BurnWindow, DAY_MS, type SloHistory } from './slo-history.ts';
import { type Count, OBJECTIVES, type Objective, type Tally } from './tally.ts';

/** How one objective was met over the window. */
export interface Attained {
  readonly objective: number;
  /** Percent, rounded down; undefined: nothing was counted. */
  readonly attainment: number | undefined;
  /** Percent of the error budget, rounded down; undefined: nothing was counted. */
  readonly budgetLeft: number | undefined;
}

export type BurnRates = Readonly<Record<BurnWindow, number>>;

/** The worst that is to be said of both objectives. */
export type SloVerdict =
  | { readonly kind: 'Met' }
  | {
      readonly kind: 'FastBurn' | 'SlowBurn';
      readonly of: Objective;
      readonly alert: BurnAlert;
      readonly limit: number;
    }
  | { readonly kind: 'BudgetSpent'; readonly of: Objective };

/** The state of the objectives at one instant, rounded so that it changes rarely. */
export interface SloState {
  readonly since: number;
  readonly updates: Attained;
  readonly joins: Attained;
  readonly burnRates: Readonly<Record<Objective, BurnRates>>;
  readonly verdict: SloVerdict;
}

/** In less time a few failures would be a spent budget. */
const WHOLE_BUDGET_AFTER_MS = DAY_MS;

/**
 * Judges the objectives by what was counted.
 *
 * @returns undefined before anything was counted
 */
export function judgeSlo(history: SloHistory, spec: SloSpec, now: number): SloState | undefined {
  const since = history.since(now);
  if (since === undefined) return undefined;
  const total = history.total(now);
  const sums = new Map(BURN_WINDOWS.map((window) => [window, history.sum(now, window)]));
  const rates = (objective: Objective): BurnRates => {
    const rate = (window: BurnWindow) =>
      roundedRate(burnRate(countOf(sums, window, objective), spec[objective].objective));
    return { '5m': rate('5m'), '30m': rate('30m'), '1h': rate('1h'), '6h': rate('6h'), '3d': rate('3d') };
  };
  return {
    since,
    updates: attained(total.updates, spec.updates.objective),
    joins: attained(total.joins, spec.joins.objective),
    burnRates: { updates: rates('updates'), joins: rates('joins') },
    verdict: burnVerdict(sums, spec) ?? spentVerdict(total, spec, now - since) ?? { kind: 'Met' },
  };
}

type Sums = ReadonlyMap<BurnWindow, Tally>;

function countOf(sums: Sums, window: BurnWindow, objective: Objective): Count {
  return sums.get(window)?.[objective] ?? { failed: 0, total: 0 };
}

function burnVerdict(sums: Sums, spec: SloSpec): SloVerdict | undefined {
  for (const alert of BURN_ALERTS) {
    const limit = burnLimit(alert, spec.windowDays);
    for (const objective of OBJECTIVES) {
      const isOver = (window: BurnWindow) =>
        burnRate(countOf(sums, window, objective), spec[objective].objective) >= limit;
      const matters = countOf(sums, alert.long, objective).failed >= FEWEST_FAILURES;
      if (matters && isOver(alert.long) && isOver(alert.short))
        return { kind: alert.speed === 'fast' ? 'FastBurn' : 'SlowBurn', of: objective, alert, limit };
    }
  }
  return undefined;
}

function spentVerdict(total: Tally, spec: SloSpec, coveredMs: number): SloVerdict | undefined {
  if (coveredMs < WHOLE_BUDGET_AFTER_MS) return undefined;
  const spent = OBJECTIVES.find(
    (objective) =>
      total[objective].failed >= FEWEST_FAILURES &&
      total[objective].failed > total[objective].total * allowedShare(spec[objective].objective),
  );
  return spent && { kind: 'BudgetSpent', of: spent };
}

function attained({ failed, total }: Count, objective: number): Attained {
  if (total === 0) return { objective, attainment: undefined, budgetLeft: undefined };
  const share = failed / total;
  const left = Math.floor(100 * (1 - share / allowedShare(objective)));
  return {
    objective,
    attainment: failed === 0 ? 100 : Math.min(99.999, Math.floor((1 - share) * 100_000) / 1000),
    budgetLeft: failed === 0 ? 100 : Math.max(LEAST_BUDGET_PERCENT, Math.min(99, left)),
  };
}
