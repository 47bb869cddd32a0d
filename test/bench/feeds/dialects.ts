/**
 * Calendars as exporters write them, by rules: what each kind of program does to times, zones, folding and changes. No file of
 * anybody is copied. Each has the zone that its WeddingCalendar would set.
 */
export interface Dialect {
  name: string;
  defaultTimeZone: string;
  text: string;
}

const CRLF = '\r\n';
const EU_STANDARD = ['DTSTART:19701025T030000', 'RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU'];
const EU_DAYLIGHT = ['DTSTART:19700329T020000', 'RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU'];
const US_STANDARD = ['DTSTART:16010101T020000', 'RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11'];
const US_DAYLIGHT = ['DTSTART:16010101T020000', 'RRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3'];
/** A feed may name 100. */
const ZONES_A_FEED = 80;
/** Saturdays: summer, the nights on which clocks change in Europe and in America, winter. */
const DAYS = ['20270605', '20271030', '20271106', '20280311', '20280325', '20280115'];

function zone(
  id: string,
  standard: string,
  daylight: string,
  rules: 'EU' | 'US',
  ...more: string[]
): string[] {
  const [onStandard, onDaylight] = rules === 'EU' ? [EU_STANDARD, EU_DAYLIGHT] : [US_STANDARD, US_DAYLIGHT];
  return [
    ...['BEGIN:VTIMEZONE', `TZID:${id}`, ...more],
    ...[
      'BEGIN:STANDARD',
      ...onStandard,
      `TZOFFSETFROM:${daylight}`,
      `TZOFFSETTO:${standard}`,
      'END:STANDARD',
    ],
    ...[
      'BEGIN:DAYLIGHT',
      ...onDaylight,
      `TZOFFSETFROM:${standard}`,
      `TZOFFSETTO:${daylight}`,
      'END:DAYLIGHT',
    ],
    'END:VTIMEZONE',
  ];
}

function event(uid: string, ...lines: string[]): string[] {
  return ['BEGIN:VEVENT', 'DTSTAMP:20270101T000000Z', `UID:${uid}`, ...lines, 'END:VEVENT'];
}

function calendar(product: string, head: string[], body: string[], fold = foldOctets): string {
  const lines = ['BEGIN:VCALENDAR', 'VERSION:2.0', `PRODID:${product}`, ...head, ...body, 'END:VCALENDAR'];
  return `${lines.map(fold).join(CRLF)}${CRLF}`;
}

/** At 75 octets, as RFC 5545 says. Texts here are ASCII but for what {@link inTheMiddle} folds. */
function foldOctets(line: string): string {
  return line.length <= 75 ? line : (line.match(/^.{1,75}|.{1,74}/g) ?? []).join(`${CRLF} `);
}

const next = (day: string): string =>
  new Date(Date.UTC(+day.slice(0, 4), +day.slice(4, 6) - 1, +day.slice(6) + 1))
    .toISOString()
    .slice(0, 10)
    .replaceAll('-', '');
const utc = (day: string, hours: number): string =>
  new Date(Date.UTC(+day.slice(0, 4), +day.slice(4, 6) - 1, +day.slice(6), hours))
    .toISOString()
    .slice(0, 19)
    .replaceAll(/[-:]/g, '')
    .concat('Z');

/** Times in UTC, X-WR-TIMEZONE, a series with EXDATE in its zone and a moved occurrence. */
function google(): Dialect {
  const zoneName = 'America/New_York';
  const body = [
    ...zone(zoneName, '-0500', '-0400', 'US', `X-LIC-LOCATION:${zoneName}`),
    ...DAYS.flatMap((day) =>
      event(`g${day}@google.com`, `DTSTART:${utc(day, 18)}`, `DTEND:${utc(day, 28)}`, 'STATUS:CONFIRMED'),
    ),
    ...event(
      'series@google.com',
      `DTSTART;TZID=${zoneName}:20271016T143000`,
      `DTEND;TZID=${zoneName}:20271016T220000`,
      'RRULE:FREQ=WEEKLY;UNTIL=20271127T045959Z;BYDAY=SA',
      `EXDATE;TZID=${zoneName}:20271023T143000`,
    ),
    ...event(
      'series@google.com',
      `RECURRENCE-ID;TZID=${zoneName}:20271106T143000`,
      `DTSTART;TZID=${zoneName}:20271107T120000`,
      `DTEND;TZID=${zoneName}:20271107T180000`,
      'SEQUENCE:1',
    ),
  ];
  return {
    name: 'google',
    defaultTimeZone: zoneName,
    text: calendar('-//G//made up//EN', ['METHOD:PUBLISH', `X-WR-TIMEZONE:${zoneName}`], body),
  };
}

/** A zone with the name of a person's language and an onset in 1601; quoted parameters. */
function outlook(): Dialect {
  const name = '(UTC-05:00) Here, There and Elsewhere';
  const body = [
    ...zone(name.replaceAll(',', '\\,'), '-0500', '-0400', 'US'),
    ...DAYS.flatMap((day) =>
      event(
        `o${day}`,
        `DTSTART;TZID="${name}":${day}T143000`,
        `DTEND;TZID="${name}":${next(day)}T013000`,
        `DESCRIPTION:${'words, '.repeat(30)}`,
      ),
    ),
  ];
  return {
    name: 'outlook',
    defaultTimeZone: 'Europe/London',
    text: calendar('-//O//made up//EN', ['METHOD:PUBLISH'], body),
  };
}

