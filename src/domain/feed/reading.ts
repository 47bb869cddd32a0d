import type { WEDDING_CALENDAR_CONDITIONS } from '../../api/v1alpha1/conditions.ts';
import type { FeedProblem } from '../../api/v1alpha1/feed-problems.ts';
import { MS_A_DAY } from '../calendar/local-time.ts';
import { type Booking, bookingsOf, type FeedRules, isWanted } from './booking.ts';
import { expandSeries } from './expand-series.ts';
import { type FeedEvent, UnusableEvent } from './feed-event.ts';
import { groupSeries, type ParsedEvent } from './group-series.ts';

/** How long Weddings that are over are kept, and events before that are left out. */
export const KEEP_PAST_MS = 30 * MS_A_DAY;
/** How far ahead recurring events are spelled out. */
const HORIZON_DAYS = 400;

export type FeedRefusal = Exclude<keyof typeof WEDDING_CALENDAR_CONDITIONS.CalendarFresh.reasons, 'Fetched'>;

/** A feed that cannot be used as a whole; `reason` is one of condition CalendarFresh. */
export class UnusableFeed extends Error {
  readonly reason: FeedRefusal;
  /** How long the server asked us to wait, in milliseconds. */
  readonly retryAfterMs: number;

  constructor(reason: FeedRefusal, message: string, retryAfterMs = 0) {
    super(message);
    this.name = 'UnusableFeed';
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }
}

/** A feed, read whole. */
export interface FeedReading {
  bookings: Booking[];
  total: number;
  past: number;
  ignored: number;
  problems: FeedProblem[];
}

/**
 * The bookings of iCalendar events.
 *
 * @param problems of events that could not even be read
 * @throws {UnusableFeed} TooManyEvents
 */
export function readEvents(
  parsed: readonly ParsedEvent[],
  problems: readonly FeedProblem[],
  rules: FeedRules,
  now: Date,
): FeedReading {
  const reading = emptyReading(parsed.length + problems.length, problems, rules);
  const grouped = groupSeries(parsed, rules.defaultTimeZone);
  reading.problems.push(...grouped.problems);
  const today = Math.floor(now.getTime() / MS_A_DAY);
  const window = { from: today - KEEP_PAST_MS / MS_A_DAY - 1, until: today + HORIZON_DAYS };
  for (const series of grouped.series) {
    const { uid } = series.event;
    const events = attempt(reading, uid, () => expandSeries(series, window)) ?? [];
    for (const event of events) addEvent(reading, event, rules, now);
  }
  return reading;
}

export function emptyReading(total: number, problems: readonly FeedProblem[], rules: FeedRules): FeedReading {
  if (total > rules.maxEvents) throw tooMany(`the feed holds ${total} events`, rules);
  return { bookings: [], total, past: 0, ignored: 0, problems: [...problems] };
}

function addEvent(reading: FeedReading, event: FeedEvent, rules: FeedRules, now: Date): void {
  if (!isWanted(event.categories, rules.mapping)) {
    reading.ignored += 1;
    return;
  }
  for (const booking of attempt(reading, event.uid, () => bookingsOf(event, rules, now)) ?? []) {
    addBooking(reading, booking, rules, now);
  }
}

/** @throws {UnusableFeed} TooManyEvents */
export function addBooking(reading: FeedReading, booking: Booking, rules: FeedRules, now: Date): void {
  if (booking.endsAt < now.getTime() - KEEP_PAST_MS) {
    reading.past += 1;
    return;
  }
  if (reading.bookings.length >= rules.maxEvents) throw tooMany('the feed makes more weddings', rules);
  reading.bookings.push(booking);
}

/** Does something for one event; a problem of it is named and skips only it. */
export function attempt<T>(reading: FeedReading, uid: string, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UnusableEvent)) throw error;
    reading.problems.push({ uid, reason: error.reason, message: error.message });
    return undefined;
  }
}

function tooMany(what: string, { maxEvents }: FeedRules): UnusableFeed {
  return new UnusableFeed('TooManyEvents', `${what}; spec.limits.maxEvents is ${maxEvents}`);
}
