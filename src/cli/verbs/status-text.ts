import { formatInstant, formatWallClock } from '../../domain/calendar/instant.ts';
import type { Inventory } from '../../reports/inventory.ts';
import type { StatusReport } from '../../reports/status-report.ts';
import { table } from '../output/table.ts';
import { freezeSentence } from './freeze-sentence.ts';

const NO_STATUS = {
  cluster: 'No status: the operator has not seen this PresenceCluster yet.',
  files: 'No status in the files: ask the cluster for it, without -f.',
};

/** The report for people, times in the zone of the PresenceCluster. */
export function statusText(
  report: StatusReport,
  timeZone: string,
  nameOf: (id: string) => string,
  { from, now }: { from: Inventory['from']; now: Date },
): string {
  if (report.conditions.length === 0) {
    return `${report.namespace}/${report.name}\n${NO_STATUS[from]}`;
  }
  const { fleet, redis } = report;
  const number = (value: number | undefined): string => (value === undefined ? '?' : String(value));
  const sections = [
    [
      `${report.namespace}/${report.name}`,
      ...observedLines(report, now),
      `Fleet:        ${number(fleet.readyReplicas)} of ${number(fleet.desired)} presence pods ready (floor ${number(fleet.floor)})`,
      ...(fleet.because === undefined ? [] : [`              ${fleet.because}`]),
      `Redis:        ${redis.state ?? 'unknown'}: ${redis.message ?? ''} (${redis.slotsCovered ?? 0} of 16384 slots)`,
      `Freeze:       ${report.freeze === undefined ? 'unknown' : freezeSentence(wireFreeze(report.freeze), timeZone, nameOf)}`,
      `Next change:  ${nextChange(report, timeZone)}`,
      ...pauseLine(report),
    ].join('\n'),
    conditionTable(report),
    shardTable(report),
    heldTable(report, timeZone),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

/** Only while it is paused. */
function pauseLine({ conditions }: StatusReport): string[] {
  const paused = conditions.find(({ type }) => type === 'Paused');
  return paused?.status === 'True' ? [`Paused:       ${paused.message}`] : [];
}

/** How old all that follows is, and what that means. */
function observedLines({ observedAt, isStale }: StatusReport, now: Date): string[] {
  if (observedAt === undefined) return [];
  const line = `Observed:     ${age(observedAt, now)} ago (${observedAt})`;
  return isStale
    ? [line, '              The operator is behind or does not run: what follows may be out of date.']
    : [line];
}

/** `12 s`, `7 min`, `3 h`. */
export function age(at: string, now: Date): string {
  const seconds = Math.max(0, Math.round((now.getTime() - Date.parse(at)) / 1000));
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;
}

function wireFreeze(freeze: NonNullable<StatusReport['freeze']>) {
  const { active, from, until, reason, weddings } = freeze;
  return {
    active,
    weddings,
    ...(from === undefined ? {} : { from }),
    ...(until === undefined ? {} : { until }),
    ...(reason === undefined ? {} : { reason }),
  };
}

function nextChange({ nextChange: next }: StatusReport, timeZone: string): string {
  if (next === undefined) return 'none';
  const at = new Date(next.at);
  return `${next.expect} pods at ${formatWallClock(timeZone, at)} ${timeZone} (${formatInstant(at)}): ${next.because}`;
}

function conditionTable({ conditions }: StatusReport): string {
  return table(
    ['CONDITION', 'STATUS', 'REASON', 'MESSAGE'],
    conditions.map(({ type, status, reason, message }) => [type, status, reason, message]),
  );
}

function shardTable({ shards }: StatusReport): string {
  if (shards.length === 0) return '';
  return table(
    ['SHARD', 'SLOTS', 'PRIMARY', 'REPLICAS'],
    shards.map(({ index, slots, primary, replicas }) => [
      String(index),
      String(slots),
      primary ?? '-',
      replicas.join(', ') || '-',
    ]),
  );
}

function heldTable({ held }: StatusReport, timeZone: string): string {
  if (held.length === 0) return '';
  const wall = (at: string | undefined): string =>
    at === undefined ? '-' : formatWallClock(timeZone, new Date(at));
  return table(
    ['HELD', 'SINCE', 'UNTIL', 'DIFFERS'],
    held.map(({ workload, since, until, fields }) => [workload, wall(since), wall(until), fields.join(', ')]),
  );
}
