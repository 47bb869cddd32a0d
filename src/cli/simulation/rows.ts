import { formatInstant, formatWallClock } from '../../domain/calendar/instant.ts';
import { table } from '../output/table.ts';
import type { Summary } from './summary.ts';
import type { TimelineStep } from './timeline.ts';

/** A row of `simulate` as JSON, YAML and CSV have it. */
export interface SimulationRow {
  at: string;
  floor: number;
  desired: number;
  frozen: boolean;
  because: string;
}

export function toRows(steps: readonly TimelineStep[]): SimulationRow[] {
  return steps.map(({ from, floor, desired, frozen, because }) => ({
    at: formatInstant(from),
    floor,
    desired,
    frozen,
    because,
  }));
}

/** RFC 4180, with a line of names first. */
export function rowsCsv(rows: readonly SimulationRow[]): string {
  const lines = rows.map(({ at, floor, desired, frozen, because }) =>
    [at, floor, desired, frozen, `"${because.replaceAll('"', '""')}"`].join(','),
  );
  return ['at,floor,desired,frozen,because', ...lines].join('\n');
}

export function rowsText(rows: readonly SimulationRow[], timeZone: string): string {
  return table(
    [`AT (${timeZone})`, 'FLOOR', 'DESIRED', 'FROZEN', 'BECAUSE'],
    rows.map(({ at, floor, desired, frozen, because }) => [
      formatWallClock(timeZone, new Date(at)),
      String(floor),
      String(desired),
      frozen ? 'yes' : '',
      because,
    ]),
  );
}

export function summaryText(summary: Summary): string {
  const days = summary.clockChangeDays.map(({ date, hours }) => `${date} (${hours} h)`);
  const conflicts = summary.conflicts.map(({ reason, message, first, hours }) => {
    const when = first === undefined ? '' : ` (first at ${first}, ${hours} h in all)`;
    return `  ${reason}: ${message}${when}`;
  });
  return [
    `From:                       ${summary.from}`,
    `To:                         ${summary.to}`,
    `Pod-hours:                  ${summary.podHours}`,
    `Freeze hours:               ${summary.freezeHours}`,
    `Open in busiest 30 days:    ${summary.openHoursBusiest30Days} h`,
    `Clock-change days:          ${days.join(', ') || 'none'}`,
    `Conflicts:                  ${conflicts.length === 0 ? 'none' : ''}`,
    ...conflicts,
  ]
    .map((line) => line.trimEnd())
    .join('\n');
}
