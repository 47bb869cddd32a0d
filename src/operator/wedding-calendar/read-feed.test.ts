import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bookedOn, calendar, event } from '../../../test/support/feed-text.ts';
import { feedRules, readFeedBytes } from '../../../test/support/read-feed.ts';
import { UnusableFeed } from '../../domain/feed/reading.ts';
import type { FeedTask } from './read-feed.ts';

const now = new Date('2027-05-01T00:00:00Z');

const rules = feedRules;
const task: FeedTask = { format: 'ICalendar', rules: rules(), now };

function read(text: string, given: Partial<FeedTask> = {}) {
  const reading = readFeedBytes(new TextEncoder().encode(text), { ...task, ...given });
  const weddings = reading.bookings.map(({ recurrence, spec }) =>
    `${recurrence} ${spec.date} ${spec.ceremony}-${spec.ends} ${spec.timeZone} ${spec.state}`.trim(),
  );
  return { ...reading, weddings, skipped: reading.problems.map(({ uid, reason }) => `${uid} ${reason}`) };
}

/** Why a feed is refused as a whole. */
function refusal(bytes: Uint8Array | string, given: Partial<FeedTask> = {}): string {
  try {
    const encoded = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes;
    readFeedBytes(encoded, { ...task, ...given });
  } catch (error) {
    if (error instanceof UnusableFeed) return error.reason;
    throw error;
  }
  return 'accepted';
}

const one = (...lines: string[]) => read(calendar(event('UID:a', ...lines)));

describe('times', () => {
  it.each([
    ['DTSTART;TZID=Europe/Paris:20270605T143000', '2027-06-05 14:30-01:00 Europe/Paris Confirmed'],
    [
      'DTSTART;TZID=/mozilla.org/20050126_1/Europe/Paris:20270605T143000',
      '2027-06-05 14:30-01:00 Europe/Paris Confirmed',
    ],
    [
      'DTSTART;TZID="W. Europe Standard Time":20270605T143000',
      '2027-06-05 14:30-01:00 Europe/Berlin Confirmed',
    ],
    ['DTSTART:20270605T143000', '2027-06-05 14:30-01:00 Europe/London Confirmed'],
    ['DTSTART:20270605T133000Z', '2027-06-05 14:30-01:00 Europe/London Confirmed'],
    ['DTSTART;VALUE=DATE:20270605', '2027-06-05 14:00-01:00 Europe/London Confirmed'],
    ['DTSTART:20270605', '2027-06-05 14:00-01:00 Europe/London Confirmed'],
  ])('%s', (line, expected) => {
    expect(one(line).weddings).toEqual([expected]);
  });

  it('end as the event says, to the next minute', () => {
    const start = 'DTSTART;TZID=Europe/London:20270605T143030';
    const ends = (line: string) => one(start, line).weddings;
    expect(ends('DTEND;TZID=Europe/London:20270606T013001')).toEqual([
      '2027-06-05 14:30-01:31 Europe/London Confirmed',
    ]);
    expect(ends('DTEND:20270605T220000Z')).toEqual(['2027-06-05 14:30-23:00 Europe/London Confirmed']);
    expect(ends('DURATION:PT6H')).toEqual(['2027-06-05 14:30-20:30 Europe/London Confirmed']);
  });

  it('of several days are a wedding a day, each with a name of its own', () => {
    expect(one('DTSTART;VALUE=DATE:20270605', 'DTEND;VALUE=DATE:20270607').weddings).toEqual([
      '2027-06-05 14:00-01:00 Europe/London Confirmed',
      '#2 2027-06-06 14:00-01:00 Europe/London Confirmed',
    ]);
    expect(one('DTSTART:20270605T100000', 'DTEND:20270606T180000').weddings).toEqual([
      '2027-06-05 10:00-10:00 Europe/London Confirmed',
      '#2 2027-06-06 10:00-18:00 Europe/London Confirmed',
    ]);
  });

  it('in a zone that only the feed knows are right on both sides of its clock change', () => {
    const zone = [
      ...[
        'BEGIN:VTIMEZONE',
        'TZID:Our own',
        'BEGIN:STANDARD',
        'DTSTART:20071104T020000',
        'TZOFFSETFROM:-0400',
      ],
      ...['TZOFFSETTO:-0500', 'RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU', 'END:STANDARD', 'BEGIN:DAYLIGHT'],
      ...['DTSTART:20070311T020000', 'TZOFFSETFROM:-0500', 'TZOFFSETTO:-0400'],
      ...['RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU', 'END:DAYLIGHT', 'END:VTIMEZONE'],
    ].join('\r\n');
    const at = (uid: string, day: string) => event(`UID:${uid}`, `DTSTART;TZID=Our own:${day}T120000`);
    const { weddings } = read(calendar(zone, at('a', '20270605'), at('b', '20271106'), at('c', '20271107')));
    // New York and London change their clocks on different days.
    expect(weddings.map((line) => line.slice(0, 16))).toEqual([
      '2027-06-05 17:00',
      '2027-11-06 16:00',
      '2027-11-07 17:00',
    ]);
  });
});

