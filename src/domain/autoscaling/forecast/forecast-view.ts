import type { BookedLoad } from '../demand/booked-load.ts';
import { type Stratum, strataBound } from './conformal-bound.ts';
import type { Coverage } from './coverage-meter.ts';

/** The forecast for one number of steps ahead. */
export interface HorizonView {
  /** Connections that no booking explains; below 0 where bookings explain too much. */
  expected: number;
  strata: readonly Stratum[];
  coverage: Coverage;
}

/** A forecast as decisions read it, small enough to be written down: bookings are added at the time of the decision. */
export interface ForecastView {
  /** End of the last step that was observed, milliseconds since the epoch. */
  at: number;
  stepSeconds: number;
  /** Share of the time in which the load should be below the bound, 0 to 1. */
  nominal: number;
  /** By steps after `at`, from 1 on. */
  horizons: readonly HorizonView[];
}

/** The highest load within a time, expected and at most. */
export interface LoadPeak {
  expected: number;
  bound: number;
  /** Of `expected`, what is booked and what no booking explains. */
  booked: number;
  unexplained: number;
  /** When, milliseconds since the epoch. */
  at: number;
  coverage: Coverage;
}

/**
 * The highest bound of `[now, until]`, with bookings as they are known now. Undefined when the forecast does not reach
 * that far, or has no bound yet.
 */
export function forecastPeak(
  { at, stepSeconds, horizons }: ForecastView,
  booked: BookedLoad | undefined,
  now: number,
  until: number,
): LoadPeak | undefined {
  const stepMs = stepSeconds * 1000;
  const first = Math.max(1, Math.ceil((now - at) / stepMs));
  const last = Math.max(first, Math.ceil((until - at) / stepMs));
  let highest: LoadPeak | undefined;
  for (let ahead = first; ahead <= last; ahead += 1) {
    const horizon = horizons[ahead - 1];
    if (horizon === undefined) return undefined;
    const end = at + ahead * stepMs;
    const known = booked === undefined ? 0 : booked.peak(end - stepMs, end);
    const expected = Math.max(0, horizon.expected + known);
    const bound = strataBound(horizon.strata, expected);
    if (bound === undefined) return undefined;
    if (highest !== undefined && bound <= highest.bound) continue;
    highest = {
      expected,
      bound,
      booked: known,
      unexplained: horizon.expected,
      at: end,
      coverage: horizon.coverage,
    };
  }
  return highest;
}

/** Normal quantile of 95 %: before bounds were learned, counts are taken to vary with their square root. */
const PRIOR_QUANTILE = 1.645;

/** The same before there is a forecast: what is booked, and what no booking explains now stays as it is. */
export function bookedPeak(
  booked: BookedLoad | undefined,
  load: number | undefined,
  now: number,
  until: number,
): LoadPeak {
  const known = booked?.peak(now, until) ?? 0;
  const unexplained = Math.max(0, (load ?? 0) - (booked?.at(now) ?? 0));
  const expected = known + unexplained;
  return {
    expected,
    bound: expected === 0 ? 0 : expected + PRIOR_QUANTILE * Math.sqrt(expected + 1),
    booked: known,
    unexplained,
    at: until,
    coverage: { held: undefined, samples: 0 },
  };
}
