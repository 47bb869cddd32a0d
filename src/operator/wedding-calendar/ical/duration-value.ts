import { MINUTES_A_DAY, MS_A_MINUTE } from '../../../domain/calendar/local-time.ts';
import type { EventLength } from '../../../domain/feed/feed-event.ts';
import { UnusableEvent } from '../../../domain/feed/unusable-event.ts';

const VALUE = /^([+-])?P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?$/i;

/**
 * A DURATION: weeks and days are by the wall clock, hours and less are exact (RFC 5545 3.3.6). Seconds are rounded up to a
 * minute.
 *
 * @throws {UnusableEvent} InvalidTime
 */
export function lengthOf(value: string): EventLength {
  const [, sign, weeks, days, hours, minutes, seconds] = VALUE.exec(value.trim()) ?? [];
  const given = [weeks, days, hours, minutes, seconds];
  if (given.every((each) => each === undefined)) {
    throw new UnusableEvent('InvalidTime', `DURATION: ${value.slice(0, 40)} is no length of time`);
  }
  const [w = 0, d = 0, h = 0, m = 0, s = 0] = given.map((each) => Number(each ?? 0));
  const direction = sign === '-' ? -1 : 1;
  return {
    wallMinutes: direction * (w * 7 + d) * MINUTES_A_DAY,
    exactMs: direction * (h * 60 + m + Math.ceil(s / 60)) * MS_A_MINUTE,
  };
}
