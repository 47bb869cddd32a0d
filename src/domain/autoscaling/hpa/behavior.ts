import { RecentMaximum, RecentMinimum } from './recent-extreme.ts';

/** At most so many pods, or percent of the pods at the start of the period, in `periodSeconds`. */
export interface RatePolicy {
  type: 'Pods' | 'Percent';
  value: number;
  periodSeconds: number;
}

export interface ScalingRules {
  stabilizationWindowSeconds: number;
  selectPolicy: 'Max' | 'Min' | 'Disabled';
  policies: readonly RatePolicy[];
}

/** `spec.behavior` of a HorizontalPodAutoscaler (autoscaling/v2). */
export interface HpaBehavior {
  scaleUp: ScalingRules;
  scaleDown: ScalingRules;
}

/** What the API server fills in (`pkg/apis/autoscaling/v2/defaults.go`). */
export const DEFAULT_HPA_BEHAVIOR: HpaBehavior = {
  scaleUp: {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [
      { type: 'Pods', value: 4, periodSeconds: 15 },
      { type: 'Percent', value: 100, periodSeconds: 15 },
    ],
  },
  scaleDown: {
    stabilizationWindowSeconds: 300,
    selectPolicy: 'Max',
    policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
  },
};

export function withScaleDownWindow(behavior: HpaBehavior, stabilizationWindowSeconds: number): HpaBehavior {
  return { ...behavior, scaleDown: { ...behavior.scaleDown, stabilizationWindowSeconds } };
}

interface ScaleEvent {
  at: number;
  change: number;
}

/**
 * The second half of a HorizontalPodAutoscaler: a recommendation becomes a number of replicas by the stabilization
 * windows, the rate policies and the limits, with the memory that these need.
 *
 * The controller stamps a recommendation just after the time that it compares with, so a recommendation exactly as old
 * as the window still counts. A scale event exactly as old as its period does not: the loop is not quicker than 15 s.
 *
 * Source: `normalizeDesiredReplicasWithBehaviors` in kubernetes `pkg/controller/podautoscaler/horizontal.go`.
 */
export class BehaviorMemory {
  readonly #behavior: HpaBehavior;
  readonly #highest: RecentMaximum;
  readonly #lowest: RecentMinimum;
  readonly #longestPeriod: number;
  /** Pods added (above 0) and removed (below 0), oldest first. */
  #events: ScaleEvent[] = [];

  constructor(behavior: HpaBehavior) {
    this.#behavior = behavior;
    this.#highest = new RecentMaximum(behavior.scaleDown.stabilizationWindowSeconds);
    this.#lowest = new RecentMinimum(behavior.scaleUp.stabilizationWindowSeconds);
    const policies = [...behavior.scaleUp.policies, ...behavior.scaleDown.policies];
    this.#longestPeriod = Math.max(0, ...policies.map((policy) => policy.periodSeconds));
  }

  /**
   * @param now seconds, never going back
   * @param current replicas that the workload asks for
   * @param recommended what the metrics say
   * @returns what to ask for
   */
  apply(now: number, current: number, recommended: number, limits: { min: number; max: number }): number {
    if (current < limits.min) return this.#scaled(now, current, limits.min);
    if (current > limits.max) return this.#scaled(now, current, limits.max);
    this.#events = this.#events.filter((event) => event.at > now - this.#longestPeriod);
    const stabilized = this.#stabilize(now, current, recommended);
    const wanted =
      stabilized > current
        ? Math.max(current, Math.min(stabilized, limits.max, this.#upLimit(now, current)))
        : Math.min(current, Math.max(stabilized, limits.min, this.#downLimit(now, current)));
    return this.#scaled(now, current, wanted);
  }

  #stabilize(now: number, current: number, recommended: number): number {
    const up = this.#lowest.add(now, recommended);
    const down = this.#highest.add(now, recommended);
    return Math.min(Math.max(current, up), down);
  }

  #upLimit(now: number, current: number): number {
    const { selectPolicy, policies } = this.#behavior.scaleUp;
    if (selectPolicy === 'Disabled') return current;
    const limits = policies.map(({ type, value, periodSeconds }) => {
      const start = this.#atPeriodStart(now, current, periodSeconds);
      return type === 'Pods' ? start + value : Math.ceil(start * (1 + value / 100));
    });
    return selectPolicy === 'Max' ? Math.max(...limits) : Math.min(...limits);
  }

  #downLimit(now: number, current: number): number {
    const { selectPolicy, policies } = this.#behavior.scaleDown;
    if (selectPolicy === 'Disabled') return current;
    const limits = policies.map(({ type, value, periodSeconds }) => {
      const start = this.#atPeriodStart(now, current, periodSeconds);
      return type === 'Pods' ? start - value : Math.trunc(start * (1 - value / 100));
    });
    // The largest change leaves the fewest pods.
    return selectPolicy === 'Max' ? Math.min(...limits) : Math.max(...limits);
  }

  #atPeriodStart(now: number, current: number, periodSeconds: number): number {
    return this.#events.reduce(
      (pods, event) => (event.at > now - periodSeconds ? pods - event.change : pods),
      current,
    );
  }

  #scaled(now: number, current: number, wanted: number): number {
    if (wanted !== current) this.#events.push({ at: now, change: wanted - current });
    return wanted;
  }
}
