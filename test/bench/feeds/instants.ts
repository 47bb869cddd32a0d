import { formatInstant } from '../../../src/domain/calendar/instant.ts';
import { feedRules, readFeedBytes } from '../../support/read-feed.ts';
import type { Dialect } from './dialects.ts';

/** UID, start and end. */
export type EventInstants = [uid: string, from: string, until: string];

/** What our reader makes of a calendar, in order. */
export function instantsOf({ text, defaultTimeZone }: Dialect): EventInstants[] {
  const rules = feedRules({}, 20_000, defaultTimeZone);
  const task = { format: 'ICalendar', rules, now: new Date('2027-05-01T00:00:00Z') } as const;
  const { bookings, problems } = readFeedBytes(new TextEncoder().encode(text), task);
  if (problems.length > 0) throw new Error(`${problems[0]?.uid}: ${problems[0]?.message}`);
  const events = new Map<string, EventInstants>();
  for (const { uid, recurrence, startsAt, endsAt } of bookings) {
    // An event that shows more than a day on the clock is two Weddings, one after the other.
    const key = `${uid} ${recurrence.split('#', 1)[0]}`;
    const first = events.get(key);
    events.set(key, [uid, first?.[1] ?? formatInstant(startsAt), formatInstant(endsAt)]);
  }
  return sorted([...events.values()]);
}

export function sorted(instants: readonly EventInstants[]): EventInstants[] {
  return instants.toSorted((one, other) => (one.join() < other.join() ? -1 : 1));
}
