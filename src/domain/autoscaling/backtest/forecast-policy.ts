import { FORECAST_COVERAGE, type ForecastPeaks, ForecastReplicas } from '../forecast/forecast-replicas.ts';
import { type LearningSeries, learningSeries } from '../forecast/learning-series.ts';
import { LoadForecaster } from '../forecast/load-forecaster.ts';
import { lookAhead, mostSteps } from '../forecast/look-ahead.ts';
import type { HpaBehavior } from '../hpa/behavior.ts';
import type { LoadTrace } from './load-trace.ts';
import type { FleetConditions, ReplicaPolicy } from './simulate-policy.ts';

/** The bounds that a forecaster gives at every step of a trace, each from the steps up to it alone. */
export interface ForecastBounds {
  series: LearningSeries;
  horizon: number;
  /** By step and then by steps ahead, from 1 on; NaN where there is no bound. */
  bounds: Float64Array;
}

/** Walks a forecaster over a trace. The bounds can serve several runs: no policy has an influence on the load. */
export function forecastBounds(trace: LoadTrace, lead: FleetConditions): ForecastBounds {
  const series = learningSeries(trace.values, trace.stepSeconds);
  const horizon = mostSteps(lead, series.stepSeconds);
  const forecaster = new LoadForecaster({
    stepSeconds: series.stepSeconds,
    horizon,
    coverage: FORECAST_COVERAGE,
  });
  const bounds = new Float64Array(series.values.length * horizon);
  for (const [step, value] of series.values.entries()) {
    forecaster.observe(value);
    for (let ahead = 1; ahead <= horizon; ahead += 1) {
      bounds[step * horizon + ahead - 1] = forecaster.bound(ahead) ?? Number.NaN;
    }
  }
  return { series, horizon, bounds };
}

/**
 * Forecast and load together, as `ForecastReplicas` has it.
 *
 * @param firstTickSeconds time of the first tick after the start of the trace
 */
export function forecastPolicy(
  forecast: ForecastBounds,
  conditions: FleetConditions,
  firstTickSeconds: number,
  behavior?: HpaBehavior,
): ReplicaPolicy {
  const { series, horizon, bounds } = forecast;
  const limits = { min: conditions.min, max: Number.MAX_SAFE_INTEGER };
  const decider = new ForecastReplicas(conditions.capacity, limits, behavior);
  const highest = (step: number, steps: number): number => {
    let found = 0;
    for (let index = 0; index < Math.min(steps, horizon); index += 1) {
      found = Math.max(found, bounds[step * horizon + index] as number);
    }
    return found;
  };
  const peaksAt = (seconds: number): ForecastPeaks | undefined => {
    const known = seconds - conditions.lagSeconds - series.firstSeconds;
    const step = Math.min(Math.floor(known / series.stepSeconds), series.values.length - 1);
    if (step < 0) return undefined;
    const age = seconds - series.firstSeconds - step * series.stepSeconds;
    const { lead, hold } = lookAhead(conditions, age, series.stepSeconds);
    const peaks = { lead: highest(step, lead), hold: highest(step, hold) };
    return Number.isNaN(peaks.hold) ? undefined : peaks;
  };
  return {
    replicas: ({ now, replicas, metric }) =>
      decider.decide({ now, replicas, load: metric?.load, bounds: peaksAt(firstTickSeconds + now) }),
  };
}
