import type { SpecWindow } from '../../api/v1alpha1/freeze-window.ts';
import { isIanaTimeZone, zoneRefusal } from '../calendar/iana-zone.ts';
import type { Interval } from '../calendar/interval.ts';
import { MS_A_MINUTE, parseLocalDate, parseTimeOfDay, resolveLocal } from '../calendar/local-time.ts';

/** A window of the spec as instants. */
export interface NamedInterval extends Interval {
  name: string;
  reason: string;
}

/** Why a window cannot be placed; `reason` is one of condition Accepted. */
export interface WindowRefusal {
  reason: 'UnknownTimeZone' | 'InvalidFreezeWindow';
  message: string;
}

export type WindowResolution = { placed: true; window: NamedInterval } | ({ placed: false } & WindowRefusal);

/** `2027-12-24T18:00` is a local time; an instant has seconds. */
const LOCAL_LENGTH = 16;

/**
 * A window as instants, `[from, until)`. On nights of clock changes a local time that occurs twice is meant in the way
 * that makes the window longer, and one that is skipped moves forward with the clocks.
 *
 * @param timeZone of the spec, for local times without their own
 */
export function resolveSpecWindow(window: SpecWindow, timeZone: string): WindowResolution {
  const { name, reason } = window;
  if (window.from.length !== LOCAL_LENGTH) {
    const [from, until] = [Date.parse(window.from), Date.parse(window.until)];
    return { placed: true, window: { name, reason, from, until } };
  }
  const zone = window.timeZone ?? timeZone;
  if (!isIanaTimeZone(zone)) {
    return { placed: false, reason: 'UnknownTimeZone', message: zoneRefusal(zone) };
  }
  const [start, end] = [localTime(window.from), localTime(window.until)];
  if (start === undefined || end === undefined) {
    const text = start === undefined ? window.from : window.until;
    return { placed: false, reason: 'InvalidFreezeWindow', message: `${text} is not a day of the calendar` };
  }
  const from = resolveLocal(zone, start.day, start.minutes, 'first');
  const until = resolveLocal(zone, end.day, end.minutes, 'last');
  // A start in the hour that clocks skip may land behind the end; then the end moves along.
  const length = (end.day - start.day) * 1440 * MS_A_MINUTE + (end.minutes - start.minutes) * MS_A_MINUTE;
  return { placed: true, window: { name, reason, from, until: until > from ? until : from + length } };
}

/** The windows that can be placed, in order of time; the spec was accepted when all can. */
export function resolveSpecWindows(windows: readonly SpecWindow[], timeZone: string): NamedInterval[] {
  return windows
    .map((window) => resolveSpecWindow(window, timeZone))
    .flatMap((resolution) => (resolution.placed ? [resolution.window] : []))
    .sort((a, b) => a.from - b.from || a.until - b.until);
}

function localTime(text: string): { day: number; minutes: number } | undefined {
  const day = parseLocalDate(text.slice(0, 10));
  return day === undefined ? undefined : { day, minutes: parseTimeOfDay(text.slice(11)) };
}