describe('recurring events', () => {
  const weekly = [
    ...['UID:w', 'DTSTART;TZID=Europe/London:20271016T143000', 'DURATION:PT6H'],
    'RRULE:FREQ=WEEKLY;BYDAY=SA;UNTIL=20271106T143000Z',
  ];

  it('keep their local time over a clock change, to the last one that UNTIL names in UTC', () => {
    expect(read(calendar(event(...weekly))).weddings.map((line) => line.slice(0, 39))).toEqual([
      '2027-10-16T14:30 2027-10-16 14:30-20:30',
      '2027-10-23T14:30 2027-10-23 14:30-20:30',
      '2027-10-30T14:30 2027-10-30 14:30-20:30',
      '2027-11-06T14:30 2027-11-06 14:30-20:30',
    ]);
  });

  it('leave out EXDATE, and move or cancel what RECURRENCE-ID names', () => {
    const moved = event(
      'UID:w',
      'RECURRENCE-ID:20271023T133000Z',
      'DTSTART;TZID=Europe/London:20271024T120000',
    );
    const off = event(
      'UID:w',
      'RECURRENCE-ID;TZID=Europe/London:20271106T143000',
      'DTSTART;TZID=Europe/London:20271106T143000',
      'STATUS:CANCELLED',
    );
    const { weddings } = read(calendar(event(...weekly, 'EXDATE:20271016T133000Z'), moved, off));
    expect(weddings).toEqual([
      '2027-10-23T14:30 2027-10-24 12:00-01:00 Europe/London Confirmed',
      '2027-10-30T14:30 2027-10-30 14:30-20:30 Europe/London Confirmed',
      '2027-11-06T14:30 2027-11-06 14:30-01:00 Europe/London Cancelled',
    ]);
  });

  it('change from an occurrence on with THISANDFUTURE', () => {
    const later = event(
      'UID:w',
      'RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/London:20271030T143000',
      'DTSTART;TZID=Europe/London:20271030T160000',
      'DURATION:PT2H',
    );
    expect(read(calendar(event(...weekly), later)).weddings.map((line) => line.slice(17, 39))).toEqual([
      '2027-10-16 14:30-20:30',
      '2027-10-23 14:30-20:30',
      '2027-10-30 16:00-18:00',
      '2027-11-06 16:00-18:00',
    ]);
  });

  it('without end stop at the horizon', () => {
    const { weddings, skipped } = one('DTSTART;VALUE=DATE:20200104', 'RRULE:FREQ=WEEKLY;BYDAY=SA');
    expect(weddings.length).toBeGreaterThan(55);
    expect(weddings.length).toBeLessThan(65);
    expect(skipped).toEqual([]);
  });

  it('may be twice a week in all of the window, with a single date more', () => {
    const lines = [
      'DTSTART;VALUE=DATE:20200104',
      'RRULE:FREQ=WEEKLY;BYDAY=SA,SU',
      'RDATE;VALUE=DATE:20270607',
    ];
    const { weddings, skipped } = one(...lines);
    expect(skipped).toEqual([]);
    expect(weddings.length).toBeGreaterThanOrEqual(124);
  });
});

describe('what an event says of its wedding', () => {
  it('state, crew, category and UID', () => {
    const { bookings } = read(
      calendar(
        event(
          'UID:a',
          'DTSTART:20270605T143000',
          'STATUS:TENTATIVE',
          'X-TEAM-CATERING:12',
          'X-TEAM-PLANNER:1',
        ),
        event('UID:b', 'DTSTART:20270605T143000', 'CATEGORIES:Small,Wedding'),
      ),
      { rules: rules({ teamByCategory: [{ category: 'Small', team: { planner: 2 } }] }) },
    );
    expect(bookings.map(({ spec }) => [spec.state, spec.team])).toEqual([
      ['Planned', { catering: 12, planner: 1 }],
      ['Confirmed', { planner: 2 }],
    ]);
  });

  it('other categories are ignored, the newer of two versions counts, what is long over is left out', () => {
    const feed = calendar(
      event('UID:a', 'SEQUENCE:2', 'DTSTART:20270605T143000', 'CATEGORIES:Wedding'),
      event('UID:a', 'SEQUENCE:1', 'DTSTART:20270606T143000', 'CATEGORIES:Wedding'),
      event('UID:b', 'DTSTART:20270605T143000', 'CATEGORIES:Dentist'),
      event('UID:c', 'DTSTART:20260605T143000', 'CATEGORIES:Wedding'),
    );
    const { weddings, skipped, total, past, ignored } = read(feed, { rules: rules({ category: 'Wedding' }) });
    expect(weddings).toEqual(['2027-06-05 14:30-01:00 Europe/London Confirmed']);
    expect({ skipped, total, past, ignored }).toEqual({
      skipped: ['a Duplicate'],
      total: 4,
      past: 1,
      ignored: 1,
    });
  });
});

