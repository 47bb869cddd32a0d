import type { Month, ScalingSpec } from '../../api/v1alpha1/scaling.ts';
import { firstDayOfNextMonth, localDayAt, monthOf, startOfLocalDay } from './local-time.ts';

/** Factor of each month, January first, in the north. */
const NORTHERN = [1.2, 1.4, 1.8, 2.0, 2.5, 3.0, 2.8, 2.8, 2.5, 1.5, 1.3, 1.2] as const;

export const MONTH_NAMES = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;
export type MonthName = (typeof MONTH_NAMES)[number];

export function monthName(month: number): MonthName {
  return MONTH_NAMES[month - 1] as MonthName;
}

/**
 * Factor of a month: the spec's own table first, then the table of its profile. Southern is Northern moved by half a
 * year: December has what June has in the north.
 *
 * @param month 1 to 12, in the zone of the PresenceCluster
 */
export function seasonMultiplier(
  scaling: Pick<ScalingSpec, 'seasonMultipliers' | 'seasonProfile'>,
  month: number,
): number {
  const own = scaling.seasonMultipliers?.[String(month) as Month];
  if (own !== undefined) return own;
  const shift = scaling.seasonProfile === 'Southern' ? 6 : 0;
  return NORTHERN[(month - 1 + shift) % 12] as number;
}

export type SeasonTables = Pick<ScalingSpec, 'seasonMultipliers' | 'seasonProfile'> &
  Partial<Pick<ScalingSpec, 'seasonRampDays'>>;

/** The season at an instant, and until when it stays as it is. */
export interface Season {
  /** 1 to 12, in the zone of the calendar. */
  month: number;
  factor: number;
  /** On the way to the factor of the next month. */
  ramp: boolean;
  /** Milliseconds since the epoch. */
  until: number;
}

/**
 * The factor of the month; in its last `seasonRampDays` days a step a day towards that of the next month, which has its
 * own from its first instant on. Steps are as many as days and one, so that the last day is not yet the next month.
 *
 * @throws {RangeError} for an unknown zone
 */
export function seasonAt(tables: SeasonTables, timeZone: string, instantMs: number): Season {
  const day = localDayAt(timeZone, instantMs);
  const month = monthOf(day);
  const nextMonth = firstDayOfNextMonth(day);
  const own = seasonMultiplier(tables, month);
  const next = seasonMultiplier(tables, monthOf(nextMonth));
  const rampDays = own === next ? 0 : (tables.seasonRampDays ?? 0);
  const step = rampDays + 1 - (nextMonth - day);
  if (step <= 0)
    return { month, factor: own, ramp: false, until: startOfLocalDay(timeZone, nextMonth - rampDays) };
  const factor = between(own, next, own + ((next - own) * step) / (rampDays + 1));
  return { month, factor, ramp: rampDays > 0, until: startOfLocalDay(timeZone, day + 1) };
}

/** To hundredths, as people write factors, and never outside of the two that were written. */
function between(a: number, b: number, value: number): number {
  return Math.min(Math.max(a, b), Math.max(Math.min(a, b), Math.round(value * 100) / 100));
}
