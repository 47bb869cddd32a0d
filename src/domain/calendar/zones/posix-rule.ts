/**
 * The clock changes of a year by a POSIX TZ string, the form in which TZif files describe all years after their last
 * explicit transition: `GMT0BST,M3.5.0/1,M10.5.0`.
 *
 * Source: RFC 9636 section 3.3.1, and POSIX.1-2024 section 8.3 (environment variable TZ).
 */
export interface PosixRule {
  /** Offset of standard time from UTC, in seconds, positive east of Greenwich. */
  standard: number;
  /** Absent: the zone keeps standard time all year. */
  daylight?: { offset: number; start: RuleDate; end: RuleDate };
}

/** A day of the year, and the seconds of local time after its midnight; they may be negative or more than a day. */
export type RuleDate = { seconds: number } & (
  | { kind: 'month'; month: number; week: number; weekday: number }
  | { kind: 'julian'; day: number }
  | { kind: 'zeroBased'; day: number }
);

const SECONDS_A_DAY = 86_400;
const MS_A_DAY = 86_400_000;
const DEFAULT_CHANGE_SECONDS = 2 * 3600;
const DAYLIGHT_SAVING_SECONDS = 3600;

const NAME = '(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)';
const TIME = '[+-]?\\d{1,3}(?::\\d{2}(?::\\d{2})?)?';
const DATE = `(?:M\\d{1,2}\\.\\d\\.\\d|J\\d{1,3}|\\d{1,3})(?:/${TIME})?`;
const RULE = new RegExp(
  `^${NAME}(?<standard>${TIME})(?:${NAME}(?<daylight>${TIME})?,(?<start>${DATE}),(?<end>${DATE}))?$`,
);

/** @throws {RangeError} when the text is no such rule */
export function parsePosixRule(text: string): PosixRule {
  const groups = RULE.exec(text)?.groups;
  if (groups?.standard === undefined) throw new RangeError(`"${text}" is not a POSIX time zone rule`);
  // POSIX counts offsets west of Greenwich.
  const standard = 0 - seconds(groups.standard);
  const { start, end, daylight } = groups;
  if (start === undefined || end === undefined) return { standard };
  const offset = daylight === undefined ? standard + DAYLIGHT_SAVING_SECONDS : 0 - seconds(daylight);
  return { standard, daylight: { offset, start: ruleDate(start), end: ruleDate(end) } };
}

/** The changes of a year in order of time: seconds since the epoch, and the offset from then on. */
export function changesOfYear({ standard, daylight }: PosixRule, year: number): [number, number][] {
  if (daylight === undefined) return [];
  const { offset, start, end } = daylight;
  const changes: [number, number][] = [
    [localSeconds(start, year) - standard, offset],
    [localSeconds(end, year) - offset, standard],
  ];
  return changes.sort(([a], [b]) => a - b);
}

function ruleDate(text: string): RuleDate {
  const [date = '', time] = text.split('/');
  const after = time === undefined ? DEFAULT_CHANGE_SECONDS : seconds(time);
  if (date.startsWith('M')) {
    const [month = 0, week = 0, weekday = 0] = date.slice(1).split('.').map(Number);
    const inOrder = month >= 1 && month <= 12 && week >= 1 && week <= 5 && weekday <= 6;
    if (!inOrder) throw new RangeError(`"${text}" is not a day of a year`);
    return { kind: 'month', month, week, weekday, seconds: after };
  }
  return date.startsWith('J')
    ? { kind: 'julian', day: Number(date.slice(1)), seconds: after }
    : { kind: 'zeroBased', day: Number(date), seconds: after };
}

function seconds(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1;
  const [hours = 0, minutes = 0, rest = 0] = text.replace(/^[+-]/, '').split(':').map(Number);
  return sign * (hours * 3600 + minutes * 60 + rest);
}

/** Seconds since the epoch of the date in local time, read as if it were UTC. */
function localSeconds(date: RuleDate, year: number): number {
  return dayNumber(date, year) * SECONDS_A_DAY + date.seconds;
}

function dayNumber(date: RuleDate, year: number): number {
  const newYear = Date.UTC(year, 0, 1) / MS_A_DAY;
  switch (date.kind) {
    case 'month':
      return nthWeekday(year, date);
    case 'julian':
      // Day 60 is 1 March in every year: 29 February is never counted.
      return newYear + date.day - 1 + (isLeap(year) && date.day >= 60 ? 1 : 0);
    case 'zeroBased':
      return newYear + date.day;
  }
}

/** Week 5 is the last one of the month, which may be its fourth. */
function nthWeekday(year: number, { month, week, weekday }: RuleDate & { kind: 'month' }): number {
  const first = Date.UTC(year, month - 1, 1) / MS_A_DAY;
  const next = Date.UTC(year, month, 1) / MS_A_DAY;
  const firstWeekday = new Date(first * MS_A_DAY).getUTCDay();
  const day = first + ((weekday - firstWeekday + 7) % 7) + (week - 1) * 7;
  return day < next ? day : day - 7;
}

function isLeap(year: number): boolean {
  return new Date(Date.UTC(year, 1, 29)).getUTCMonth() === 1;
}