describe('an event that cannot be used', () => {
  const DTSTART = 'DTSTART;TZID=Europe/London:20270605T143000';
  it.each([
    ['MissingUid', [DTSTART]],
    ['InvalidSyntax', [`UID:${'u'.repeat(600)}`, DTSTART]],
    ['InvalidTime', ['UID:bad']],
    ['InvalidTime', ['UID:bad', 'DTSTART:20270230T120000']],
    ['InvalidTime', ['UID:bad', 'DTSTART:20270605T250000']],
    ['InvalidTime', ['UID:bad', DTSTART, 'DURATION:soon']],
    ['OutOfRange', ['UID:bad', 'DTSTART:99991231T235959Z']],
    ['OutOfRange', ['UID:bad', 'DTSTART:00010101T000000Z']],
    ['UnknownTimeZone', ['UID:bad', 'DTSTART;TZID=Mars/Olympus:20270605T143000']],
    ['EndsBeforeStart', ['UID:bad', DTSTART, 'DTEND;TZID=Europe/London:20270605T120000']],
    ['TooLong', ['UID:bad', DTSTART, 'DTEND:20270801T120000Z']],
    ['InvalidRecurrence', ['UID:bad', DTSTART, 'RRULE:FREQ=SECONDLY']],
    ['InvalidRecurrence', ['UID:bad', DTSTART, 'RRULE:FREQ=DAILY;BYHOUR=1,2,3']],
    ['InvalidRecurrence', ['UID:bad', DTSTART, 'RRULE:FREQ=DAILY;INTERVAL=99999999']],
    ['TooManyOccurrences', ['UID:bad', DTSTART, 'RRULE:FREQ=DAILY']],
    ['InvalidTeam', ['UID:bad', DTSTART, 'X-TEAM-VENUE:many']],
    ['InvalidTeam', ['UID:bad', DTSTART, 'X-TEAM-VENUE:0']],
    ['InvalidTeam', ['UID:bad', DTSTART, 'X-TEAM-VENUE:40', 'X-TEAM-CATERING:40']],
  ])('is named (%s %#) and costs only itself', (reason, lines) => {
    const { weddings, problems } = read(calendar(event(...lines), bookedOn('20270606', 'good')));
    expect(weddings).toEqual(['2027-06-06 14:30-23:30 Europe/London Confirmed']);
    expect(problems.map((problem) => problem.reason)).toEqual([reason]);
  });

  it('as one with a rule on which the library never returns does not hold anything up', () => {
    const lines = ['DTSTART;VALUE=DATE:20270605', 'RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30'];
    expect(one(...lines).weddings).toHaveLength(1);
  });
});

describe('a feed that cannot be used', () => {
  const many = calendar(...Array.from({ length: 30 }, (_, index) => bookedOn('20270605', `u${index}`)));

  it.each([
    ['WrongContent', ''],
    ['WrongContent', '<html>Sign in</html>'],
    ['WrongContent', 'PK\u0003\u0004'],
    ['WrongContent', many.slice(0, -40)],
    ['WrongContent', `${many.slice(0, -15)}${many}`],
    ['WrongContent', 'BEGIN:VEVENT\r\nEND:VEVENT\r\n'],
    ['WrongContent', 'x'.repeat(200_000)],
    ['accepted', `\r\n\r\n${many}`],
    ['accepted', `${many}${many.replaceAll('UID:', 'UID:other-')}`],
    ['accepted', `\uFEFF${calendar()}`],
    ['accepted', many.replaceAll('\r\n', '\n')],
  ])('%s %#', (expected, text) => {
    expect(refusal(text)).toBe(expected);
  });

  it('for bytes of another encoding, and for too many events', () => {
    expect(refusal(Buffer.from(`\uFEFF${many}`, 'utf16le'))).toBe('WrongContent');
    expect(refusal(many, { rules: rules({}, 29) })).toBe('TooManyEvents');
    expect(
      refusal(calendar(event('UID:a', 'DTSTART:20270605', 'RRULE:FREQ=WEEKLY')), { rules: rules({}, 10) }),
    ).toBe('TooManyEvents');
  });
});

