import { MINUTES_A_DAY, MS_A_DAY, MS_A_MINUTE, resolveLocal } from '../calendar/local-time.ts';
import { offsetAt } from '../calendar/time-zone.ts';
import { instantInCustomZone, wallInCustomZone } from './custom-zone.ts';
import { type FeedTime, type RelatedTime, type WallMinutes, wallOf } from './feed-event.ts';

const MINUTE_BEFORE_MIDNIGHT = MINUTES_A_DAY - 1;

/** The instant at which a time is, in milliseconds since the epoch; of two equal readings of a clock, the first. */
export function instantOf(time: Exclude<FeedTime, { kind: 'Day' }>): number {
  switch (time.kind) {
    case 'Instant':
      return time.minutes * MS_A_MINUTE;
    case 'Custom':
      return instantInCustomZone(time.zone, time.minutes);
    case 'Zoned': {
      const day = Math.floor(time.minutes / MINUTES_A_DAY);
      return resolveLocal(time.timeZone, day, time.minutes - day * MINUTES_A_DAY, 'first');
    }
  }
}

/** What the wall clock of an IANA zone shows at an instant, in minutes, rounded down. */
export function wallAt(timeZone: string, ms: number): WallMinutes {
  return Math.floor((ms + offsetAt(timeZone, ms)) / MS_A_MINUTE);
}

/**
 * A time as the wall clock of another time's frame shows it. Without a zone it is in that frame already; a date is the
 * occurrence of that day.
 *
 * @param dayZone IANA zone in which an instant has its day, when the frame is a day
 */
export function wallIn(frame: FeedTime, time: RelatedTime, dayZone: string): WallMinutes {
  if (frame.kind === 'Day') return dayOf(time, dayZone) * MINUTES_A_DAY;
  if (time.kind === 'Day') return time.day * MINUTES_A_DAY + minuteOfDay(frame.minutes);
  if (time.kind === 'Floating' || sameFrame(frame, time)) return time.minutes;
  const ms = instantOf(time);
  switch (frame.kind) {
    case 'Instant':
      return Math.floor(ms / MS_A_MINUTE);
    case 'Custom':
      return wallInCustomZone(frame.zone, ms);
    case 'Zoned':
      return wallAt(frame.timeZone, ms);
  }
}

/** Whether two times are read off one wall clock. */
export function sameFrame(one: FeedTime, other: RelatedTime): boolean {
  if (one.kind === 'Zoned') return other.kind === 'Zoned' && one.timeZone === other.timeZone;
  if (one.kind === 'Custom') return other.kind === 'Custom' && one.zone === other.zone;
  return one.kind === other.kind;
}

/**
 * The day that a time names beside events that last all day. A local time names the day that it is written with, whatever
 * its zone. Of an instant: local midnight and the minute before the next name that local day (Exchange); midnight in UTC
 * and the minute before the next name the day that is written; any other names the local day.
 */
function dayOf(time: RelatedTime, dayZone: string): number {
  if (time.kind !== 'Instant') return Math.floor(wallOf(time) / MINUTES_A_DAY);
  const local = time.minutes + offsetAt(dayZone, time.minutes * MS_A_MINUTE) / MS_A_MINUTE;
  const meant = !isEdgeOfDay(local) && isEdgeOfDay(time.minutes) ? time.minutes : local;
  return Math.floor((meant * MS_A_MINUTE) / MS_A_DAY);
}

function isEdgeOfDay(minutes: number): boolean {
  const ofDay = minuteOfDay(minutes);
  return ofDay === 0 || ofDay === MINUTE_BEFORE_MIDNIGHT;
}

function minuteOfDay(minutes: WallMinutes): number {
  return ((minutes % MINUTES_A_DAY) + MINUTES_A_DAY) % MINUTES_A_DAY;
}
