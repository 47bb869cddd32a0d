import { BehaviorMemory, DEFAULT_HPA_BEHAVIOR, type HpaBehavior } from '../hpa/behavior.ts';
import { HPA_TOLERANCE, totalMetricReplicas } from '../hpa/pod-metric-replicas.ts';

/** Share of time in which the load should stay below the forecast bound. */
export const FORECAST_COVERAGE = 0.95;
/** How full pods may be at the forecast bound, and at the load there is. */
const FORECAST_UTILIZATION = 0.9;
const REACTIVE_UTILIZATION = 0.85;
/** The same while there is no forecast bound: the usual room of an autoscaler that only reacts. */
const REACTIVE_ONLY_UTILIZATION = 0.7;
/** Pods are removed only if there are more than so many times the pods that are needed. */
const SCALE_IN_HYSTERESIS = 1.1;

export interface ForecastReading {
  /** Seconds, never going back. */
  now: number;
  /** Replicas that are asked for now. */
  replicas: number;
  /** Connections as the metrics show them; undefined when they show nothing. */
  load: number | undefined;
  /** Upper bounds of the forecast; undefined when there is none that can be trusted. */
  bounds: ForecastPeaks | undefined;
}

/** The highest bound of the forecast within a time. */
export interface ForecastPeaks {
  /** Until pods that are asked for next would be ready. */
  lead: number;
  /** Within the time for which pods are kept. */
  hold: number;
}

/**
 * The number of pods by forecast and by load: the larger of what the forecast bound needs and what a
 * HorizontalPodAutoscaler would ask for, so that a forecast only ever adds. Without a metric nothing is removed.
 */
export class ForecastReplicas {
  readonly #capacity: number;
  readonly #limits: { min: number; max: number };
  readonly #memory: BehaviorMemory;

  /** @param capacity connections a pod */
  constructor(
    capacity: number,
    limits: { min: number; max: number },
    behavior: HpaBehavior = DEFAULT_HPA_BEHAVIOR,
  ) {
    this.#capacity = capacity;
    this.#limits = limits;
    this.#memory = new BehaviorMemory(behavior);
  }

  decide({ now, replicas, load, bounds }: ForecastReading): number {
    const utilization = bounds === undefined ? REACTIVE_ONLY_UTILIZATION : REACTIVE_UTILIZATION;
    const reactive =
      load === undefined
        ? replicas
        : totalMetricReplicas(replicas, load, utilization * this.#capacity, HPA_TOLERANCE);
    const needed = Math.max(reactive, this.#podsFor(bounds?.lead ?? 0));
    const recommended = needed < replicas ? this.#scaleIn(replicas, needed, bounds) : needed;
    return this.#memory.apply(now, replicas, recommended, this.#limits);
  }

  #scaleIn(replicas: number, needed: number, bounds: ForecastPeaks | undefined): number {
    const kept = Math.max(needed, this.#podsFor(bounds?.hold ?? 0), this.#limits.min);
    return replicas > SCALE_IN_HYSTERESIS * kept ? kept : replicas;
  }

  #podsFor(bound: number): number {
    return Math.ceil(bound / (FORECAST_UTILIZATION * this.#capacity));
  }
}
