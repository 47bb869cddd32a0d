import type { Interval } from '../calendar/interval.ts';
import { mergeIntervals, subtractIntervals } from '../calendar/interval.ts';
import { MS_A_MINUTE } from '../calendar/local-time.ts';

/**
 * A deny window of an Argo CD AppProject.
 *
 * Source: https://argo-cd.readthedocs.io/en/stable/user-guide/sync_windows/
 */
export interface ArgoSyncWindow {
  kind: 'deny';
  schedule: string;
  duration: string;
  /** Always UTC: Argo CD judges a window in another zone by the offset of today, which is wrong after a clock change. */
  timeZone: 'UTC';
  /** Applications that deploy into it. */
  namespaces: string[];
  manualSync: false;
}

/**
 * A disruption budget of a Karpenter NodePool; its schedules are in UTC.
 *
 * Source: https://karpenter.sh/docs/concepts/disruption/#nodepool-disruption-budgets
 */
export interface KarpenterBudget {
  nodes: string;
  schedule?: string;
  duration?: string;
}

/** Karpenter's schema takes 50 budgets. */
const MAX_BUDGETS = 50;
/** What Karpenter does when no budget is written; with one written it would be no limit at all outside of freezes. */
const DEFAULT_BUDGET: KarpenterBudget = { nodes: '10%' };

export function argoSyncWindows(windows: readonly Interval[], namespace: string): ArgoSyncWindow[] {
  return wholeMinutes(windows).map((window) => ({
    kind: 'deny',
    ...cron(window),
    timeZone: 'UTC',
    namespaces: [namespace],
    manualSync: false,
  }));
}

/** Karpenter's default budget, and one of no nodes for each window; the closest neighbours are joined when it is full. */
export function karpenterBudgets(windows: readonly Interval[]): KarpenterBudget[] {
  const few = closeGaps(wholeMinutes(windows), MAX_BUDGETS - 1);
  return [DEFAULT_BUDGET, ...few.map((window) => ({ nodes: '0', ...cron(window) }))];
}

/** Cron counts minutes: a window is widened to whole ones. */
function wholeMinutes(windows: readonly Interval[]): Interval[] {
  return mergeIntervals(
    windows.map(({ from, until }) => ({
      from: Math.floor(from / MS_A_MINUTE) * MS_A_MINUTE,
      until: Math.ceil(until / MS_A_MINUTE) * MS_A_MINUTE,
    })),
  );
}

function closeGaps(windows: readonly Interval[], most: number): Interval[] {
  const first = windows[0];
  const last = windows.at(-1);
  if (windows.length <= most || first === undefined || last === undefined) return [...windows];
  const whole = [{ from: first.from, until: last.until }];
  const kept = subtractIntervals(whole, windows)
    .sort((a, b) => b.until - b.from - (a.until - a.from) || a.from - b.from)
    .slice(0, most - 1)
    .sort((a, b) => a.from - b.from);
  return subtractIntervals(whole, kept);
}

/** Minute, hour, day and month in UTC; cron knows no year, so the window comes back every year. */
function cron({ from, until }: Interval): { schedule: string; duration: string } {
  const start = new Date(from);
  const date = `${start.getUTCDate()} ${start.getUTCMonth() + 1}`;
  const minutes = (until - from) / MS_A_MINUTE;
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return {
    schedule: `${start.getUTCMinutes()} ${start.getUTCHours()} ${date} *`,
    duration: `${hours > 0 ? `${hours}h` : ''}${rest > 0 ? `${rest}m` : ''}`,
  };
}
