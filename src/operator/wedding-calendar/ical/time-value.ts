import { MINUTES_A_DAY, MS_A_DAY } from '../../../domain/calendar/local-time.ts';
import type { EventLength, WallMinutes } from '../../../domain/feed/feed-event.ts';
import { UnusableEvent } from '../../../domain/feed/unusable-event.ts';
import { lengthOf } from './duration-value.ts';
import type { Property } from './property.ts';

const VALUE = /^\d{8}(?:T\d{6}Z?)?$/i;
const DATE_LENGTH = 8;
const LOCAL_LENGTH = 15;
const ZERO = 0x30;
const DAYS_IN_400_YEARS = 146_097;
const FIRST_YEAR = 1900;

/** A date, or a date with time, as it is written. */
export interface WrittenTime {
  form: 'Date' | 'Local' | 'Utc';
  minutes: WallMinutes;
  /** Of a local time, when it names a zone. */
  tzid: string | undefined;
}

/** Several times of one form in one zone, in little memory. */
export interface WrittenTimes {
  form: WrittenTime['form'];
  minutes: WallMinutes[];
  tzid: string | undefined;
}

export type Rounding = 'down' | 'up';

/** A date and time without regard to zones and to how long ago it is; undefined when it is none. */
export function parseWall(value: string, rounding: Rounding = 'down'): WrittenTime | undefined {
  if (!VALUE.test(value)) return undefined;
  const day = dayOf(digits(value, 0, 4), digits(value, 4, 6), digits(value, 6, 8));
  if (day === undefined) return undefined;
  if (value.length === DATE_LENGTH) {
    return { form: 'Date', minutes: day * MINUTES_A_DAY, tzid: undefined };
  }
  const [hours, minutes, seconds] = [digits(value, 9, 11), digits(value, 11, 13), digits(value, 13, 15)];
  // 24:00:00 is the end of a day in ISO 8601; the RFC has no such time, but it can mean nothing else.
  const isEndOfDay = hours === 24 && minutes === 0 && seconds === 0;
  if ((hours > 23 && !isEndOfDay) || minutes > 59 || seconds > 60) return undefined;
  const more = rounding === 'up' && seconds > 0 ? 1 : 0;
  return {
    form: value.length > LOCAL_LENGTH ? 'Utc' : 'Local',
    minutes: day * MINUTES_A_DAY + hours * 60 + minutes + more,
    tzid: undefined,
  };
}

function digits(text: string, from: number, until: number): number {
  let number = 0;
  for (let index = from; index < until; index++) number = number * 10 + text.charCodeAt(index) - ZERO;
  return number;
}

/** Days since 1970-01-01; undefined when the calendar has no such day. */
function dayOf(year: number, month: number, date: number): number | undefined {
  if (month < 1 || month > 12 || date < 1) return undefined;
  // Of years from 0 to 99 the runtime makes 1900 to 1999; 400 years have a whole number of days.
  const first = Date.UTC(year + 400, month - 1, 1) / MS_A_DAY - DAYS_IN_400_YEARS;
  const next = Date.UTC(year + 400, month, 1) / MS_A_DAY - DAYS_IN_400_YEARS;
  return date <= next - first ? first + date - 1 : undefined;
}

/** @throws {UnusableEvent} InvalidTime or OutOfRange */
export function timeOf(property: Property, rounding: Rounding = 'down'): WrittenTime {
  return timeOfText(property, property.value.trim(), rounding);
}

/** A period of RDATE: when it begins, and what is written behind the slash. */
export interface WrittenPeriod {
  start: WrittenTime;
  end: WrittenTime | EventLength;
}

/**
 * The periods among the times of RDATE (RFC 5545 3.3.9).
 *
 * @throws {UnusableEvent} InvalidTime or OutOfRange
 */
export function periodsOf(property: Property): WrittenPeriod[] {
  return property.value.split(',').flatMap((text) => {
    const [start = '', end] = text.trim().split('/', 2);
    if (start === '' || end === undefined) return [];
    const isLength = /^[+-]?P/i.test(end);
    return {
      start: timeOfText(property, start, 'down'),
      end: isLength ? lengthOf(end) : timeOfText(property, end, 'up'),
    };
  });
}

/**
 * All times of properties such as EXDATE, those of equal form and zone together; of periods, when they begin. Nothing
 * written says nothing.
 *
 * @throws {UnusableEvent} InvalidTime or OutOfRange
 */
export function timesOf(properties: readonly Property[]): WrittenTimes[] {
  const groups: WrittenTimes[] = [];
  for (const property of properties) {
    for (const text of property.value.split(',')) {
      const value = text.trim().split('/', 1)[0] as string;
      if (value === '') continue;
      const { form, tzid, minutes } = timeOfText(property, value, 'down');
      const last = groups.at(-1);
      if (last?.form === form && last.tzid === tzid) last.minutes.push(minutes);
      else groups.push({ form, tzid, minutes: [minutes] });
    }
  }
  return groups;
}

function timeOfText({ name, parameters }: Property, value: string, rounding: Rounding): WrittenTime {
  const time = parseWall(value, rounding);
  if (time === undefined) {
    throw new UnusableEvent('InvalidTime', `${name}: ${value.slice(0, 40)} is no time`);
  }
  if (Number(value.slice(0, 4)) < FIRST_YEAR) {
    throw new UnusableEvent('OutOfRange', `${name}: ${value.slice(0, 40)} is before ${FIRST_YEAR}`);
  }
  // A time that is said to be a date: some writers put the midnight of the day there.
  if (parameters.get('VALUE')?.trim().toUpperCase() === 'DATE') return dateOf(time);
  if (time.form === 'Local') time.tzid = parameters.get('TZID');
  return time;
}

function dateOf({ minutes }: WrittenTime): WrittenTime {
  return { form: 'Date', minutes: Math.floor(minutes / MINUTES_A_DAY) * MINUTES_A_DAY, tzid: undefined };
}
