import type { Coverage } from './forecast/coverage-meter.ts';

/** How far a forecast bound can be trusted, by how often it held. */
export type ForecastQuality = 'None' | 'Learning' | 'High' | 'Medium' | 'Low';

/** With fewer checked forecasts the share that held says little: its standard error is above 1.5 % at 95 %. */
const ENOUGH_SAMPLES = 200;
const HIGH_SLACK = 0.02;
const MEDIUM_SLACK = 0.05;

/** @param nominal share of the time in which the load should be below the bound */
export function forecastQuality({ held, samples }: Coverage, nominal: number): ForecastQuality {
  if (held === undefined || samples < ENOUGH_SAMPLES) return 'Learning';
  if (held >= nominal - HIGH_SLACK) return 'High';
  return held >= nominal - MEDIUM_SLACK ? 'Medium' : 'Low';
}

/** Whether the bound has proven itself on enough forecasts. */
export function isTrusted(quality: ForecastQuality): boolean {
  return quality === 'High' || quality === 'Medium';
}
