import type { PresenceClusterStatus } from '../../api/v1alpha1/presence-cluster-status.ts';
import { formatInstant } from '../calendar/instant.ts';
import type { Interval } from '../calendar/interval.ts';
import { type BudgetVerdict, MIN_SAFE_MS } from './budget.ts';
import type { Risk, RiskOf } from './risk.ts';

/** When something can be changed next, and who would be disturbed. */
export interface SafeWindow extends Risk {
  /** Undefined: it is open now. */
  from?: Date;
  /** Undefined: no freeze is ahead. */
  until?: Date;
  /** False: it is frozen, and only the least risky time. */
  open: boolean;
}

export interface SafeWindowInput {
  /** In order and disjoint; those that are over may be among them. */
  frozen: readonly Interval[];
  verdict: BudgetVerdict;
  now: number;
  /** Nothing is known from here on. */
  horizon: number;
  riskOf: RiskOf;
}

/**
 * The next open time of at least an hour. When the budget is exceeded and the short period has no such time ahead, the
 * least risky time of it.
 */
export function nextSafeWindow(input: SafeWindowInput): SafeWindow | undefined {
  const { verdict, now, horizon, riskOf } = input;
  const { starved, proposal } = verdict;
  const gap = firstGap(input);
  const isTooLate = starved !== undefined && (gap === undefined || gap.from >= starved.until);
  if (isTooLate && proposal !== undefined) {
    const { from, until, weddings, people } = proposal;
    return { from: new Date(from), until: new Date(until), open: false, weddings, people };
  }
  if (gap === undefined) return undefined;
  return {
    ...(gap.from <= now ? {} : { from: new Date(gap.from) }),
    ...(gap.until >= horizon ? {} : { until: new Date(gap.until) }),
    open: true,
    ...riskOf(gap),
  };
}

function firstGap({ frozen, now, horizon }: SafeWindowInput): Interval | undefined {
  let from = now;
  for (const window of frozen) {
    if (window.until <= now) continue;
    if (window.from - from >= MIN_SAFE_MS) return { from, until: window.from };
    from = Math.max(from, window.until);
  }
  return from < horizon ? { from, until: horizon } : undefined;
}

type SafeWindowOnTheWire = NonNullable<NonNullable<PresenceClusterStatus['freeze']>['nextSafeWindow']>;

/** `status.freeze.nextSafeWindow` of a PresenceCluster. */
export function safeWindowOnTheWire({
  from,
  until,
  open,
  weddings,
  people,
}: SafeWindow): SafeWindowOnTheWire {
  return {
    ...(from === undefined ? {} : { from: formatInstant(from) }),
    ...(until === undefined ? {} : { until: formatInstant(until) }),
    open,
    weddings,
    people,
  };
}
