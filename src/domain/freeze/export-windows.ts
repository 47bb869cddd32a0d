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
  /** Applications that deploy into one of them. */
  namespaces: string[];
  /** Of those only the Applications whose name matches one of these patterns. Left out: all of them. */
  applications?: string[];
  /** Namespace and name must match; otherwise either would do. */
  andOperator?: true;
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

/**
 * Sync windows of several namespaces. Windows of one schedule and duration are one window: Argo CD up to 3.1 refuses an
 * AppProject with two of them, whatever their namespaces.
 *
 * @param byNamespace freeze windows of each namespace
 * @param applications patterns of names; empty: all Applications of the namespaces
 */
export function argoSyncWindows(
  byNamespace: ReadonlyMap<string, readonly Interval[]>,
  applications: readonly string[] = [],
): ArgoSyncWindow[] {
  const found = new Map<string, { window: Interval; namespaces: string[] }>();
  for (const [namespace, windows] of byNamespace) {
    for (const window of wholeMinutes(windows)) {
      const { schedule, duration } = cron(window);
      const key = `${schedule} ${duration}`;
      const same = found.get(key) ?? { window, namespaces: [] };
      found.set(key, { ...same, namespaces: [...same.namespaces, namespace] });
    }
  }
  return [...found.values()]
    .sort((a, b) => a.window.from - b.window.from || a.window.until - b.window.until)
    .map(({ window, namespaces }) => ({
      kind: 'deny',
      ...cron(window),
      timeZone: 'UTC',
      namespaces,
      ...(applications.length === 0 ? {} : { applications: [...applications], andOperator: true }),
      manualSync: false,
    }));
}

/** Karpenter's default budget, and one of no nodes for each window; the closest neighbours are joined when it is full. */
export function karpenterBudgets(windows: readonly Interval[]): KarpenterBudget[] {
  const few = closeGaps(wholeMinutes(windows), MAX_BUDGETS - 1);
  return [DEFAULT_BUDGET, ...few.map((window) => ({ nodes: '0', ...cron(window) }))];
}

/** Cron and Alertmanager count minutes: a window is widened to whole ones. */
export function wholeMinutes(windows: readonly Interval[]): Interval[] {
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
