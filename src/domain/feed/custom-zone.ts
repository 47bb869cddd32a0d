import { MINUTES_A_DAY } from '../calendar/local-time.ts';
import { occurrenceDays, type RecurrenceRule } from './recurrence.ts';

/** Onsets before this many days are found by the observance's start alone: rules of zones recur every year. */
const LOOK_BACK_DAYS = 800;

/** A part of a zone's year: standard or daylight time (STANDARD and DAYLIGHT of a VTIMEZONE, RFC 5545 3.6.5). */
export interface Observance {
  /** Wall clock, in minutes, at which it first begins, in the offset before it. */
  onset: number;
  /** Offset from UTC while it lasts, in milliseconds, positive east of Greenwich. */
  offsetMs: number;
  rules: readonly RecurrenceRule[];
  /** Further onsets. */
  added: readonly number[];
}

/** A zone that a feed defines by itself. */
export interface CustomZone {
  id: string;
  observances: readonly Observance[];
}

/**
 * Offset of a reading of the wall clock: that of the observance which began last. Before the first, the offset of the
 * earliest.
 */
export function customOffset(zone: CustomZone, minutes: number): number {
  let latest: { onset: number; offsetMs: number } | undefined;
  for (const observance of zone.observances) {
    const onset = lastOnset(observance, minutes);
    if (onset !== undefined && (latest === undefined || onset > latest.onset)) {
      latest = { onset, offsetMs: observance.offsetMs };
    }
  }
  if (latest !== undefined) return latest.offsetMs;
  const earliest = zone.observances.toSorted((a, b) => a.onset - b.onset)[0];
  return earliest?.offsetMs ?? 0;
}

function lastOnset(observance: Observance, minutes: number): number | undefined {
  const day = Math.floor(minutes / MINUTES_A_DAY);
  const startDay = Math.floor(observance.onset / MINUTES_A_DAY);
  const ofDay = observance.onset - startDay * MINUTES_A_DAY;
  const byRules = observance.rules.flatMap((rule) =>
    (
      occurrenceDays(rule, startDay, { from: day - LOOK_BACK_DAYS, until: day, atMost: LOOK_BACK_DAYS }) ?? []
    ).map((onsetDay) => onsetDay * MINUTES_A_DAY + ofDay),
  );
  const onsets = [observance.onset, ...observance.added, ...byRules].filter((onset) => onset <= minutes);
  return onsets.length === 0 ? undefined : onsets.reduce((last, onset) => Math.max(last, onset));
}
