import { stringify } from 'yaml';
import { formatInstant, formatWallClock } from '../../domain/calendar/instant.ts';
import type { TimelineStep } from '../../reports/timeline.ts';
import { tableLines } from '../output/table.ts';
import type { Summary } from './summary.ts';

/** A row of `simulate` as JSON, YAML and CSV have it. */
export interface SimulationRow {
  at: string;
  floor: number;
  desired: number;
  frozen: boolean;
  because: string;
}

/** The rows of steps; they are made when they are gone through, so that a long list takes no memory. */
export function toRows(steps: Iterable<TimelineStep>): Iterable<SimulationRow> {
  return {
    *[Symbol.iterator]() {
      for (const { from, floor, desired, frozen, because } of steps) {
        yield { at: formatInstant(from), floor, desired, frozen, because };
      }
    },
  };
}

/** RFC 4180, with a line of names first. */
export function* csvLines(rows: Iterable<SimulationRow>): Generator<string> {
  yield 'at,floor,desired,frozen,because';
  for (const { at, floor, desired, frozen, because } of rows) {
    yield [at, floor, desired, frozen, `"${because.replaceAll('"', '""')}"`].join(',');
  }
}

/** A JSON array, a line or more for each row. */
export function* jsonLines(rows: Iterable<SimulationRow>): Generator<string> {
  let before: string | undefined;
  for (const row of rows) {
    yield before === undefined ? '[' : `${before},`;
    before = `  ${JSON.stringify(row, null, 2).replaceAll('\n', '\n  ')}`;
  }
  yield* before === undefined ? ['[]'] : [before, ']'];
}

/** A YAML sequence. */
export function* yamlLines(rows: Iterable<SimulationRow>): Generator<string> {
  for (const row of rows) yield stringify([row]).trimEnd();
}

export function textLines(rows: Iterable<SimulationRow>, timeZone: string): Iterable<string> {
  const cells: Iterable<string[]> = {
    *[Symbol.iterator]() {
      for (const { at, floor, desired, frozen, because } of rows) {
        const wall = formatWallClock(timeZone, new Date(at));
        yield [wall, String(floor), String(desired), frozen ? 'yes' : '', because];
      }
    },
  };
  return tableLines([`AT (${timeZone})`, 'FLOOR', 'DESIRED', 'FROZEN', 'BECAUSE'], cells);
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
