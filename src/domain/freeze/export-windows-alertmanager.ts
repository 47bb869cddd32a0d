import type { Interval } from '../calendar/interval.ts';
import { MS_A_DAY, MS_A_MINUTE } from '../calendar/local-time.ts';
import { wholeMinutes } from './export-windows.ts';

/**
 * A part of a day in Alertmanager's `time_intervals`.
 *
 * Source: https://prometheus.io/docs/alerting/latest/configuration/#time_interval-0
 */
export interface AlertmanagerTimes {
  /** Left out: the whole day. `end_time` is the first minute after it. */
  times?: [{ start_time: string; end_time: string }];
  days_of_month: [string];
  months: [string];
  years: [string];
  location: 'UTC';
}

/** Windows as one entry for each UTC day that they touch; Alertmanager's times never run past midnight. */
export function alertmanagerTimes(windows: readonly Interval[]): AlertmanagerTimes[] {
  return wholeMinutes(windows).flatMap(({ from, until }) => {
    const first = Math.floor(from / MS_A_DAY);
    const days = Math.ceil(until / MS_A_DAY) - first;
    return Array.from({ length: days }, (_, index) => partOfDay(first + index, { from, until }));
  });
}

function partOfDay(day: number, { from, until }: Interval): AlertmanagerTimes {
  const midnight = day * MS_A_DAY;
  const date = new Date(midnight);
  const start = Math.max(from, midnight);
  const end = Math.min(until, midnight + MS_A_DAY);
  const whole = end - start === MS_A_DAY;
  return {
    ...(whole
      ? {}
      : { times: [{ start_time: timeOfDay(start - midnight), end_time: timeOfDay(end - midnight) }] }),
    days_of_month: [String(date.getUTCDate())],
    months: [String(date.getUTCMonth() + 1)],
    years: [String(date.getUTCFullYear())],
    location: 'UTC',
  };
}

/** `07:30`; the end of a day is `24:00`. */
function timeOfDay(ms: number): string {
  const minutes = ms / MS_A_MINUTE;
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
