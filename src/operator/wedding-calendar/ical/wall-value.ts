import { MINUTES_A_DAY, parseLocalDate } from '../../../domain/calendar/local-time.ts';
import { UnusableEvent, type WallMinutes } from '../../../domain/feed/feed-event.ts';

/** RFC 7265 form of a date or a date with time; ical.js makes `T::` of a date that lacks VALUE=DATE. */
const VALUE = /^(\d{4}-\d\d-\d\d)(?:T(?:(\d\d):(\d\d):(\d\d)(Z)?|::))?$/;
const FIRST_YEAR = 1900;

export type Rounding = 'down' | 'up';

/** A date and time without regard to zones; undefined when it is none. */
export function parseWall(
  value: unknown,
  rounding: Rounding = 'down',
): { minutes: WallMinutes; dateOnly: boolean; utc: boolean } | undefined {
  const [, date, hours, minutes, seconds, utc] = VALUE.exec(String(value)) ?? [];
  const day = date === undefined ? undefined : parseLocalDate(date);
  if (day === undefined) return undefined;
  if (Number(date?.slice(0, 4)) < FIRST_YEAR) {
    throw new UnusableEvent('OutOfRange', `${date} is before ${FIRST_YEAR}`);
  }
  if (hours === undefined) return { minutes: day * MINUTES_A_DAY, dateOnly: true, utc: false };
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 60) return undefined;
  const more = rounding === 'up' && Number(seconds) > 0 ? 1 : 0;
  return {
    minutes: day * MINUTES_A_DAY + Number(hours) * 60 + Number(minutes) + more,
    dateOnly: false,
    utc: utc !== undefined,
  };
}
