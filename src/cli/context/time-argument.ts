import { parseDuration } from '../../domain/calendar/duration.ts';
import {
  MS_A_MINUTE,
  parseLocalDate,
  parseTimeOfDay,
  resolveLocal,
  startOfLocalDay,
} from '../../domain/calendar/local-time.ts';
import { WrongUse } from './failure.ts';

const TIME =
  /^(?<date>\d{4}-\d{2}-\d{2})(?:[Tt ](?<time>(?:[01]\d|2[0-3]):[0-5]\d)(?::(?<seconds>[0-5]\d(?:\.\d{1,9})?))?(?<offset>[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)?)?$/;

/**
 * An instant from the command line: RFC 3339, the same without an offset in the zone of the PresenceCluster, or a
 * date alone, which is the first instant of that day. A local time that clocks skip moves forward; of two equal ones
 * the first is meant.
 *
 * @param option its name, for the message
 * @throws {WrongUse} when it is none of these
 */
export function parseTimeArgument(option: string, text: string, timeZone: string): Date {
  const { date = '', time, seconds = '0', offset } = TIME.exec(text)?.groups ?? {};
  const day = parseLocalDate(date);
  if (day === undefined) {
    throw new WrongUse(
      `${option}: "${text}" is not a time such as 2027-06-05T18:00:00+01:00, 2027-06-05T18:00 (in ${timeZone}) or 2027-06-05`,
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

/**
 * A length of time from the command line, in milliseconds.
 *
 * @param option its name, for the message
 * @param mostMs the longest that makes sense
 * @throws {WrongUse} when it is no length, or longer
 */
export function durationArgument(option: string, text: string, mostMs = Number.POSITIVE_INFINITY): number {
  let ms: number;
  try {
    ms = parseDuration(text);
  } catch {
    throw new WrongUse(`${option}: "${text}" is not a length of time such as 120s, 5m or 1h30m`);
  }
  if (ms <= mostMs) return ms;
  throw new WrongUse(`${option}: ${text} is more than the ${formatDuration(mostMs)} that are possible`);
}

function formatDuration(ms: number): string {
  return ms % 3_600_000 === 0 ? `${ms / 3_600_000}h` : `${ms / 60_000}m`;
}
