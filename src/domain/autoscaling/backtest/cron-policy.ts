import { BehaviorMemory, DEFAULT_HPA_BEHAVIOR } from '../hpa/behavior.ts';
import { HPA_TOLERANCE, totalMetricReplicas } from '../hpa/pod-metric-replicas.ts';
import { SECONDS_A_DAY } from './load-trace.ts';
import type { PolicySetting } from './policy-setting.ts';
import { recommendedByLoad } from './reactive-policies.ts';
import type { ReplicaPolicy } from './simulate-policy.ts';

/** The cron triggers of a ScaledObject, one per weekday. */
export interface CronWindow {
  /** Hours of the day on the clock of the trace, half-open. */
  fromHour: number;
  untilHour: number;
  pods: number;
}

const HOURS_A_DAY = 24;
const DAYS_A_WEEK = 7;
/** An hour belongs to the window when its load reached so much of the highest of its weekday. */
const BUSY_SHARE = 0.5;
/** The trigger begins an hour early: what begins with the rush is late by the start-up. */
const HOURS_EARLY = 1;

/**
 * A KEDA ScaledObject with cron triggers beside a target on connections per pod: the highest of both recommendations, under
 * the HorizontalPodAutoscaler that KEDA makes of it. A cron trigger wants its pods in the window and one outside, as an
 * External metric with AverageValue 1, so the tolerance of a tenth blurs its number (kedacore/keda#6709).
 *
 * The windows are fitted to the learning days, one per weekday, as an admin would who looks at a graph of them.
 *
 * @param utilization of the target beside the cron triggers, 0 to 1
 */
export function cronPolicy(setting: PolicySetting, utilization: number): ReplicaPolicy {
  const { conditions, trace, firstTickSeconds } = setting;
  const { capacity, min, max = Number.MAX_SAFE_INTEGER } = conditions;
  const windows = fitCronWindows(setting);
  const memory = new BehaviorMemory(DEFAULT_HPA_BEHAVIOR);
  return {
    replicas({ now, replicas, metric }) {
      const wished = cronPods(windows, trace.startSeconds + firstTickSeconds + now);
      const byCron = totalMetricReplicas(replicas, wished, 1, HPA_TOLERANCE);
      if (metric === undefined) return memory.apply(now, replicas, Math.max(replicas, byCron), { min, max });
      const byLoad = recommendedByLoad(replicas, metric, utilization * capacity);
      return memory.apply(now, replicas, Math.max(byCron, byLoad), { min, max });
    },
  };
}

/** Pods that the triggers want at an instant, in seconds since the epoch; 1 outside of every window. */
export function cronPods(windows: readonly (CronWindow | undefined)[], seconds: number): number {
  const window = windows[weekdayOf(seconds)];
  const hour = (seconds % SECONDS_A_DAY) / 3600;
  return window !== undefined && hour >= window.fromHour && hour < window.untilHour ? window.pods : 1;
}

/** By weekday, as {@link weekdayOf} counts them; undefined where no such day was recorded. */
export function fitCronWindows({
  trace,
  conditions,
  scoreFrom,
  firstTickSeconds,
}: PolicySetting): (CronWindow | undefined)[] {
  const trainSeconds = firstTickSeconds + scoreFrom * conditions.tickSeconds;
  const highest = Array.from({ length: DAYS_A_WEEK }, () => new Float64Array(HOURS_A_DAY));
  for (let index = 0; index * trace.stepSeconds < trainSeconds; index += 1) {
    const at = trace.startSeconds + index * trace.stepSeconds;
    const load = trace.values[index] as number;
    const hours = highest[weekdayOf(at)] as Float64Array;
    const hour = Math.floor((at % SECONDS_A_DAY) / 3600);
    if (load > (hours[hour] as number)) hours[hour] = load;
  }
  return highest.map((hours) => {
    const peak = Math.max(...hours);
    const busy = [...hours.keys()].filter((hour) => (hours[hour] as number) >= BUSY_SHARE * peak);
    const [first, last] = [busy[0], busy.at(-1)];
    if (peak === 0 || first === undefined || last === undefined) return undefined;
    const fromHour = Math.max(0, first - HOURS_EARLY);
    return { fromHour, untilHour: last + 1, pods: Math.ceil(peak / conditions.capacity) };
  });
}

/** 0 is Thursday, the day of the epoch; only that the same day has the same number counts. */
function weekdayOf(seconds: number): number {
  return Math.floor(seconds / SECONDS_A_DAY) % DAYS_A_WEEK;
}
