import { HPA_TARGETS, peakPods } from '../backtest/backtest.ts';
import { hpaPolicy } from '../backtest/reactive-policies.ts';
import { type FleetConditions, simulatePolicy } from '../backtest/simulate-policy.ts';
import { tickLoad } from '../backtest/tick-load.ts';
import { HISTORY_STEP_SECONDS, type LoadHistory } from '../history/load-history.ts';

/** Pod-hours of the fleet there was and of others on the same load. */
export interface FleetCost {
  /** End of the first sample, milliseconds since the epoch. */
  since: number;
  /** Time of which both load and pods are known; all pod-hours are of this time. */
  hours: number;
  /** Pods there were, draining ones too. */
  presence: number;
  /** A fixed fleet, just large enough for the highest load. */
  staticPeak: number;
  /** A HorizontalPodAutoscaler that fills pods to 70 %. */
  hpa70: number;
  /** The cheapest HorizontalPodAutoscaler that served all but a ten-thousandth; absent when none did. */
  bestHpa?: { podHours: number /** Percent. */; target: number };
}

export interface CostConditions {
  /** Connections a pod. */
  capacity: number;
  startupSeconds: number;
  min: number;
  max: number;
}

/** As finely as is useful for a load that is known every five minutes. */
const TICK_SECONDS = 60;
/** What passes before a HorizontalPodAutoscaler sees a load. */
const METRIC_LAG_SECONDS = 30;
const SECONDS_AN_HOUR = 3600;
/** Less is no time to compare anything on. */
const FEWEST_TICKS = SECONDS_AN_HOUR / TICK_SECONDS;
/** Percent of connection-time that a HorizontalPodAutoscaler worth its money may leave unserved. */
const MOST_UNSERVED = 0.01;
const SHOWN_TARGET = 70;

/**
 * Pod-hours on the steps of which load and pods are known, in parts of some milliseconds. Between the ends of two steps
 * the load is taken to go in a straight line. Undefined with less than an hour of steps.
 */
export function* fleetCost(
  history: LoadHistory,
  limits: CostConditions,
): Generator<void, FleetCost | undefined> {
  const known = knownLoad(history);
  if (known === undefined) return undefined;
  const { load, since, ticks, presence } = known;
  const conditions: FleetConditions = {
    ...limits,
    lagSeconds: METRIC_LAG_SECONDS,
    tickSeconds: TICK_SECONDS,
  };
  const hours = hoursOf(ticks);
  let hpa70 = 0;
  let best: FleetCost['bestHpa'];
  for (const target of HPA_TARGETS) {
    yield;
    const policy = hpaPolicy(conditions, target / 100);
    const { podHours, unserved } = simulatePolicy({ load, scoreFrom: 0, conditions, policy });
    if (target === SHOWN_TARGET) hpa70 = podHours;
    const isBetter = best === undefined || podHours < best.podHours;
    if (unserved <= MOST_UNSERVED && isBetter) best = { podHours, target };
  }
  return {
    since,
    hours,
    presence,
    hpa70,
    staticPeak: Math.min(limits.max, peakPods(load, 0, conditions)) * hours,
    ...(best === undefined ? {} : { bestHpa: best }),
  };
}

/** The load at each tick, NaN where load or pods are unknown, and the pod-hours there were at the others. */
function knownLoad({
  steps,
  until,
}: LoadHistory): { load: Float64Array; since: number; ticks: number; presence: number } | undefined {
  const first = steps.findIndex(({ load, pods }) => pods !== undefined && !Number.isNaN(load));
  if (first === -1) return undefined;
  const counted = steps.slice(first);
  const values = Float64Array.from(counted, ({ load, pods }) => (pods === undefined ? Number.NaN : load));
  const since = until - (counted.length - 1) * HISTORY_STEP_SECONDS * 1000;
  const trace = { startSeconds: since / 1000, stepSeconds: HISTORY_STEP_SECONDS, values };
  const load = tickLoad(trace, 0, TICK_SECONDS);
  let ticks = 0;
  let pods = 0;
  for (const [tick, connections] of load.entries()) {
    if (Number.isNaN(connections)) continue;
    ticks += 1;
    pods += counted[Math.ceil((tick * TICK_SECONDS) / HISTORY_STEP_SECONDS)]?.pods ?? 0;
  }
  return ticks < FEWEST_TICKS ? undefined : { load, since, ticks, presence: hoursOf(pods) };
}

function hoursOf(ticks: number): number {
  return (ticks * TICK_SECONDS) / SECONDS_AN_HOUR;
}
