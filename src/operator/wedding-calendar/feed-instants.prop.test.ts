import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calendar, event } from '../../../test/support/feed-text.ts';
import { feedRules, readFeedBytes } from '../../../test/support/read-feed.ts';
import { zonesThatAgree } from '../../../test/support/zones-of-the-runtime.ts';

/**
 * Start and end of events within a week of a clock change, in every zone of the runtime, against Temporal, which the reader
 * does not use. A Wedding holds wall clock times, so where a clock shows a time twice it takes the first for a start and the
 * last for an end: there, and only there, the wedding is longer than the event, by the length of the change at most.
 */

const FROM = Temporal.Instant.from('2027-01-01T00:00:00Z');
const UNTIL = Temporal.Instant.from('2028-12-31T00:00:00Z');
const MS_A_MINUTE = 60_000;
const MINUTES_A_WEEK = 7 * 1440;
const now = new Date('2027-01-01T00:00:00Z');

/** Temporal has the zone data of the runtime, which may be another release than ours. */
const { agree, differ } = zonesThatAgree(FROM.epochMilliseconds, UNTIL.epochMilliseconds);
/** More would mean that the test no longer compares the zones that people use. */
const MAX_DIFFERENT_ZONES = 10;

const changes = agree.flatMap((zone) => changesOf(zone).map((at) => ({ zone, at })));

function changesOf(zone: string): Temporal.Instant[] {
  const found: Temporal.Instant[] = [];
  let at = FROM.toZonedDateTimeISO(zone).getTimeZoneTransition('next');
  while (at !== null && Temporal.Instant.compare(at.toInstant(), UNTIL) < 0) {
    found.push(at.toInstant());
    at = at.getTimeZoneTransition('next');
  }
  return found;
}

const basic = (instant: Temporal.Instant): string =>
  instant.toString({ smallestUnit: 'second' }).replaceAll(/[-:]/g, '');
const local = (at: Temporal.PlainDateTime): string =>
  at.toString({ smallestUnit: 'second' }).replaceAll(/[-:]/g, '');

interface Read {
  from: number;
  until: number;
}

/** First and last instant of an event's Weddings, of which longer events have several. */
function read(defaultTimeZone: string, ...lines: string[]): Read {
  const bytes = new TextEncoder().encode(calendar(event('UID:a', ...lines)));
  const rules = feedRules({}, 100, defaultTimeZone);
  const { bookings, problems } = readFeedBytes(bytes, { format: 'ICalendar', rules, now });
  expect(problems).toEqual([]);
  return {
    from: Math.min(...bookings.map(({ startsAt }) => startsAt)),
    until: Math.max(...bookings.map(({ endsAt }) => endsAt)),
  };
}

/** The first and the last instant at which the clock of a zone shows what it shows at an instant. */
function equalReadings(zone: string, instant: Temporal.Instant): { first: number; last: number } {
  const shown = instant.toZonedDateTimeISO(zone).toPlainDateTime();
  const at = (disambiguation: 'earlier' | 'later'): number =>
    shown.toZonedDateTime(zone, { disambiguation }).epochMilliseconds;
  return { first: at('earlier'), last: at('later') };
}

function expectInstants(zone: string, found: Read, start: Temporal.Instant, end: Temporal.Instant): void {
  expect(found.from).toBe(equalReadings(zone, start).first);
  // An end that the clock shows no later than the start becomes a minute after it, read last.
  const shownStart = start.toZonedDateTimeISO(zone).toPlainDateTime();
  const shownEnd = end.toZonedDateTimeISO(zone).toPlainDateTime();
  const after = Temporal.PlainDateTime.compare(shownEnd, shownStart) > 0;
  const wall = after ? shownEnd : shownStart.add({ minutes: 1 });
  const until = wall.toZonedDateTime(zone, { disambiguation: 'later' }).epochMilliseconds;
  expect(found.until).toBe(until);
  expect(found.until).toBeGreaterThanOrEqual(end.epochMilliseconds);
}

const near = fc.constantFrom(...changes);
const before = fc.integer({ min: -MINUTES_A_WEEK, max: MINUTES_A_WEEK });
const length = fc.integer({ min: 1, max: 1380 });
const runs = { seed: 20270605, numRuns: 1500 };

