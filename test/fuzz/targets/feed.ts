import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { weddingSpec } from '../../../src/api/v1alpha1/wedding.ts';
import { UnusableFeed } from '../../../src/domain/feed/reading.ts';
import type { FeedTask } from '../../../src/operator/wedding-calendar/read-feed.ts';
import { repository } from '../../cluster/paths.ts';
import { bookedOn, calendar, event } from '../../support/feed-text.ts';
import { feedRules, readFeedBytes } from '../../support/read-feed.ts';
import { type FuzzTarget, promise } from '../fuzz-target.ts';

const CORPUS = path.join(repository, 'test/corpus/calendar');
/** Short inputs are read more often. */
const MAX_SEED_BYTES = 2_048;
const MAX_EVENTS = 50;
const NOW = new Date('2027-01-01T00:00:00Z');
/** Prime, so that pieces end at every place of a line sooner or later. */
const PIECE_LENGTH = 7;
const RULES = feedRules({ team: { planner: 2 } }, MAX_EVENTS);

/** What a feed leads to, as text: whole or in pieces, it has to be the same. */
function outcome(input: Uint8Array, task: FeedTask, pieceLength?: number): string {
  try {
    const { bookings, ...counts } = readFeedBytes(input, task, pieceLength);
    promise(bookings.length <= MAX_EVENTS * 31, `${bookings.length} bookings of ${MAX_EVENTS} events`);
    for (const { spec, startsAt, endsAt } of bookings) {
      const { error } = weddingSpec.safeParse(spec);
      promise(error === undefined, `the API server would refuse ${JSON.stringify(spec)}: ${error?.message}`);
      promise(Number.isFinite(startsAt) && startsAt <= endsAt, `a wedding from ${startsAt} to ${endsAt}`);
    }
    return JSON.stringify([bookings, counts]);
  } catch (error) {
    if (!(error instanceof UnusableFeed)) throw error;
    return `${error.reason}: ${error.message}`;
  }
}

function feed(format: FeedTask['format'], seeds: string[], words: string[]): FuzzTarget {
  const task = { format, rules: RULES, now: NOW };
  return {
    seeds,
    words,
    run(input) {
      const whole = outcome(input, task);
      const inPieces = outcome(input, task, PIECE_LENGTH);
      promise(whole === inPieces, `in pieces it is ${inPieces}, as a whole ${whole}`);
    },
  };
}

export function openICalendar(): FuzzTarget {
  const exported = readdirSync(CORPUS, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ics'))
    .map((name) => readFileSync(path.join(CORPUS, name), 'utf8'))
    .filter((text) => text.length <= MAX_SEED_BYTES);
  const series = event(
    'UID:series',
    'DTSTART;TZID=Europe/London:20270605T143000',
    'DURATION:PT9H30M',
    'RRULE:FREQ=MONTHLY;BYDAY=1SA,-1SU;COUNT=9;WKST=MO',
    'EXDATE;TZID=Europe/London:20270703T143000',
    'RDATE;VALUE=DATE:20270801',
    'CATEGORIES:Wedding,Big',
    'STATUS:TENTATIVE',
  );
  return feed(
    'ICalendar',
    [calendar(bookedOn('20270605')), calendar(series, bookedOn('20270606')), ...exported],
    [
      'BEGIN:VEVENT\r\n',
      'END:VEVENT\r\n',
      'BEGIN:VTIMEZONE\r\n',
      'END:VTIMEZONE\r\n',
      'BEGIN:STANDARD\r\n',
      'RRULE:',
      'FREQ=DAILY',
      'FREQ=YEARLY',
      ';BYDAY=',
      ';BYMONTHDAY=-1',
      ';BYSETPOS=-1',
      ';UNTIL=20991231',
      ';INTERVAL=',
      'DTSTART;VALUE=DATE:',
      'DTEND:',
      'DURATION:',
      '-P1W',
      'P1DT2H',
      'RECURRENCE-ID;RANGE=THISANDFUTURE:',
      'EXDATE:',
      'TZID=',
      'Pacific/Apia',
      'W. Europe Standard Time',
      'TZOFFSETTO:+2359',
      '\r\n ',
      '\r\n\t',
      '\\n',
      '\\,',
      '"',
      ';',
      ':',
      '20270328T013000',
      '20271031T013000Z',
      '99991231T235959Z',
      '00010101T000000',
      'STATUS:CANCELLED',
      'X-A;B="c:d":',
    ],
  );
}

export function openJson(): FuzzTarget {
  const booking = {
    uid: 'a-1',
    date: '2027-06-05',
    timeZone: 'Europe/London',
    ceremony: '14:30',
    ends: '01:00',
    state: 'Confirmed',
    team: { photographer: 2, catering: 8 },
    categories: ['Wedding'],
  };
  const of = (...weddings: unknown[]): string => JSON.stringify({ weddings });
  return feed(
    'JSON',
    [of(booking), of(booking, { uid: 'b', date: '2027-07-03' }), '{"x":[1],"weddings":[]}'],
    [
      'uid',
      'date',
      'timeZone',
      'ceremony',
      'ends',
      'state',
      'team',
      'categories',
      'weddings',
      'Cancelled',
      '[',
      '{',
      '"',
      '\\u',
      '\\ud800',
      '1e999',
      '-0',
    ],
  );
}