describe('what is odd in a feed costs only its event, and is named with its line', () => {
  const good = bookedOn('20270606', 'good');
  const problems = (bytes: string | Uint8Array): string[] => {
    const encoded = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes;
    const { bookings, problems: found } = readFeedBytes(encoded, task);
    expect(bookings.map(({ uid }) => uid)).toContain('good');
    return found.map(({ uid, reason, message }) => `${uid} ${reason} ${message}`);
  };

  it.each([
    [calendar('BEGIN:VEVENT', 'UID:bad', good), 'bad InvalidSyntax line 5: the event has no END:VEVENT'],
    [calendar('END:VEVENT', good), ' InvalidSyntax line 3: END:VEVENT without BEGIN:VEVENT'],
    [
      calendar(good, event('UID:bad', 'DTSTART:2027-06-05')),
      'bad InvalidTime line 10: DTSTART: 2027-06-05 is no time',
    ],
    [
      calendar(good, event('UID:bad', 'SUMMARY:folded', ' and on', 'DTSTART;TZID=Nowhere:20270605T143000')),
      'bad UnknownTimeZone line 8: TZID Nowhere is not known and not defined',
    ],
    [
      calendar(good, event('UID:bad', `CATEGORIES:${'x'.repeat(70_000)}`, 'DTSTART:20270605')),
      'bad TooComplex line 10: CATEGORIES is longer than 65536 bytes',
    ],
    [
      calendar(good, event('UID:bad', 'DTSTART:20270605', ...Array<string>(5_000).fill('COMMENT:x'))),
      'bad TooComplex line 5009: the event has more than 5000 properties',
    ],
    [
      calendar(good, event('UID:bad', 'DTSTART:20270605', ...Array<string>(5).fill('RRULE:FREQ=YEARLY'))),
      'bad TooComplex line 15: the event has more than 4 RRULEs',
    ],
  ])('%#', (text, expected) => {
    expect(problems(text)).toEqual([expected]);
  });

  it('as bytes that are no UTF-8, where they are read; elsewhere they do not matter', () => {
    const latin1 = (...lines: string[]) => Buffer.from(calendar(good, event(...lines)), 'latin1');
    expect(problems(latin1('UID:b\u00e4d', 'DTSTART:20270605'))).toEqual([
      ' InvalidSyntax line 9: UID is not valid UTF-8',
    ]);
    expect(problems(latin1('UID:a', 'SUMMARY:M\u00fcller', 'DTSTART:20270605'))).toEqual([]);
  });
});

describe('a feed that is made to be big', () => {
  const events = (count: number, ...lines: string[]): string =>
    calendar(...Array.from({ length: count }, (_, index) => event(`UID:${index}`, ...lines)));
  const zone = (id: number): string => `BEGIN:VTIMEZONE\r\nTZID:${id}\r\nEND:VTIMEZONE`;
  const dates = `EXDATE:${Array<string>(3_000).fill('20270605').join()}`;

  it.each([
    [
      'line 18: components lie in one another more than 16 deep',
      calendar(...Array<string>(50_000).fill('BEGIN:X')),
    ],
    ['line 3003: more than 1000 time zones', calendar(...Array.from({ length: 1_001 }, (_, id) => zone(id)))],
    ['line 336: RDATE and EXDATE have more than 200000 dates', events(80, 'DTSTART:20270605', dates)],
    [
      'line 49948: UIDs, rules, categories and names of zones have more than 4194304 characters',
      events(20_000, 'DTSTART:20270605', 'DESCRIPTION:', '').replaceAll('UID:', `UID:${'u'.repeat(500)}`),
    ],
  ])('%s', (expected, text) => {
    const found = (): unknown => readFeedBytes(new TextEncoder().encode(text), task);
    expect(found).toThrow(new UnusableFeed('TooComplex', expected));
  });

  const json = (text: string) => readFeedBytes(new TextEncoder().encode(text), { ...task, format: 'JSON' });

  it.each([
    [
      'TooComplex',
      'line 1: values lie in one another more than 32 deep',
      `{"weddings": ${'['.repeat(2_000_000)}`,
    ],
    ['TooComplex', 'line 1: the feed has more than 2000000 values', `{"x": [${'0,'.repeat(2_100_000)}`],
    [
      'TooComplex',
      'line 2: a text or number is longer than 16384 bytes',
      `{"weddings":\n["${'x'.repeat(20_000)}`,
    ],
    [
      'TooManyEvents',
      'the feed holds more events than 20000, spec.limits.maxEvents',
      `{"weddings": [${'0,'.repeat(30_000)}`,
    ],
  ] as const)('%s: %s', (reason, message, text) => {
    expect(() => json(text)).toThrow(new UnusableFeed(reason, message));
  });

  it('in one booking costs only that', () => {
    const big = { uid: 'big', date: '2027-06-05', x: Array<number>(1_000).fill(0) };
    const { bookings, problems } = json(
      JSON.stringify({ weddings: [big, { uid: 'ok', date: '2027-06-05' }] }),
    );
    expect(bookings.map(({ uid }) => uid)).toEqual(['ok']);
    expect(problems).toEqual([
      { uid: 'big', reason: 'TooComplex', message: 'weddings[0]: the booking has more than 200 values' },
    ]);
  });
});

