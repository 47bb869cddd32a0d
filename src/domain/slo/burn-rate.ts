import { FAST_BURN_SHARE } from '../../api/v1alpha1/slo/slo.ts';
import { type BurnWindow, DAY_MS, WINDOW_MS } from './slo-history.ts';
import type { Count } from './tally.ts';

/** A burn counts while both windows show it: the long one that it matters, the short one that it goes on. */
export interface BurnAlert {
  readonly long: BurnWindow;
  readonly short: BurnWindow;
  /** Share of the error budget that went within the long window. */
  readonly share: number;
  readonly speed: 'fast' | 'slow';
}

/** Source: https://sre.google/workbook/alerting-on-slos/#recommended_parameters_for_an_slo_based_alerting_configuration */
export const BURN_ALERTS: readonly BurnAlert[] = [
  { long: '1h', short: '5m', share: FAST_BURN_SHARE, speed: 'fast' },
  { long: '6h', short: '30m', share: 0.05, speed: 'fast' },
  { long: '3d', short: '6h', share: 0.1, speed: 'slow' },
];

/**
 * Fewer failures than this in the long window are no burn. With few joins a single one that fails is a high rate, and tells
 * nothing.
 */
export const FEWEST_FAILURES = 10;

/**
 * How many times faster than allowed an error budget is spent: 1 spends all of it in just the window of the objective.
 *
 * @param objective percent, below 100
 */
export function burnRate({ failed, total }: Count, objective: number): number {
  return total === 0 ? 0 : failed / total / allowedShare(objective);
}

/** The burn rate from which an alert holds: 13.44, 5.6 and 0.93 for 28 days. */
export function burnLimit({ long, share }: BurnAlert, windowDays: number): number {
  return (share * windowDays * DAY_MS) / WINDOW_MS[long];
}

/** As burn rates are shown, so that they change rarely: tenths below 10, then whole numbers. */
export function roundedRate(rate: number): number {
  return rate < 10 ? Math.round(rate * 10) / 10 : Math.round(rate);
}

/** The error budget as a share of all events. */
export function allowedShare(objective: number): number {
  return (100 - objective) / 100;
}
