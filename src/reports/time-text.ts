import {
  MS_A_MINUTE,
  parseLocalDate,
  parseTimeOfDay,
  resolveLocal,
  startOfLocalDay,
} from '../domain/calendar/local-time.ts';

/** A time or a day that cannot be read, or that nothing is computed for; the message names the argument. */
export class WrongTime extends Error {}

const TIME =
  /^(?<date>\d{4}-\d{2}-\d{2})(?:[Tt ](?<time>(?:[01]\d|2[0-3]):[0-5]\d)(?::(?<seconds>[0-5]\d(?:\.\d{1,9})?))?(?<offset>[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)?)?$/;

/**
 * An instant that a person wrote: RFC 3339, the same without an offset in the zone of the PresenceCluster, or a
 * date alone, which is the first instant of that day. A local time that clocks skip moves forward; of two equal ones
 * the first is meant.
 *
 * @param name that of the argument, for the message
 * @throws {WrongTime} when it is none of these
 */
export function parseTimeText(name: string, text: string, timeZone: string): Date {
  const { date = '', time, seconds = '0', offset } = TIME.exec(text)?.groups ?? {};
  const day = parseLocalDate(date);
  if (day === undefined) {
    throw new WrongTime(
      `${name}: "${text}" is not a time such as 2027-06-05T18:00:00+01:00, 2027-06-05T18:00 (in ${timeZone}) or 2027-06-05`,
    );
  }
  if (time === undefined) return new Date(startOfLocalDay(timeZone, day));
  const withinMinute = Math.floor(Number(seconds) * 1000);
  if (offset === undefined) {
    return new Date(resolveLocal(timeZone, day, parseTimeOfDay(time), 'first') + withinMinute);
  }
  return new Date(Date.parse(`${date}T${time}:00Z`) - offsetMs(offset) + withinMinute);
}

function offsetMs(offset: string): number {
  if (offset.toUpperCase() === 'Z') return 0;
  const sign = offset.startsWith('-') ? -1 : 1;
  return sign * parseTimeOfDay(offset.slice(1)) * MS_A_MINUTE;
}
