import { parseDuration } from '../../domain/calendar/duration.ts';
import { parseTimeText, WrongTime } from '../../reports/time-text.ts';
import { WrongUse } from './failure.ts';

/**
 * An instant from the command line, as {@link parseTimeText} reads it.
 *
 * @param option its name, for the message
 * @throws {WrongUse} when it is none
 */
export function parseTimeArgument(option: string, text: string, timeZone: string): Date {
  try {
    return parseTimeText(option, text, timeZone);
  } catch (error) {
    throw error instanceof WrongTime ? new WrongUse(error.message) : error;
  }
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
