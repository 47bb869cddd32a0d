import { MINUTES_A_DAY, MS_A_DAY, MS_A_MINUTE } from '../calendar/local-time.ts';
import { occurrenceDays, type RecurrenceRule } from './recurrence.ts';
import { UnusableEvent } from './unusable-event.ts';

/** Clock changes are looked up in these years; a rule of 1601 goes on through them. */
const FIRST_DAY = Date.UTC(1970, 0, 1) / MS_A_DAY;
const LAST_DAY = Date.UTC(2070, 0, 1) / MS_A_DAY;
/** Ten a year: no zone of the world changes its clocks more often. */
const MAX_CHANGES = 1000;

/** A part of a zone's year: standard or daylight time (STANDARD and DAYLIGHT of a VTIMEZONE, RFC 5545 3.6.5). */
export interface Observance {
  /** Wall clock, in minutes, at which it first begins, in the offset before it. */
  onset: number;
  /** Offset from UTC before it begins and while it lasts, in milliseconds, positive east of Greenwich. */
  offsetBeforeMs: number;
  offsetMs: number;
  rules: readonly RecurrenceRule[];
  /** Further onsets. */
  added: readonly number[];
}

/** A zone that a feed defines by itself. */
export interface CustomZone {
  id: string;
  /** In order of the instants at which they happen. */
  changes: readonly ClockChange[];
}

interface ClockChange {
  /** Wall clock in the offset before it, in milliseconds since 1970-01-01 00:00. */
  wallMs: number;
  beforeMs: number;
  afterMs: number;
}

/** @throws {UnusableEvent} UnknownTimeZone */
export function customZone(id: string, observances: readonly Observance[]): CustomZone {
  const changes = observances.flatMap((observance) =>
    onsetsOf(observance).map((minutes) => ({
      wallMs: minutes * MS_A_MINUTE,
      beforeMs: observance.offsetBeforeMs,
      afterMs: observance.offsetMs,
    })),
  );
  if (changes.length > MAX_CHANGES) throw tooMany(id);
  if (changes.length === 0) {
    throw new UnusableEvent('UnknownTimeZone', `the definition of ${id.slice(0, 80)} has no offset`);
  }
  return { id, changes: changes.sort((a, b) => instantOf(a) - instantOf(b)) };
}

/**
 * The instant of a reading of the wall clock, in milliseconds since the epoch. A reading that occurs twice is the first; one
 * that clocks skip is by the offset before the gap (RFC 5545 3.3.5).
 */
export function instantInCustomZone({ changes }: CustomZone, minutes: number): number {
  const wallMs = minutes * MS_A_MINUTE;
  const change = changes.findLast((each) => each.wallMs <= wallMs);
  if (change === undefined) return wallMs - (changes[0]?.beforeMs ?? 0);
  const skipped = wallMs - change.wallMs < change.afterMs - change.beforeMs;
  return wallMs - (skipped ? change.beforeMs : change.afterMs);
}

/** What the wall clock of the zone shows at an instant, in minutes, rounded down. */
export function wallInCustomZone({ changes }: CustomZone, instantMs: number): number {
  const change = changes.findLast((each) => instantOf(each) <= instantMs);
  const offsetMs = change?.afterMs ?? changes[0]?.beforeMs ?? 0;
  return Math.floor((instantMs + offsetMs) / MS_A_MINUTE);
}

function instantOf({ wallMs, beforeMs }: ClockChange): number {
  return wallMs - beforeMs;
}

function onsetsOf({ onset, rules, added }: Observance): number[] {
  const startDay = Math.floor(onset / MINUTES_A_DAY);
  const ofDay = onset - startDay * MINUTES_A_DAY;
  const byRules = rules.flatMap((rule) => {
    const days = occurrenceDays(rule, startDay, { from: FIRST_DAY, until: LAST_DAY, atMost: MAX_CHANGES });
    if (days === undefined) throw tooMany('a zone of the feed');
    return days.map((day) => day * MINUTES_A_DAY + ofDay);
  });
  return [...new Set([onset, ...added, ...byRules])];
}

function tooMany(id: string): UnusableEvent {
  return new UnusableEvent(
    'UnknownTimeZone',
    `the definition of ${id.slice(0, 80)} changes its clocks more than ${MAX_CHANGES} times`,
  );
}
