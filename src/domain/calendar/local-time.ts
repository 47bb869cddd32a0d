import { WEEKDAYS, type Weekday } from '../../api/schema/weekdays.ts';
import { offsetAt } from './time-zone.ts';

/**
 * Local times are written as a day number (days since 1970-01-01, no zone) and minutes since that day's 00:00. Days
 * are counted, never advanced by 24 hours, because a local day has 23, 25 or 24.5 hours when clocks change.
 */

export const MS_A_MINUTE = 60_000;
export const MS_A_DAY = 86_400_000;
export const MINUTES_A_DAY = 1440;

/** 1970-01-01 was a Thursday, index 3 of a week that begins on Monday. */
const WEEKDAY_OF_DAY_ZERO = 3;

/** Which one of two equal wall-clock readings is meant when clocks went back. */
export type Occurrence = 'first' | 'last';

/** Day number of `YYYY-MM-DD`; undefined when the calendar has no such day (2027-02-30). */
export function parseLocalDate(text: string): number | undefined {
  const ms = Date.parse(`${text}T00:00:00Z`);
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text) return undefined;
  return ms / MS_A_DAY;
}

/** `YYYY-MM-DD` of a day number. */
export function formatLocalDate(day: number): string {
  return new Date(day * MS_A_DAY).toISOString().slice(0, 10);
}

/** Minutes since 00:00 of `HH:MM`; 24:00 is 1440. The schemas hold the form. */
export function parseTimeOfDay(text: string): number {
  const [hours, minutes] = text.split(':');
  return Number(hours) * 60 + Number(minutes);
}

export function weekdayOf(day: number): Weekday {
  return WEEKDAYS[(((day + WEEKDAY_OF_DAY_ZERO) % 7) + 7) % 7] as Weekday;
}

/** The local day that a zone has at an instant. */
export function localDayAt(timeZone: string, instantMs: number): number {
  return Math.floor((instantMs + offsetAt(timeZone, instantMs)) / MS_A_DAY);
}

/** Month of a day number, 1 to 12. */
export function monthOf(day: number): number {
  return new Date(day * MS_A_DAY).getUTCMonth() + 1;
}

/** The first day of the month after the one that holds `day`. */
export function firstDayOfNextMonth(day: number): number {
  const date = new Date(day * MS_A_DAY);
  date.setUTCMonth(date.getUTCMonth() + 1, 1);
  return date.getTime() / MS_A_DAY;
}

/**
 * The instant of a wall-clock reading, in milliseconds since the epoch.
 *
 * A reading that clocks skip moves forward by the length of the gap (RFC 5545 section 3.3.5, `compatible` of
 * Temporal); of one that occurs twice, `occurrence` selects the instant.
 *
 * @param minutes since 00:00 of `day`, 1440 and more for the days after it
 */
export function resolveLocal(timeZone: string, day: number, minutes: number, occurrence: Occurrence): number {
  const wall = day * MS_A_DAY + minutes * MS_A_MINUTE;
  const before = offsetAt(timeZone, wall - MS_A_DAY);
  const after = offsetAt(timeZone, wall + MS_A_DAY);
  if (before === after) return wall - before;
  const instants = [wall - before, wall - after].filter(
    (instant) => instant + offsetAt(timeZone, instant) === wall,
  );
  if (instants.length === 0) return wall - before;
  return occurrence === 'first' ? Math.min(...instants) : Math.max(...instants);
}

/** The first instant of a local day, which is not always 00:00 (Santiago, Cairo). */
export function startOfLocalDay(timeZone: string, day: number): number {
  return resolveLocal(timeZone, day, 0, 'first');
}