describe('instants of events within a week of a clock change, in every zone', () => {
  it('of DTSTART and DTEND in UTC', () => {
    fc.assert(
      fc.property(near, before, length, ({ zone, at }, shift, minutes) => {
        const start = at.add({ minutes: shift });
        const end = start.add({ minutes });
        expectInstants(zone, read(zone, `DTSTART:${basic(start)}`, `DTEND:${basic(end)}`), start, end);
      }),
      runs,
    );
  });

  it('of DTSTART with a zone and a DURATION of hours and minutes', () => {
    fc.assert(
      fc.property(near, before, length, ({ zone, at }, shift, minutes) => {
        const start = at.add({ minutes: shift });
        const shown = start.toZonedDateTimeISO(zone).toPlainDateTime();
        const meant = shown.toZonedDateTime(zone, { disambiguation: 'compatible' }).toInstant();
        const end = meant.add({ minutes });
        const found = read('Etc/UTC', `DTSTART;TZID=${zone}:${local(shown)}`, `DURATION:PT${minutes}M`);
        expectInstants(zone, found, meant, end);
      }),
      runs,
    );
  });

  it('of a DURATION of days, which are nominal', () => {
    fc.assert(
      fc.property(near, before, fc.integer({ min: 1, max: 6 }), ({ zone, at }, shift, days) => {
        const start = at.add({ minutes: shift });
        const shown = start.toZonedDateTimeISO(zone).toPlainDateTime();
        const found = read('Etc/UTC', `DTSTART;TZID=${zone}:${local(shown)}`, `DURATION:P${days}D`);
        // A time that clocks skip moves by the gap, and of two equal ones the last is the end.
        const later = shown.add({ days });
        const compatible = later.toZonedDateTime(zone, { disambiguation: 'compatible' });
        const skipped = !compatible.toPlainDateTime().equals(later);
        const expected = skipped ? compatible : later.toZonedDateTime(zone, { disambiguation: 'later' });
        expect(found.until).toBe(expected.epochMilliseconds);
      }),
      runs,
    );
  });

  it('of times in a zone that the feed defines, shown in another zone', () => {
    const zones = fc.constantFrom('Europe/London', 'America/New_York', 'Australia/Lord_Howe');
    fc.assert(
      fc.property(zones, near, before, length, (zone, { zone: shownIn, at }, shift, minutes) => {
        const start = at.add({ minutes: shift });
        const shown = start.toZonedDateTimeISO(zone).toPlainDateTime();
        const meant = shown.toZonedDateTime(zone, { disambiguation: 'compatible' }).toInstant();
        const end = meant.add({ minutes });
        const shownEnd = end.toZonedDateTimeISO(zone).toPlainDateTime();
        const again = shownEnd.toZonedDateTime(zone, { disambiguation: 'compatible' }).toInstant();
        // DTEND cannot name the second of two equal readings.
        fc.pre(again.equals(end));
        const bytes = new TextEncoder().encode(
          calendar(
            definition(zone),
            event('UID:a', `DTSTART;TZID=Our own:${local(shown)}`, `DTEND;TZID=Our own:${local(shownEnd)}`),
          ),
        );
        const rules = feedRules({}, 100, shownIn);
        const { bookings, problems } = readFeedBytes(bytes, { format: 'ICalendar', rules, now });
        expect(problems).toEqual([]);
        const found = {
          from: Math.min(...bookings.map(({ startsAt }) => startsAt)),
          until: Math.max(...bookings.map(({ endsAt }) => endsAt)),
        };
        expectInstants(shownIn, found, meant, end);
      }),
      runs,
    );
  });
});

/** A zone as a feed defines it: each of its changes of these years by itself. */
function definition(zone: string): string {
  const parts = changesOf(zone).map((at) => {
    const after = at.toZonedDateTimeISO(zone);
    const earlier = at.subtract({ seconds: 1 }).toZonedDateTimeISO(zone);
    const onset = new Date(at.epochMilliseconds + earlier.offsetNanoseconds / 1e6).toISOString();
    const kind = after.offsetNanoseconds > earlier.offsetNanoseconds ? 'DAYLIGHT' : 'STANDARD';
    return [
      `BEGIN:${kind}`,
      `DTSTART:${onset.slice(0, 19).replaceAll(/[-:]/g, '')}`,
      `TZOFFSETFROM:${earlier.offset.replace(':', '')}`,
      `TZOFFSETTO:${after.offset.replace(':', '')}`,
      `END:${kind}`,
    ].join('\r\n');
  });
  return ['BEGIN:VTIMEZONE', 'TZID:Our own', ...parts, 'END:VTIMEZONE'].join('\r\n');
}

it('has clock changes of many zones', () => {
  expect(differ.length, differ.join()).toBeLessThanOrEqual(MAX_DIFFERENT_ZONES);
  expect(changes.length).toBeGreaterThan(300);
  expect(changes.every(({ at }) => at.epochMilliseconds % MS_A_MINUTE === 0)).toBe(true);
});
