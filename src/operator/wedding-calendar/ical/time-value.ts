import { MINUTES_A_DAY, parseLocalDate } from '../../../domain/calendar/local-time.ts';
import { UnusableEvent, type WallMinutes } from '../../../domain/feed/feed-event.ts';
import type { Property } from './property.ts';

const VALUE = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z)?)?$/i;
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
  const [, year, month, date, hours, minutes, seconds, utc] = VALUE.exec(value) ?? [];
  const day = year === undefined ? undefined : parseLocalDate(`${year}-${month}-${date}`);
  if (day === undefined) return undefined;
  if (hours === undefined) return { form: 'Date', minutes: day * MINUTES_A_DAY, tzid: undefined };
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 60) return undefined;
  const more = rounding === 'up' && Number(seconds) > 0 ? 1 : 0;
  return {
    form: utc === undefined ? 'Local' : 'Utc',
    minutes: day * MINUTES_A_DAY + Number(hours) * 60 + Number(minutes) + more,
    tzid: undefined,
  };
}

/** @throws {UnusableEvent} InvalidTime or OutOfRange */
export function timeOf(property: Property, rounding: Rounding = 'down'): WrittenTime {
  return timeOfText(property, property.value.trim(), rounding);
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
  if (time.form === 'Local') time.tzid = parameters.get('TZID');
  return time;
}
