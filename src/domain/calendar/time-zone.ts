import { tzOffset } from '@date-fns/tz';

const MS_A_MINUTE = 60_000;

/**
 * Whether the runtime's time zone database knows `name` as an IANA zone. Fixed offsets (`+01:00`), which Intl takes as
 * well, are not zones: they do not follow clock changes.
 */
export function isKnownTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  // tzOffset remembers its formatters, which cost far more than a look-up, but guesses at names that hold an offset.
  if (!/[+-]\d/.test(name)) return Number.isFinite(tzOffset(name, new Date(0)));
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/**
 * Offset of local time from UTC at an instant, in milliseconds, positive east of Greenwich.
 *
 * @throws {RangeError} for a zone that {@link isKnownTimeZone} refuses
 */
export function offsetAt(timeZone: string, instantMs: number): number {
  const minutes = tzOffset(timeZone, new Date(instantMs));
  if (!Number.isFinite(minutes)) throw new RangeError(`unknown time zone ${timeZone}`);
  // Local mean times of the 19th century have seconds, which tzOffset returns as a fraction of a minute.
  return Math.round(minutes * MS_A_MINUTE);
}