describe('JSON', () => {
  const json = (...weddings: unknown[]) => read(JSON.stringify({ weddings }), { format: 'JSON' });

  it('fills in what a booking leaves out', () => {
    const full = { uid: 'a', date: '2027-06-05', timeZone: 'Europe/Paris', ceremony: '15:00', ends: '02:00' };
    const { weddings, bookings } = json(
      { ...full, state: 'Planned', team: { planner: 3 } },
      { uid: 'b', date: '2027-06-06' },
    );
    expect(weddings).toEqual([
      '2027-06-05 15:00-02:00 Europe/Paris Planned',
      '2027-06-06 14:00-01:00 Europe/London Confirmed',
    ]);
    expect(bookings[0]?.spec.team).toEqual({ planner: 3 });
  });

  it('takes null as left out', () => {
    const nothing = { timeZone: null, ceremony: null, ends: null, state: null, team: null, categories: null };
    const { weddings, skipped } = json({ uid: 'a', date: '2027-06-05', ...nothing });
    expect(skipped).toEqual([]);
    expect(weddings).toEqual(['2027-06-05 14:00-01:00 Europe/London Confirmed']);
  });

  it('names bookings that cannot be used', () => {
    const bad = [
      { uid: 'a' },
      { uid: 'b', date: '2027-02-30' },
      { uid: 'c', date: '2027-06-05', colour: 'red' },
    ];
    const unknown = { uid: 'd', date: '2027-06-05', timeZone: 'Mars/Olympus' };
    expect(json(...bad, unknown, 7, { uid: 'ok', date: '2027-06-05' }).skipped).toEqual([
      ...['a InvalidBooking', 'b InvalidTime', 'c InvalidBooking'],
      ...['d UnknownTimeZone', 'weddings[4] InvalidBooking'],
    ]);
  });

  it('is read whatever stands beside the weddings, in pieces of any length', () => {
    const text = JSON.stringify({
      made: { by: ['us', null, { on: 1 }], weddings: [1] },
      weddings: [{ uid: 'ä€𝄞', date: '2027-06-05' }],
    });
    for (const length of [1, 2, 3, 1000]) {
      const given = { ...task, format: 'JSON' } as const;
      const { bookings, total } = readFeedBytes(new TextEncoder().encode(text), given, length);
      expect([total, bookings.map(({ uid }) => uid)]).toEqual([1, ['ä€𝄞']]);
    }
  });

  it('says what JSON.parse says of its form', () => {
    const token = fc.constantFrom('{', '}', '[', ']', ',', ':', '"weddings"', '"a"', '1', 'null', ' ');
    const list = fc.array(token, { maxLength: 12 }).map((tokens) => tokens.join(''));
    fc.assert(
      fc.property(list, fc.boolean(), (tokens, wrapped) => {
        const text = wrapped ? `{"weddings": [], "x": ${tokens}}` : tokens;
        let parsed: unknown;
        try {
          parsed = JSON.parse(text);
        } catch {
          parsed = undefined;
        }
        const isFeed =
          typeof parsed === 'object' &&
          parsed !== null &&
          'weddings' in parsed &&
          Array.isArray(parsed.weddings);
        expect(refusal(text, { format: 'JSON' })).toBe(isFeed ? 'accepted' : 'WrongContent');
      }),
      { numRuns: 3000 },
    );
  });

  it.each(['', '[]', '{"weddings": {}}', '[[['.repeat(1000)])('refuses %#', (text) => {
    expect(refusal(text, { format: 'JSON' })).toBe('WrongContent');
  });
});
