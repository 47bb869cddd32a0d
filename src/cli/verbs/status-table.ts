import { formatWallClock } from '../../domain/calendar/instant.ts';
import type { StatusReport } from '../../reports/status-report.ts';
import { table } from '../output/table.ts';
import { age } from './status-text.ts';

export interface StatusTableOptions {
  now: Date;
  /** More columns. */
  wide: boolean;
  /** Of the report with this index. */
  timeZone: (index: number) => string;
}

/** A line for each PresenceCluster; times are in the zone of each. */
export function statusTable(
  reports: readonly StatusReport[],
  { now, wide, timeZone }: StatusTableOptions,
): string {
  const head = ['NAMESPACE', 'NAME', 'READY', 'PODS', 'REDIS', 'FREEZE'];
  const rows = reports.map((report, index) => {
    const zone = timeZone(index);
    const narrow = [
      report.namespace,
      report.name,
      readiness(report, now),
      `${report.fleet.readyReplicas ?? '?'}/${report.fleet.desired ?? '?'}`,
      report.redis.state ?? '-',
      freezeCell(report, now, zone),
    ];
    const next = report.nextChange;
    return wide
      ? [
          ...narrow,
          String(report.shards.length),
          `${report.redis.slotsCovered ?? 0}/16384`,
          report.held.map(({ workload }) => workload).join(',') || '-',
          next === undefined ? '-' : `${next.expect} at ${formatWallClock(zone, new Date(next.at))}`,
          zone,
          report.conditions.find(({ type }) => type === 'Ready')?.message ?? '-',
        ]
      : narrow;
  });
  return table(wide ? [...head, 'SHARDS', 'SLOTS', 'HELD', 'NEXT-CHANGE', 'ZONE', 'MESSAGE'] : head, rows);
}

/** `True`, or why not; `True, 7 min ago` when the operator has not confirmed it since. */
function readiness(report: StatusReport, now: Date): string {
  const { observedAt, isStale } = report;
  const said = readyCell(report);
  return isStale && observedAt !== undefined ? `${said}, ${age(observedAt, now)} ago` : said;
}

/** `True`, or why not; and whether it is paused, which is easily forgotten. */
function readyCell({ conditions }: StatusReport): string {
  const ready = conditions.find(({ type }) => type === 'Ready');
  if (ready === undefined) return 'Unknown';
  const text = ready.status === 'True' ? 'True' : `${ready.status} (${ready.reason})`;
  const isPaused = conditions.some(({ type, status }) => type === 'Paused' && status === 'True');
  return isPaused ? `${text}, paused` : text;
}

/** `until 05:00`, `from 2027-06-05 08:30`, `-`. */
function freezeCell({ freeze }: StatusReport, now: Date, timeZone: string): string {
  if (freeze?.from === undefined || freeze.until === undefined) return '-';
  const on = Date.parse(freeze.from) <= now.getTime() && now.getTime() < Date.parse(freeze.until);
  const at = on ? freeze.until : freeze.from;
  return `${on ? 'until' : 'from'} ${formatWallClock(timeZone, new Date(at))}`;
}
