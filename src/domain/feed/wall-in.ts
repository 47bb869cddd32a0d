import { MINUTES_A_DAY, MS_A_MINUTE, resolveLocal } from '../calendar/local-time.ts';
import { wallAt } from './booking.ts';
import { customOffset } from './custom-zone.ts';
import { customInstant, type FeedTime, wallOf } from './feed-event.ts';

/** A time as the wall clock of another time's frame shows it. */
export function wallIn(frame: FeedTime, time: FeedTime, defaultTimeZone: string): number {
  if (frame.kind === 'Day') return Math.floor(wallOf(time) / MINUTES_A_DAY) * MINUTES_A_DAY;
  // A date excludes the occurrence of that day.
  if (time.kind === 'Day') {
    return time.day * MINUTES_A_DAY + (((frame.minutes % MINUTES_A_DAY) + MINUTES_A_DAY) % MINUTES_A_DAY);
  }
  if (sameFrame(frame, time)) return time.minutes;
  const ms = instantOf(time, defaultTimeZone);
  switch (frame.kind) {
    case 'Instant':
      return Math.floor(ms / MS_A_MINUTE);
    case 'Custom':
      return Math.floor((ms + customOffset(frame.zone, ms / MS_A_MINUTE)) / MS_A_MINUTE);
    case 'Zoned':
      return wallAt(frame.timeZone, ms);
    case 'Floating':
      return wallAt(defaultTimeZone, ms);
  }
}

type Timed = Exclude<FeedTime, { kind: 'Day' }>;

function sameFrame(one: Timed, other: Timed): boolean {
  if (one.kind === 'Zoned') return other.kind === 'Zoned' && one.timeZone === other.timeZone;
  if (one.kind === 'Custom') return other.kind === 'Custom' && one.zone.id === other.zone.id;
  return one.kind === other.kind;
}

function instantOf(time: Timed, defaultTimeZone: string): number {
  switch (time.kind) {
    case 'Instant':
      return time.minutes * MS_A_MINUTE;
    case 'Custom':
      return customInstant(time.zone, time.minutes);
    case 'Zoned':
    case 'Floating': {
      const zone = time.kind === 'Zoned' ? time.timeZone : defaultTimeZone;
      const day = Math.floor(time.minutes / MINUTES_A_DAY);
      return resolveLocal(zone, day, time.minutes - day * MINUTES_A_DAY, 'first');
    }
  }
}
