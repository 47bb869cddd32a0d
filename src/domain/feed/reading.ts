import { MAX_NAMED_SKIPS } from '../../api/schema/feed-limits.ts';
import type { WEDDING_CALENDAR_CONDITIONS } from '../../api/v1alpha1/conditions.ts';
import type { FeedProblem, FeedProblemReason } from '../../api/v1alpha1/feed-problems.ts';
import type { JsonBooking } from '../../api/v1alpha1/wedding-feed.ts';
import { MS_A_DAY } from '../calendar/local-time.ts';
import { type Booking, bookingOfJson, bookingsOf, type FeedRules, isWanted, Remembered } from './booking.ts';
import { expandSeries } from './expand-series.ts';
import { groupSeries, type ParsedEvent } from './group-series.ts';
import type { DayWindow } from './recurrence.ts';
import { UnusableEvent } from './unusable-event.ts';

/** How long Weddings that are over are kept, and events before that are left out. */
export const KEEP_PAST_MS = 30 * MS_A_DAY;
/** How far ahead recurring events are spelled out. */
const HORIZON_DAYS = 400;
/** 20,000 weekly events are looked at for 1.4 million weeks. */
const MAX_PERIODS_A_FEED = 5_000_000;

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

/** A feed that is made to be slow or big. `what` has a number in it. */
export function tooComplex(line: number, what: string): UnusableFeed {
  return new UnusableFeed('TooComplex', `line ${line}: ${what}`);
}

/** A feed, read whole. */
export interface FeedReading {
  bookings: Booking[];
  total: number;
  past: number;
  ignored: number;
  skipped: number;
  /** The first of them. */
  problems: FeedProblem[];
  /** UIDs of events that could not be used: their Weddings stay as they are. */
  unread: string[];
}

/** Collects what a feed says, event by event, within the limits of its rules. */
export class FeedCollector {
  readonly #rules: FeedRules;
  readonly #now: Date;
  readonly #emit: (booking: Booking) => void;
  readonly #known = new Remembered();
  readonly #window: Omit<DayWindow, 'atMost'>;
  #periods = 0;
  readonly #counts: Omit<FeedReading, 'bookings'> = {
    total: 0,
    past: 0,
    ignored: 0,
    skipped: 0,
    problems: [],
    unread: [],
  };
  #emitted = 0;

  constructor(rules: FeedRules, now: Date, emit: (booking: Booking) => void) {
    this.#rules = rules;
    this.#now = now;
    this.#emit = emit;
    const today = Math.floor(now.getTime() / MS_A_DAY);
    this.#window = {
      from: today - KEEP_PAST_MS / MS_A_DAY - 1,
      until: today + HORIZON_DAYS,
      spend: () => this.#spend(),
    };
  }

  /** All but the bookings, which were emitted. */
  get counts(): Omit<FeedReading, 'bookings'> {
    return this.#counts;
  }

  /**
   * One event more; called when it begins, before anything of it is kept.
   *
   * @throws {UnusableFeed} TooManyEvents
   */
  countEvent(): void {
    this.#counts.total += 1;
    if (this.#counts.total > this.#rules.maxEvents) throw tooMany('the feed holds more events', this.#rules);
  }

  /**
   * The events of one UID.
   *
   * @param where the first of them is, for messages
   * @throws {UnusableFeed} TooManyEvents
   */
  addEvents(uid: string, where: string, parsed: readonly ParsedEvent[]): void {
    const { series, duplicates } = groupSeries(parsed);
    if (duplicates > 0) {
      const message = `${where}: ${duplicates + 1} events have this UID; the newest counts`;
      this.#name({ uid, reason: 'Duplicate', message }, duplicates);
    }
    for (const each of series) {
      for (const event of this.attempt(uid, where, () => expandSeries(each, this.#window)) ?? []) {
        if (!isWanted(event.categories, this.#rules.mapping)) this.#counts.ignored += 1;
        else
          for (const booking of this.attempt(uid, where, () =>
            bookingsOf(event, this.#rules, this.#now, this.#known),
          ) ?? [])
            this.#add(booking);
      }
    }
  }

  /** @throws {UnusableFeed} TooManyEvents */
  addJson(uid: string, where: string, read: () => JsonBooking): void {
    const booking = this.attempt(uid, where, () => {
      const given = read();
      if (isWanted(given.categories ?? [], this.#rules.mapping))
        return bookingOfJson(given, this.#rules, this.#now, this.#known);
      this.#counts.ignored += 1;
      return undefined;
    });
    if (booking !== undefined) this.#add(booking);
  }

  /** Does something for one event; a problem of it is named and skips only it. */
  attempt<T>(uid: string, where: string, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof UnusableEvent)) throw error;
      this.skip(uid, { reason: error.reason, message: `${where}: ${error.message}` });
      return undefined;
    }
  }

  /** Passes over an event. */
  skip(uid: string, { reason, message }: { reason: FeedProblemReason; message: string }): void {
    this.#name({ uid, reason, message }, 1);
    if (uid !== '') this.#counts.unread.push(uid);
  }

  #spend(): void {
    this.#periods += 1;
    if (this.#periods > MAX_PERIODS_A_FEED) {
      const what = `the recurrence rules of the feed go through more than ${MAX_PERIODS_A_FEED} days, weeks, months or years`;
      throw new UnusableFeed('TooComplex', what);
    }
  }

  #name(problem: FeedProblem, events: number): void {
    this.#counts.skipped += events;
    if (this.#counts.problems.length < MAX_NAMED_SKIPS) this.#counts.problems.push(problem);
  }

  #add(booking: Booking): void {
    if (booking.endsAt < this.#now.getTime() - KEEP_PAST_MS) {
      this.#counts.past += 1;
      return;
    }
    this.#emitted += 1;
    if (this.#emitted > this.#rules.maxEvents) throw tooMany('the feed makes more weddings', this.#rules);
    this.#emit(booking);
  }
}

function tooMany(what: string, { maxEvents }: FeedRules): UnusableFeed {
  return new UnusableFeed('TooManyEvents', `${what} than ${maxEvents}, spec.limits.maxEvents`);
}
