import { MAX_TEAM_SIZE, type Team, teamSize } from '../../api/protocol/team.ts';
import type { WeddingSpec } from '../../api/v1alpha1/wedding.ts';
import type { FeedMapping } from '../../api/v1alpha1/wedding-calendar.ts';
import type { JsonBooking } from '../../api/v1alpha1/wedding-feed.ts';
import {
  formatLocalDate,
  MINUTES_A_DAY,
  MS_A_DAY,
  MS_A_MINUTE,
  parseTimeOfDay,
} from '../calendar/local-time.ts';
import { acceptWedding, type WeddingAcceptance } from '../calendar/wedding-interval.ts';
import { atWall, type FeedEvent, type WallMinutes, wallOf } from './feed-event.ts';
import { UnusableEvent } from './unusable-event.ts';
import { instantOf, wallAt } from './wall-in.ts';

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

/** With the name of its Wedding. */
export interface NamedBooking extends Booking {
  name: string;
}

export interface FeedRules {
  mapping: FeedMapping;
  defaultTimeZone: string;
  maxEvents: number;
}

/** Weddings of a feed are on the same Saturdays at the same hours, and time zones and dates are slow to ask. */
const MOST_REMEMBERED = 5_000;

/** Derived values of the weddings of a feed that are needed repeatedly. */
export class Remembered {
  readonly #verdicts = new Map<string, WeddingAcceptance>();
  readonly #dates = new Map<number, string>();
  readonly #times = new Map<number, string>();
  readonly #teams = new Set<Team>();

