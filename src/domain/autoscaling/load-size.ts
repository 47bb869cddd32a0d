import { HPA_TOLERANCE, totalMetricReplicas } from './hpa/pod-metric-replicas.ts';

/** Share of time in which the load should stay below the forecast bound. */
export const FORECAST_COVERAGE = 0.95;
/** How full pods may be at the forecast bound, and at the load there is. */
export const FORECAST_UTILIZATION = 0.9;
const REACTIVE_UTILIZATION = 0.85;
/** The same while there is no calibrated bound: the usual room of an autoscaler that only reacts. */
const REACTIVE_ONLY_UTILIZATION = 0.7;

/** Rounding errors of a quotient must not cost a pod. */
const ROUNDING = 1e-9;

/** Connections are whole numbers, so that the printed number is the one used. */
export function wholeConnections(bound: number): number {
  return Math.ceil(bound - ROUNDING);
}

/** Pods for an upper bound of the load. */
export function podsForBound(bound: number, capacity: number): number {
  return Math.max(0, Math.ceil(wholeConnections(bound) / (FORECAST_UTILIZATION * capacity) - ROUNDING));
}

/** Pods that are full when so many people are connected. */
export function podsForPeople(connections: number, capacity: number): number {
  return Math.max(0, Math.ceil(connections / capacity - ROUNDING));
}

/** How full pods may be by the load there is. */
export function reactiveUtilization(calibrated: boolean): number {
  return calibrated ? REACTIVE_UTILIZATION : REACTIVE_ONLY_UTILIZATION;
}

/**
 * Pods by the load there is, as a HorizontalPodAutoscaler has it for a total (External metric, AverageValue). Without a
 * load it is the pods there are.
 */
export function reactivePods(
  current: number,
  load: number | undefined,
  capacity: number,
  calibrated: boolean,
): number {
  if (load === undefined) return current;
  return totalMetricReplicas(
    Math.max(1, current),
    load,
    reactiveUtilization(calibrated) * capacity,
    HPA_TOLERANCE,
  );
}
