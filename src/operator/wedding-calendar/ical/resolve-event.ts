import { MINUTES_A_DAY, MS_A_MINUTE } from '../../../domain/calendar/local-time.ts';
import {
  type EventLength,
  type FeedTime,
  type RelatedTime,
  wallOf,
} from '../../../domain/feed/feed-event.ts';
import type { ParsedEvent } from '../../../domain/feed/group-series.ts';
import { ruleOf } from '../../../domain/feed/rule-value.ts';
import { UnusableEvent } from '../../../domain/feed/unusable-event.ts';
import { instantOf, sameFrame, wallAt, wallIn } from '../../../domain/feed/wall-in.ts';
import type { CalendarHead, RawEvent } from './raw-event.ts';
import { parseWall, type WrittenTime, type WrittenTimes } from './time-value.ts';
import { ianaName } from './zone-table.ts';

/**
 * What an event means, now that the zones of its calendar are known.
 *
 * @throws {UnusableEvent}
 */
export function resolveEvent(uid: string, raw: RawEvent, defaultTimeZone: string): ParsedEvent {
  const { head } = raw;
  const ownZone = zoneOf(head) ?? defaultTimeZone;
  const cancelled = head.cancels || raw.state === 'Cancelled';
  const onlyCancels = raw.start === undefined && raw.recurrenceId !== undefined && cancelled;
  const at = raw.recurrenceId && occurrenceOf(raw.recurrenceId, head);
  const written = onlyCancels && at !== undefined ? inZone(at, ownZone) : startOf(raw, ownZone);
  const start = (raw.isAllDay ? dayBeginningAt(written, ownZone) : undefined) ?? written;
  // A day that is written as midnight in a zone keeps that zone.
  const dayZone = start !== written && written.kind === 'Zoned' ? written.timeZone : ownZone;
  const related = (time: WrittenTime): RelatedTime => relatedTo(start, time, head);
  const all = (times: readonly WrittenTimes[]): RelatedTime[] =>
    times.flatMap(({ form, tzid, minutes }) => minutes.map((each) => related({ form, tzid, minutes: each })));
  return {
    event: {
      uid,
      recurrence: '',
      start,
      categories: raw.categories,
      team: raw.team,
      timeZone: start.kind === 'Zoned' ? start.timeZone : start.kind === 'Day' ? dayZone : defaultTimeZone,
      length: lengthOf(raw, start, dayZone),
      state: cancelled ? 'Cancelled' : raw.state,
    },
    dayZone,
    rules: raw.rules.map((text) => {
      const { until, ...rule } = ruleOf(text, minuteOfDay(start));
      return { ...rule, until: until === undefined ? undefined : related(untilOf(until)) };
    }),
    added: all(raw.added),
    excluded: raw.excluded.flatMap(({ form, tzid, minutes }) =>
      minutes.map((each) => occurrenceOf({ form, tzid, minutes: each }, head)),
    ),
    periods: raw.periods.map(({ start: begins, end }) => {
      const from = related(begins);
      return { at: from, length: 'form' in end ? between(from, related(end)) : lengthFrom(start, end) };
    }),
    recurrenceId: at && { at, andFuture: raw.andFuture, onlyCancels },
    revision: { sequence: raw.sequence, stamp: raw.stamp },
  };
}

/** X-WR-TIMEZONE, when it is a zone that is known. */
function zoneOf({ timeZone }: CalendarHead): string | undefined {
  return timeZone === undefined ? undefined : ianaName(timeZone);
}

function startOf({ start, head }: RawEvent, dayZone: string): FeedTime {
  if (start === undefined) throw new UnusableEvent('InvalidTime', 'has no DTSTART');
  return inZone(timeOf(start, head), dayZone);
}

/** The day that begins at a time, in its own zone or else in that of days; undefined when none does. */
function dayBeginningAt(time: FeedTime, dayZone: string): FeedTime | undefined {
  const wall = time.kind === 'Instant' ? wallAt(dayZone, instantOf(time)) : wallOf(time);
  return wall % MINUTES_A_DAY === 0 ? { kind: 'Day', day: wall / MINUTES_A_DAY } : undefined;
}

function inZone(time: RelatedTime, dayZone: string): FeedTime {
  return time.kind === 'Floating' ? { kind: 'Zoned', timeZone: dayZone, minutes: time.minutes } : time;
}

function timeOf({ form, minutes, tzid }: WrittenTime, { zones }: CalendarHead): RelatedTime {
  switch (form) {
    case 'Date':
      return { kind: 'Day', day: minutes / MINUTES_A_DAY };
    case 'Utc':
      return { kind: 'Instant', minutes };
    case 'Local':
      return tzid === undefined ? { kind: 'Floating', minutes } : zones.timeIn(tzid, minutes);
  }
}

/** Beside a start that is a day, a local time names its day, whatever its zone. */
function relatedTo(start: FeedTime, time: WrittenTime, head: CalendarHead): RelatedTime {
  if (start.kind === 'Day' && time.form === 'Local') return { kind: 'Floating', minutes: time.minutes };
  return timeOf(time, head);
}

/** RECURRENCE-ID and EXDATE name an occurrence; in a zone that is not known it is in that of the series. */
function occurrenceOf(time: WrittenTime, head: CalendarHead): RelatedTime {
  try {
    return timeOf(time, head);
  } catch (error) {
    if (!(error instanceof UnusableEvent)) throw error;
    return { kind: 'Floating', minutes: time.minutes };
  }
}

function untilOf(until: string): WrittenTime {
  const time = parseWall(until);
  if (time === undefined) {
    throw new UnusableEvent('InvalidTime', `UNTIL: ${until.slice(0, 40)} is no time`);
  }
  return time;
}

function lengthOf(
  { end, duration, head }: RawEvent,
  start: FeedTime,
  dayZone: string,
): EventLength | undefined {
  if (end === undefined) return duration && lengthFrom(start, duration);
  const until = relatedTo(start, end, head);
  const wall = wallOf(start);
  if (start.kind === 'Day') return { wallMinutes: wallIn(start, until, dayZone) - wall, exactMs: 0 };
  if (until.kind === 'Day') {
    // The event ends where that day begins, as it does for events that last all day.
    const wallMinutes = wallOf(until) - wall;
    return wallMinutes > 0 ? { wallMinutes, exactMs: 0 } : undefined;
  }
  if (until.kind === 'Floating' || sameFrame(start, until)) {
    return { wallMinutes: until.minutes - wall, exactMs: 0 };
  }
  return { wallMinutes: 0, exactMs: instantOf(until) - instantOf(start) };
}

/** The length of a period, by the wall clock where both ends are read off one. */
function between(from: RelatedTime, until: RelatedTime): EventLength {
  const exact =
    from.kind !== 'Floating' && from.kind !== 'Day' && until.kind !== 'Floating' && until.kind !== 'Day';
  if (exact && (from.kind === 'Instant' || !sameFrame(from, until))) {
    return { wallMinutes: 0, exactMs: instantOf(until) - instantOf(from) };
  }
  return { wallMinutes: wallOf(until) - wallOf(from), exactMs: 0 };
}

function lengthFrom(start: FeedTime, { wallMinutes, exactMs }: EventLength): EventLength {
  return start.kind === 'Day'
    ? { wallMinutes: wallMinutes + exactMs / MS_A_MINUTE, exactMs: 0 }
    : { wallMinutes, exactMs };
}

function minuteOfDay(start: FeedTime): number | undefined {
  return start.kind === 'Day' ? undefined : ((start.minutes % MINUTES_A_DAY) + MINUTES_A_DAY) % MINUTES_A_DAY;
}
