import { parseLocalDate } from '../domain/calendar/local-time.ts';
import { parseTimeText, WrongTime } from '../reports/time-text.ts';

/** Years that a plan is made for; dates of the kinds end in 2099 as well. */
const FIRST_YEAR = 2000;
const LAST_YEAR = 2099;

/**
 * A time that a viewer asks about: RFC 3339, or a local time of the zone.
 *
 * @throws {WrongTime} when it is none, or outside of 2000 to 2099
 */
export function plannableTime(text: string, timeZone: string): Date {
  const at = parseTimeText('at', text, timeZone);
  const year = at.getUTCFullYear();
  if (year >= FIRST_YEAR && year <= LAST_YEAR) return at;
  throw new WrongTime(`at: "${text}" is not in ${FIRST_YEAR} to ${LAST_YEAR}`);
}

/**
 * A day that a viewer asks about, as days since 1970-01-01.
 *
 * @throws {WrongTime} when it is none, or outside of 2000 to 2099
 */
export function plannableDay(text: string): number {
  const day = parseLocalDate(text);
  const year = Number(text.slice(0, 4));
  if (day !== undefined && year >= FIRST_YEAR && year <= LAST_YEAR) return day;
  throw new WrongTime(`day: "${text}" is not a day such as 2027-06-05 in ${FIRST_YEAR} to ${LAST_YEAR}`);
}
