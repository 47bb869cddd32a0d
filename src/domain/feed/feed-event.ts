import type { Team, WeddingSpec } from '../../api/v1alpha1/wedding.ts';
import { MINUTES_A_DAY } from '../calendar/local-time.ts';
import type { CustomZone } from './custom-zone.ts';
import type { RecurrenceRule } from './recurrence.ts';

/** Minutes since 1970-01-01 00:00 as a clock on the wall shows them, without a zone. */
export type WallMinutes = number;

/** When an event begins. */
export type FeedTime =
  /** All day, wherever the venue is. */
  | { kind: 'Day'; day: number }
  | { kind: 'Zoned'; timeZone: string; minutes: WallMinutes }
  /** In a zone that the feed defines. */
  | { kind: 'Custom'; zone: CustomZone; minutes: WallMinutes }
  /** In UTC. */
  | { kind: 'Instant'; minutes: number };

/** A time that goes with an event's start: without a zone of its own it is in that of the start. */
export type RelatedTime = FeedTime | { kind: 'Floating'; minutes: WallMinutes };

/**
 * How long an event lasts: first so much by the wall clock of its start (days of a DURATION, or DTEND in the zone of
 * DTSTART), then so much exactly (hours of a DURATION, or DTEND in another zone). RFC 5545 3.3.6.
 */
export interface EventLength {
  wallMinutes: number;
  exactMs: number;
}

/** One event of a feed, or one occurrence of a recurring one, in plain terms. */
export interface FeedEvent {
  uid: string;
  /** Which occurrence, as its original start; empty for an event that does not recur. */
  recurrence: string;
  start: FeedTime;
  /** IANA zone that its Wedding gets. */
  timeZone: string;
  /** Undefined when the event does not say when it ends. */
  length: EventLength | undefined;
  state: WeddingSpec['state'] | undefined;
  categories: readonly string[];
  team: Team | undefined;
}

/** A change of one occurrence, or of it and all that follow. */
export interface Override {
  at: WallMinutes;
  andFuture: boolean;
  /** Undefined: only cancelled, the rest is as the series has it. */
  event: FeedEvent | undefined;
}

/** An event with the rules by which it recurs; times are in the frame of the event's own start. */
export interface FeedSeries {
  event: FeedEvent;
  rules: readonly RecurrenceRule[];
  added: readonly WallMinutes[];
  excluded: readonly WallMinutes[];
  /** Of occurrences that have another length than the event. */
  lengths: ReadonlyMap<WallMinutes, EventLength>;
  overrides: readonly Override[];
}

/** The wall clock of a time in its own frame; UTC for instants. */
export function wallOf(time: RelatedTime): WallMinutes {
  return time.kind === 'Day' ? time.day * MINUTES_A_DAY : time.minutes;
}

/** The same kind of time at another reading of its wall clock. */
export function atWall(time: FeedTime, minutes: WallMinutes): FeedTime {
  return time.kind === 'Day'
    ? { kind: 'Day', day: Math.floor(minutes / MINUTES_A_DAY) }
    : { ...time, minutes };
}
