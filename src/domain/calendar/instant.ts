import { formatLocalDate, MS_A_DAY, MS_A_MINUTE } from './local-time.ts';
import { offsetAt } from './time-zone.ts';

/** RFC 3339 in UTC to the second, the form that the API server writes: `2027-06-05T07:30:00Z`. */
export function formatInstant(instant: Date | number): string {
  return `${new Date(instant).toISOString().slice(0, 19)}Z`;
}

/** What a clock on the wall of the zone shows, for people: `2027-06-05 08:30`. */
export function formatWallClock(timeZone: string, instant: Date): string {
  const wall = instant.getTime() + offsetAt(timeZone, instant.getTime());
  const day = Math.floor(wall / MS_A_DAY);
  const minutes = Math.floor((wall - day * MS_A_DAY) / MS_A_MINUTE);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${formatLocalDate(day)} ${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
