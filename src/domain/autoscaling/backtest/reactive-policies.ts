import { BehaviorMemory, DEFAULT_HPA_BEHAVIOR, type HpaBehavior } from '../hpa/behavior.ts';
import { HPA_TOLERANCE, podMetricReplicas } from '../hpa/pod-metric-replicas.ts';
import { demandedPods } from './elasticity.ts';
import type { FleetConditions, ReplicaPolicy } from './simulate-policy.ts';

/** A fixed fleet. */
export function staticPolicy(pods: number): ReplicaPolicy {
  return { replicas: () => pods };
}

/**
 * A HorizontalPodAutoscaler on connections a pod (type Pods, AverageValue), with the defaults of the API server. Pods
 * without a metric are those that start.
 *
 * @param utilization target as a share of the capacity, 0 to 1
 */
export function hpaPolicy(
  { capacity, min, max = Number.MAX_SAFE_INTEGER }: FleetConditions,
  utilization: number,
  behavior: HpaBehavior = DEFAULT_HPA_BEHAVIOR,
): ReplicaPolicy {
  const memory = new BehaviorMemory(behavior);
  const limits = { min, max };
  return {
    replicas({ now, replicas, metric }) {
      if (metric === undefined) return replicas;
      const recommended = recommendedByLoad(replicas, metric, utilization * capacity);
      return memory.apply(now, replicas, recommended, limits);
    },
  };
}

/** What a HorizontalPodAutoscaler with a target on connections a pod recommends; pods without a report count as missing. */
export function recommendedByLoad(
  replicas: number,
  metric: { readonly pods: number; readonly mean: number },
  target: number,
): number {
  const reading = {
    currentReplicas: replicas,
    reportingPods: metric.pods,
    mean: metric.mean,
    missingPods: replicas - metric.pods,
    unreadyPods: 0,
  };
  return podMetricReplicas(reading, target, HPA_TOLERANCE);
}

/** Knows the future, but not how to start a pod faster: the fewest pods that are never too few. */
export function oraclePolicy(load: Float64Array, conditions: FleetConditions): ReplicaPolicy {
  const { capacity, min, startupSeconds, tickSeconds } = conditions;
  const ahead = Math.ceil(startupSeconds / tickSeconds);
  const needed = maximumAhead(load, ahead);
  return {
    replicas: ({ now }) => demandedPods(needed[Math.round(now / tickSeconds)] as number, capacity, min),
  };
}

/** The highest value of each tick and the `ahead` ones after it; what is not recorded counts as none. */
function maximumAhead(load: Float64Array, ahead: number): Float64Array {
  const highest = new Float64Array(load.length);
  /** Ticks with falling load from the front to the back. */
  let window: number[] = [];
  let first = 0;
  let next = 0;
  for (let tick = 0; tick < load.length; tick += 1) {
    for (; next <= tick + ahead && next < load.length; next += 1) {
      while (window.length > first && recordedAt(load, window.at(-1) as number) <= recordedAt(load, next))
        window.pop();
      window.push(next);
    }
    while ((window[first] as number) < tick) first += 1;
    highest[tick] = recordedAt(load, window[first] as number);
    if (first > ahead) {
      window = window.slice(first);
      first = 0;
    }
  }
  return highest;
}

function recordedAt(load: Float64Array, tick: number): number {
  const value = load[tick] as number;
  return Number.isNaN(value) ? 0 : value;
}