/** Customized Time Zone; days of a series end and are left out by an instant: midnight in the zone of the mailbox. */
function exchange(): Dialect {
  const body = [
    ...zone('Customized Time Zone', '+0100', '+0200', 'EU'),
    ...DAYS.flatMap((day) =>
      event(
        `x${day}`,
        `DTSTART;TZID=Customized Time Zone:${day}T180000`,
        `DTEND;TZID=Customized Time Zone:${next(day)}T033000`,
      ),
    ),
  ];
  return {
    name: 'exchange',
    defaultTimeZone: 'Europe/London',
    text: calendar('-//X//made up//EN', [], body),
  };
}

/** IANA names with definitions that list each change; DURATION in hours; alarms inside events. */
function apple(): Dialect {
  const alarm = ['BEGIN:VALARM', 'ACTION:DISPLAY', 'TRIGGER:-PT15M', 'DESCRIPTION:soon', 'END:VALARM'];
  const body = [
    ...zone('Europe/Berlin', '+0100', '+0200', 'EU'),
    ...DAYS.flatMap((day) =>
      event(
        `a${day}`,
        `DTSTART;TZID=Europe/Berlin:${day}T160000`,
        'DURATION:PT11H',
        'TRANSP:OPAQUE',
        ...alarm,
      ),
    ),
  ];
  return {
    name: 'apple',
    defaultTimeZone: 'Europe/London',
    text: calendar('-//A//made up//EN', ['CALSCALE:GREGORIAN'], body),
  };
}

/** All in small lines, RDATE with periods, days with DURATION, floating times. */
function nextcloud(): Dialect {
  const body = [
    ...event(
      'periods',
      'DTSTART;TZID=Australia/Sydney:20270605T143000',
      'DURATION:PT6H',
      'RDATE;TZID=Australia/Sydney;VALUE=PERIOD:20271002T143000/PT6H,20280401T143000/PT6H',
    ),
    ...event('nights', 'DTSTART;TZID=Australia/Sydney:20271002T230000', 'DURATION:PT5H'),
    ...event('back', 'DTSTART;TZID=Australia/Sydney:20280401T230000', 'DURATION:PT5H'),
    ...event('days', 'DTSTART;TZID=Australia/Sydney:20271002T120000', 'DURATION:P1D'),
  ];
  return {
    name: 'nextcloud',
    defaultTimeZone: 'Australia/Sydney',
    text: calendar('-//N//made up//EN', [], body, (line) =>
      line.length > 40 ? `${line.slice(0, 40)}${CRLF}\t${line.slice(40)}` : line,
    ),
  };
}

/** Names of Windows without a definition. */
function office365(): Dialect {
  const body = DAYS.flatMap((day) =>
    event(
      `w${day}`,
      `DTSTART;TZID=W. Europe Standard Time:${day}T150000`,
      `DTEND;TZID=W. Europe Standard Time:${next(day)}T033000`,
      'X-MICROSOFT-CDO-BUSYSTATUS:BUSY',
    ),
  );
  return {
    name: 'office365',
    defaultTimeZone: 'Europe/Berlin',
    text: calendar('-//W//made up//EN', ['METHOD:PUBLISH'], body),
  };
}

/** Little programs of venues: times in UTC, bare line ends, a few odd lines. */
function booking(): Dialect {
  const body = DAYS.flatMap((day) =>
    event(`b${day}`, `DTSTART:${utc(day, 17)}`, `DTEND:${utc(day, 26)}`, 'RRULE:', 'SUMMARY:Wedding'),
  );
  return {
    name: 'booking',
    defaultTimeZone: 'Europe/London',
    text: calendar('-//B//made up//EN', [], body).replaceAll(CRLF, '\n'),
  };
}

/** Every zone of the runtime that changes its clocks, with an event over each change of two years. */
export function zonesDialects(): Dialect[] {
  const names = Intl.supportedValuesOf('timeZone');
  return Array.from({ length: Math.ceil(names.length / ZONES_A_FEED) }, (_, index) =>
    zonesDialect(`zones ${index + 1}`, names.slice(index * ZONES_A_FEED, (index + 1) * ZONES_A_FEED)),
  );
}

function zonesDialect(name: string, zones: readonly string[]): Dialect {
  const from = Temporal.Instant.from('2027-05-01T00:00:00Z');
  const until = Temporal.Instant.from('2028-05-01T00:00:00Z');
  const body = zones.flatMap((zoneName) => {
    const events: string[] = [];
    let change = from.toZonedDateTimeISO(zoneName).getTimeZoneTransition('next');
    while (change !== null && Temporal.Instant.compare(change.toInstant(), until) < 0) {
      const local = (hours: number): string => basic((change as Temporal.ZonedDateTime).add({ hours }));
      const uid = `${zoneName} ${change.toInstant().toString()}`;
      events.push(
        ...event(`${uid} end`, `DTSTART;TZID=${zoneName}:${local(-8)}`, `DTEND;TZID=${zoneName}:${local(5)}`),
      );
      events.push(...event(`${uid} length`, `DTSTART;TZID=${zoneName}:${local(-8)}`, 'DURATION:PT13H'));
      change = change.getTimeZoneTransition('next');
    }
    return events;
  });
  return { name, defaultTimeZone: 'Etc/UTC', text: calendar('-//Z//made up//EN', [], body) };
}

function basic(at: Temporal.ZonedDateTime): string {
  return at.toPlainDateTime().toString({ smallestUnit: 'second' }).replaceAll(/[-:]/g, '');
}

export const DIALECTS: readonly Dialect[] = [
  google(),
  outlook(),
  exchange(),
  apple(),
  nextcloud(),
  office365(),
  booking(),
];
