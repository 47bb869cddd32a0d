import { formatInstant } from '../../domain/calendar/instant.ts';
import { type Interval, mergeIntervals } from '../../domain/calendar/interval.ts';
import { formatLocalDate, localDayAt, startOfLocalDay } from '../../domain/calendar/local-time.ts';
import type { FreezePlan } from '../../domain/freeze/windows.ts';
import type { TimelineStep } from '../../reports/timeline.ts';

const MS_AN_HOUR = 3_600_000;
const HOURS_A_DAY = 24;
const BUSIEST_SPAN_MS = 30 * HOURS_A_DAY * MS_AN_HOUR;

/** A wish of the calendar or a wedding that cannot be met. */
export interface Conflict {
  reason: 'MaxReplicas' | 'WeddingSkipped';
  message: string;
  /** When it first happens. */
  first?: string;
  /** For how many hours in all. */
  hours?: number;
}

export interface Summary {
  from: string;
  to: string;
  podHours: number;
  freezeHours: number;
  /** Hours without a freeze in the 30 days that have the fewest: the time that is left for a rollout. */
  openHoursBusiest30Days: number;
  /** Local days that do not have 24 hours. */
  clockChangeDays: { date: string; hours: number }[];
  conflicts: Conflict[];
}

export interface SummaryInput {
  steps: readonly TimelineStep[];
  skipped: FreezePlan['skipped'];
  from: Date;
  to: Date;
  timeZone: string;
}

export function summarize({ steps, skipped, from, to, timeZone }: SummaryInput): Summary {
  const frozen = mergeIntervals(
    steps
      .filter((step) => step.frozen)
      .map((step) => ({ from: step.from.getTime(), until: step.until.getTime() })),
  );
  return {
    from: formatInstant(from),
    to: formatInstant(to),
    podHours: rounded(steps.reduce((sum, step) => sum + step.desired * hoursOf(step), 0)),
    freezeHours: rounded(total(frozen) / MS_AN_HOUR),
    openHoursBusiest30Days: rounded(fewestOpen(frozen, from.getTime(), to.getTime()) / MS_AN_HOUR),
    clockChangeDays: clockChangeDays(timeZone, from.getTime(), to.getTime()),
    conflicts: [...cutSteps(steps), ...skipped.map(skippedWedding)],
  };
}

/** The smallest open time of any 30 days; of the whole time when it is shorter. */
function fewestOpen(frozen: readonly Interval[], from: number, to: number): number {
  const span = Math.min(BUSIEST_SPAN_MS, to - from);
  // The busiest span begins with a freeze or ends with one.
  const starts = frozen.flatMap((freeze) => [freeze.from, freeze.until - span]);
  let most = 0;
  for (const start of starts) {
    const begin = Math.min(Math.max(start, from), to - span);
    most = Math.max(most, overlapWith(frozen, begin, begin + span));
  }
  return span - most;
}

function overlapWith(intervals: readonly Interval[], from: number, until: number): number {
  return intervals.reduce(
    (sum, interval) => sum + Math.max(0, Math.min(interval.until, until) - Math.max(interval.from, from)),
    0,
  );
}

function clockChangeDays(timeZone: string, from: number, to: number): Summary['clockChangeDays'] {
  const found: Summary['clockChangeDays'] = [];
  const last = localDayAt(timeZone, to - 1);
  for (let day = localDayAt(timeZone, from); day <= last; day += 1) {
    const hours = (startOfLocalDay(timeZone, day + 1) - startOfLocalDay(timeZone, day)) / MS_AN_HOUR;
    if (hours !== HOURS_A_DAY) found.push({ date: formatLocalDate(day), hours });
  }
  return found;
}

function cutSteps(steps: readonly TimelineStep[]): Conflict[] {
  const conflicts = new Map<string, Conflict & { hours: number }>();
  for (const step of steps) {
    if (!step.clamps.some((clamp) => clamp.by === 'maxReplicas')) continue;
    const message = step.because;
    const conflict = conflicts.get(message) ?? {
      reason: 'MaxReplicas',
      message,
      first: formatInstant(step.from),
      hours: 0,
    };
    conflict.hours += hoursOf(step);
    conflicts.set(message, conflict);
  }
  return [...conflicts.values()].map((conflict) => ({ ...conflict, hours: rounded(conflict.hours) }));
}

function skippedWedding({ id, message }: FreezePlan['skipped'][number]): Conflict {
  return { reason: 'WeddingSkipped', message: `Wedding ${id} protects nothing: ${message}` };
}

function hoursOf(step: TimelineStep): number {
  return (step.until.getTime() - step.from.getTime()) / MS_AN_HOUR;
}

function total(intervals: readonly Interval[]): number {
  return intervals.reduce((sum, { from, until }) => sum + until - from, 0);
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
