const CRLF = '\r\n';
const MS_A_DAY = 86_400_000;
/** The defaults of spec.limits. */
export const EVENTS = 20_000;
const BYTES = 5 * 1_048_576;
/** Two years of Saturdays. */
const WEEKS = 104;
const FIRST_SATURDAY = Date.UTC(2027, 5, 5);
const ZONE = [
  ...['BEGIN:VTIMEZONE', 'TZID:Europe/London'],
  ...['BEGIN:STANDARD', 'DTSTART:19701025T020000', 'RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU'],
  ...['TZOFFSETFROM:+0100', 'TZOFFSETTO:+0000', 'END:STANDARD'],
  ...['BEGIN:DAYLIGHT', 'DTSTART:19700329T010000', 'RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU'],
  ...['TZOFFSETFROM:+0000', 'TZOFFSETTO:+0100', 'END:DAYLIGHT', 'END:VTIMEZONE'],
];

/** A feed of the greatest default size with the greatest default number of events: single weddings in one zone. */
export function manyEvents(): string {
  const head = lines('BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//made up//EN', ...ZONE);
  const tail = lines('END:VCALENDAR');
  const events = Array.from({ length: EVENTS }, (_, index) => event(index));
  const room = BYTES - head.length - tail.length - events.reduce((sum, { length }) => sum + length, 0);
  const filled = events.map((text) => text.replace('END:VEVENT', `${filling(room / EVENTS)}END:VEVENT`));
  return `${head}${filled.join('')}${tail}`;
}

function event(index: number): string {
  const day = (more: number): string =>
    new Date(FIRST_SATURDAY + (7 * (index % WEEKS) + more) * MS_A_DAY)
      .toISOString()
      .slice(0, 10)
      .replaceAll('-', '');
  return lines(
    ...['BEGIN:VEVENT', `UID:${String(index).padStart(5, '0')}-5f2c@weddings.example`],
    ...['DTSTAMP:20270101T000000Z', `DTSTART;TZID=Europe/London:${day(0)}T143000`],
    ...[`DTEND;TZID=Europe/London:${day(1)}T010000`, 'STATUS:CONFIRMED', `SUMMARY:Wedding ${index}`],
    'END:VEVENT',
  );
}

/** A property that is not read. */
function filling(length: number): string {
  const frame = lines('DESCRIPTION:').length;
  return lines(`DESCRIPTION:${'words '.repeat(length).slice(0, Math.floor(length) - frame)}`);
}

function lines(...all: string[]): string {
  return all.map((line) => `${line}${CRLF}`).join('');
}