  /** As {@link acceptWedding}. */
  accept(spec: WeddingSpec): WeddingAcceptance {
    const { date, ceremony, ends, timeZone } = spec;
    return remember(this.#verdicts, `${date} ${ceremony} ${ends} ${timeZone}`, () => acceptWedding(spec));
  }

  /** As {@link formatLocalDate}. */
  date(day: number): string {
    return remember(this.#dates, day, () => formatLocalDate(day));
  }

  /** `HH:MM` of a reading of the wall clock. */
  time(wall: WallMinutes): string {
    const minutes = ((wall % MINUTES_A_DAY) + MINUTES_A_DAY) % MINUTES_A_DAY;
    return remember(this.#times, minutes, () => timeOfDay(minutes));
  }

  /**
   * A crew of spec.weddings, checked once.
   *
   * @throws {UnusableEvent} InvalidTeam
   */
  team(team: Team): Team {
    if (!this.#teams.has(team)) this.#teams.add(checkedTeam(team));
    return team;
  }
}

function remember<K, V>(known: Map<K, V>, key: K, find: () => V): V {
  const remembered = known.get(key);
  if (remembered !== undefined) return remembered;
  if (known.size === MOST_REMEMBERED) known.clear();
  const found = find();
  known.set(key, found);
  return found;
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
export function bookingsOf(event: FeedEvent, rules: FeedRules, now: Date, known: Remembered): Booking[] {
  const { mapping } = rules;
  const parts = pieces(event, mapping);
  const team = teamOf(event.team, event.categories, mapping, known);
  return parts.map(({ from, until }, index) => {
    const spec: WeddingSpec = {
      date: known.date(Math.floor(from / MINUTES_A_DAY)),
      timeZone: event.timeZone,
      ceremony: known.time(from),
      ends: until === undefined ? mapping.ends : known.time(until),
      state: event.state ?? mapping.state,
      team,
    };
    const recurrence = index === 0 ? event.recurrence : `${event.recurrence}#${index + 1}`;
    return booked({ uid: event.uid, recurrence, spec: servedBy(spec, mapping) }, now, known);
  });
}

/** @throws {UnusableEvent} */
export function bookingOfJson(
  booking: JsonBooking,
  { mapping, defaultTimeZone }: FeedRules,
  now: Date,
  known: Remembered,
): Booking {
  const spec: WeddingSpec = {
    date: booking.date,
    timeZone: booking.timeZone ?? defaultTimeZone,
    ceremony: booking.ceremony ?? mapping.ceremony,
    ends: booking.ends ?? mapping.ends,
    state: booking.state ?? mapping.state,
    team: teamOf(booking.team ?? undefined, booking.categories ?? [], mapping, known),
  };
  return booked({ uid: booking.uid, recurrence: '', spec: servedBy(spec, mapping) }, now, known);
}

/** Whether an event is about a wedding at all. */
export function isWanted(categories: readonly string[], { category }: FeedMapping): boolean {
  return category === undefined || categories.includes(category);
}

function booked(
  { uid, recurrence, spec }: Pick<Booking, 'uid' | 'recurrence' | 'spec'>,
  now: Date,
  known: Remembered,
): Booking {
  const verdict = known.accept(spec);
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

/** The parts of an event that are a Wedding each; a Wedding lasts 24 hours of the wall clock at most. */
function pieces(event: FeedEvent, mapping: FeedMapping): { from: number; until: number | undefined }[] {
  const { from, until } = spanOf(event);
  const length = until === undefined ? 0 : until - from;
  if (length < 0) throw endsBeforeStart();
  const days = Math.max(1, Math.ceil(length / MINUTES_A_DAY));
  if (days > MAX_DAYS) throw new UnusableEvent('TooLong', `lasts ${days} days, more than ${MAX_DAYS}`);
  const allDay = event.start.kind === 'Day';
  const first = allDay ? from + parseTimeOfDay(mapping.ceremony) : from;
  return Array.from({ length: days }, (_, index) => {
    const begins = first + index * MINUTES_A_DAY;
    const ends = allDay || length === 0 ? undefined : Math.min(begins + MINUTES_A_DAY, first + length);
    return { from: begins, until: ends };
  });
}

interface WallSpan {
  from: WallMinutes;
  /** Undefined when the event does not say when it ends. */
  until: WallMinutes | undefined;
}

/** First and last reading of the wall clock in the zone that the Wedding gets. */
function spanOf({ start, timeZone, length }: FeedEvent): WallSpan {
  const wall = wallOf(start);
  if (start.kind === 'Day') return { from: wall, until: length && wall + length.wallMinutes };
  const here = start.kind === 'Zoned' && start.timeZone === timeZone;
  if (here && length?.exactMs === 0) return { from: wall, until: wall + length.wallMinutes };
  const startMs = instantOf(start);
  const from = here ? wall : wallAt(timeZone, startMs);
  if (length === undefined) return { from, until: undefined };
  const reached = atWall(start, wall + length.wallMinutes);
  if (reached.kind === 'Day') return { from, until: undefined };
  // The wall clock of the end is taken at the end: clocks may have changed meanwhile.
  const endMs = instantOf(reached) + length.exactMs;
  if (endMs < startMs) throw endsBeforeStart();
  if (endMs === startMs) return { from, until: undefined };
  // Clocks that went back may show the same time or less at the end.
  return { from, until: Math.max(wallAt(timeZone, endMs + MS_A_MINUTE - 1), from + 1) };
}

function endsBeforeStart(): UnusableEvent {
  return new UnusableEvent('EndsBeforeStart', 'ends before it begins');
}

function teamOf(
  given: Team | undefined,
  categories: readonly string[],
  mapping: FeedMapping,
  known: Remembered,
): Team {
  if (given !== undefined) return checkedTeam(given);
  const byCategory = mapping.teamByCategory.find(({ category }) => categories.includes(category));
  return known.team(byCategory?.team ?? mapping.team);
}

function checkedTeam(team: Team): Team {
  const people = teamSize(team);
  if (people < 1 || people > MAX_TEAM_SIZE) {
    throw new UnusableEvent('InvalidTeam', `the crew has ${people} people, not 1 to ${MAX_TEAM_SIZE}`);
  }
  return team;
}

function servedBy(spec: WeddingSpec, { presenceClusterName }: FeedMapping): WeddingSpec {
  return presenceClusterName === undefined ? spec : { ...spec, presenceClusterName };
}

function timeOfDay(minutes: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
