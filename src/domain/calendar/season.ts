import type { Month, ScalingSpec } from '../../api/v1alpha1/scaling.ts';

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
