import { MAX_TEAM_SIZE, type Team, teamSize, type WeddingSpec } from '../../api/v1alpha1/wedding.ts';
import type { FeedMapping } from '../../api/v1alpha1/wedding-calendar.ts';
import type { JsonBooking } from '../../api/v1alpha1/wedding-feed.ts';
import {
  formatLocalDate,
  MINUTES_A_DAY,
  MS_A_DAY,
  MS_A_MINUTE,
  parseTimeOfDay,
} from '../calendar/local-time.ts';
import { isKnownTimeZone, offsetAt } from '../calendar/time-zone.ts';
import { acceptWedding } from '../calendar/wedding-interval.ts';
import { customInstant, type FeedEvent, type FeedTime, UnusableEvent, wallOf } from './feed-event.ts';

/** A Wedding that a feed asks for. */
export interface Booking {
  uid: string;
  /** Which occurrence of a recurring event, and which day of one that lasts several; else empty. */
  recurrence: string;
  spec: WeddingSpec;
  /** Milliseconds since the epoch. */
  startsAt: number;
  endsAt: number;
}

export interface FeedRules {
  mapping: FeedMapping;
  defaultTimeZone: string;
  maxEvents: number;
}

/** A wedding has several days at most; a longer event is a holiday or a mistake. */
const MAX_DAYS = 7;
/** Bookings are made at most some years ahead; the year 9999 means "never". */
const MAX_AHEAD_MS = 5 * 366 * MS_A_DAY;

/**
 * The Weddings of one event: one, or one for each day when it lasts longer than a day.
 *
 * @throws {UnusableEvent}
 */
export function bookingsOf(event: FeedEvent, rules: FeedRules, now: Date): Booking[] {
  const { mapping, defaultTimeZone } = rules;
  const { timeZone, wall } = inZone(event.start, defaultTimeZone);
  return pieces(event, wall, mapping).map(({ from, until }, index) => {
    const day = Math.floor(from / MINUTES_A_DAY);
    const spec: WeddingSpec = {
      ...{ date: formatLocalDate(day), timeZone, ceremony: timeOfDay(from) },
      ends: until === undefined ? mapping.ends : timeOfDay(until),
      state: event.state ?? mapping.state,
      team: teamOf(event.team, event.categories, mapping),
      ...served(mapping),
    };
    const recurrence = index === 0 ? event.recurrence : `${event.recurrence}#${index + 1}`;
    return booked(event.uid, recurrence, spec, now);
  });
}

/** @throws {UnusableEvent} */
export function bookingOfJson(
  booking: JsonBooking,
  { mapping, defaultTimeZone }: FeedRules,
  now: Date,
): Booking {
  const spec: WeddingSpec = {
    date: booking.date,
    timeZone: booking.timeZone ?? defaultTimeZone,
    ceremony: booking.ceremony ?? mapping.ceremony,
    ends: booking.ends ?? mapping.ends,
    state: booking.state ?? mapping.state,
    team: teamOf(booking.team, booking.categories ?? [], mapping),
    ...served(mapping),
  };
  return booked(booking.uid, '', spec, now);
}

/** Whether an event is about a wedding at all. */
export function isWanted(categories: readonly string[], { category }: FeedMapping): boolean {
  return category === undefined || categories.includes(category);
}

function booked(uid: string, recurrence: string, spec: WeddingSpec, now: Date): Booking {
  const verdict = acceptWedding(spec);
  if (!verdict.accepted) {
    const reason = verdict.reason === 'UnknownTimeZone' ? 'UnknownTimeZone' : 'InvalidTime';
    throw new UnusableEvent(reason, verdict.message);
  }
  const startsAt = verdict.ceremony.getTime();
  if (startsAt > now.getTime() + MAX_AHEAD_MS) {
    throw new UnusableEvent('OutOfRange', `is on ${spec.date}, more than five years ahead`);
  }
  return { uid, recurrence, spec, startsAt, endsAt: verdict.ends.getTime() };
}

/** The parts of an event that are a Wedding each; a Wedding lasts 24 hours at most. */
function pieces(
  { start, durationMinutes }: FeedEvent,
  wall: number,
  mapping: FeedMapping,
): { from: number; until: number | undefined }[] {
  const length = durationMinutes ?? 0;
  if (length < 0) throw new UnusableEvent('EndsBeforeStart', 'ends before it begins');
  const days = Math.max(1, Math.ceil(length / MINUTES_A_DAY));
  if (days > MAX_DAYS) throw new UnusableEvent('TooLong', `lasts ${days} days, more than ${MAX_DAYS}`);
  const allDay = start.kind === 'Day';
  const first = allDay ? wall + parseTimeOfDay(mapping.ceremony) : wall;
  return Array.from({ length: days }, (_, index) => {
    const from = first + index * MINUTES_A_DAY;
    const until = allDay || length === 0 ? undefined : Math.min(from + MINUTES_A_DAY, first + length);
    return { from, until };
  });
}

/** The wall clock of a start in the zone that the Wedding gets. */
function inZone(start: FeedTime, defaultTimeZone: string): { timeZone: string; wall: number } {
  switch (start.kind) {
    case 'Day':
    case 'Floating':
      return { timeZone: defaultTimeZone, wall: wallOf(start) };
    case 'Zoned':
      if (!isKnownTimeZone(start.timeZone)) {
        throw new UnusableEvent('UnknownTimeZone', `${start.timeZone} is no IANA time zone`);
      }
      return { timeZone: start.timeZone, wall: start.minutes };
    case 'Custom':
      return {
        timeZone: defaultTimeZone,
        wall: wallAt(defaultTimeZone, customInstant(start.zone, start.minutes)),
      };
    case 'Instant':
      return { timeZone: defaultTimeZone, wall: wallAt(defaultTimeZone, start.minutes * MS_A_MINUTE) };
  }
}

/** What the wall clock of a zone shows at an instant, in minutes. */
export function wallAt(timeZone: string, ms: number): number {
  return Math.floor((ms + offsetAt(timeZone, ms)) / MS_A_MINUTE);
}

function teamOf(given: Team | undefined, categories: readonly string[], mapping: FeedMapping): Team {
  const byCategory = mapping.teamByCategory.find(({ category }) => categories.includes(category));
  const team = given ?? byCategory?.team ?? mapping.team;
  const people = teamSize(team);
  if (people < 1 || people > MAX_TEAM_SIZE) {
    throw new UnusableEvent('InvalidTeam', `the crew has ${people} people, not 1 to ${MAX_TEAM_SIZE}`);
  }
  return team;
}

function served({ presenceClusterName }: FeedMapping): { presenceClusterName?: string } {
  return presenceClusterName === undefined ? {} : { presenceClusterName };
}

function timeOfDay(wall: number): string {
  const minutes = ((wall % MINUTES_A_DAY) + MINUTES_A_DAY) % MINUTES_A_DAY;
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
