/**
 * Feeds that are made to be expensive, generated so that whoever serves them needs no memory for them. Each is valid enough
 * to be read on, up to the limit that it is made for.
 */
export interface HostileFeed {
  name: string;
  format: 'ICalendar' | 'JSON';
  /** The reason of condition CalendarFresh that it ends with; Fetched when only its events are skipped. */
  ends: string;
  begin: string;
  /** Repeated until the feed is as long as it shall be. */
  part: (index: number) => string;
  end: string;
}

type Shape = Omit<HostileFeed, 'name' | 'ends'>;

const calendar = (part: HostileFeed['part']): Shape => ({
  format: 'ICalendar',
  begin: 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\n',
  part,
  end: 'END:VCALENDAR\r\n',
});
const inEvent = (part: HostileFeed['part']): Shape => ({
  ...calendar(part),
  begin: 'BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:one\r\nDTSTART:20270605T120000Z\r\n',
  end: 'END:VEVENT\r\nEND:VCALENDAR\r\n',
});
const json = (begin: string, part: HostileFeed['part'], end: string): Shape => ({
  format: 'JSON',
  begin,
  part,
  end,
});
const event = (index: number, ...lines: string[]): string =>
  ['BEGIN:VEVENT', `UID:${index}`, ...lines, 'END:VEVENT', ''].join('\r\n');
const START = 'DTSTART;TZID=Europe/London:20270605T143000';

export const HOSTILE_FEEDS: readonly HostileFeed[] = [
  { name: 'json-nested', ends: 'TooComplex', ...json('{"weddings":', () => '['.repeat(1024), '') },
  { name: 'json-nested-beside', ends: 'TooComplex', ...json('{"x":', () => '{"a":'.repeat(256), '') },
  {
    name: 'json-small-values',
    ends: 'TooManyEvents',
    ...json('{"weddings":[0', () => ',0'.repeat(512), ']}'),
  },
  {
    name: 'json-values-in-one-booking',
    ends: 'TooComplex',
    ...json('{"weddings":[{"uid":"a","x":[0', () => ',0'.repeat(512), ']}]}'),
  },
  { name: 'json-values-beside', ends: 'TooComplex', ...json('{"x":[0', () => ',0'.repeat(512), ']}') },
  { name: 'json-keys', ends: 'WrongContent', ...json('{"x":{"a":0', (index) => `,"k${index}":{}`, '}}') },
  { name: 'json-long-text', ends: 'TooComplex', ...json('{"weddings":["', () => 'x'.repeat(1024), '"]}') },
  { name: 'json-long-number', ends: 'TooComplex', ...json('{"weddings":[1', () => '0'.repeat(1024), ']}') },
  { name: 'ical-properties', ends: 'Fetched', ...inEvent((index) => `X-P${index}:1\r\n`) },
  { name: 'ical-short-properties', ends: 'Fetched', ...inEvent(() => 'A:\r\n'.repeat(256)) },
  { name: 'ical-long-line', ends: 'Fetched', ...inEvent(() => 'x'.repeat(1024)) },
  { name: 'ical-folded-bytes', ends: 'Fetched', ...inEvent(() => '\r\n x'.repeat(256)) },
  {
    name: 'ical-nested',
    ends: 'TooComplex',
    ...calendar(() => 'BEGIN:VTODO\r\nBEGIN:VALARM\r\nBEGIN:X\r\n'.repeat(9)),
  },
  {
    name: 'ical-empty-events',
    ends: 'TooManyEvents',
    ...calendar(() => 'BEGIN:VEVENT\r\nEND:VEVENT\r\n'.repeat(32)),
  },
  { name: 'ical-rules', ends: 'Fetched', ...inEvent((index) => `RRULE:FREQ=DAILY;COUNT=${index + 1}\r\n`) },
  {
    name: 'ical-rule-sets',
    ends: 'TooComplex',
    ...calendar((index) =>
      index >= 500
        ? `X-FILL:${'x'.repeat(1024)}\r\n`
        : event(
            index,
            'DTSTART;VALUE=DATE:19000101',
            ...Array<string>(4).fill(
              `RRULE:FREQ=DAILY;COUNT=2000000000;BYMONTH=2;BYMONTHDAY=30;INTERVAL=${(index % 9) + 1}`,
            ),
          ),
    ),
  },
  {
    name: 'ical-dates',
    ends: 'TooComplex',
    ...calendar((index) => event(index, START, `RDATE:${'20270605T120000Z,'.repeat(500)}20270605T120000Z`)),
  },
  {
    name: 'ical-overrides',
    ends: 'TooManyEvents',
    ...calendar((index) =>
      [
        'BEGIN:VEVENT',
        'UID:one',
        START,
        `RECURRENCE-ID:${20270605 + (index % 20)}T${100000 + (index % 50)}Z`,
        'END:VEVENT',
        '',
      ].join('\r\n'),
    ),
  },
  {
    name: 'ical-zones',
    ends: 'TooComplex',
    ...calendar((index) => `BEGIN:VTIMEZONE\r\nTZID:Z${index}\r\nEND:VTIMEZONE\r\n`),
  },
  {
    name: 'ical-zone-parts',
    ends: 'TooComplex',
    ...calendar(
      (index) =>
        `${index === 0 ? 'BEGIN:VTIMEZONE\r\nTZID:Z\r\n' : ''}BEGIN:STANDARD\r\nDTSTART:20070101T000000\r\nTZOFFSETTO:+0100\r\nRRULE:FREQ=DAILY\r\nEND:STANDARD\r\n`,
    ),
  },
  {
    name: 'ical-long-uids',
    ends: 'TooComplex',
    ...calendar((index) => event(index, START).replace('UID:', `UID:${'u'.repeat(490)}-`)),
  },
  {
    name: 'ical-zone-names',
    ends: 'Fetched',
    ...calendar((index) =>
      index >= 15_000
        ? `X-FILL:${'x'.repeat(1024)}\r\n`
        : event(
            index,
            `DTSTART;TZID=${'eE'[index % 2]}${'uU'[(index >> 1) % 2]}${'rR'[(index >> 2) % 2]}${'oO'[(index >> 3) % 2]}${'pP'[(index >> 4) % 2]}${'eE'[(index >> 5) % 2]}/${'lL'[(index >> 6) % 2]}${'oO'[(index >> 7) % 2]}${'nN'[(index >> 8) % 2]}${'dD'[(index >> 9) % 2]}on:20270605T143000`,
          ),
    ),
  },
];

const CHUNK_LENGTH = 65_536;

/** The bytes of a feed, in pieces; as many parts as fit into a length. Feeds are ASCII. */
export function* hostileBytes({ begin, part, end }: HostileFeed, length: number): Generator<Uint8Array> {
  let text = begin;
  let left = length - begin.length - end.length;
  for (let index = 0; ; index++) {
    const next = part(index);
    left -= next.length;
    if (left < 0) break;
    text += next;
    if (text.length < CHUNK_LENGTH) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(text + end);
}
