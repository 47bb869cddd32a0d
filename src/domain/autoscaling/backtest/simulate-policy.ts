import { demandedPods, type Elasticity, ElasticityMeter } from './elasticity.ts';
import { Fleet } from './fleet.ts';

/** What a policy may know at a tick. */
export interface Observation {
  /** Seconds since the first tick. */
  now: number;
  /** Replicas that are asked for: ready and starting. */
  replicas: number;
  /** What the metrics pipeline shows: the load of `lagSeconds` ago; undefined when it has nothing. */
  metric:
    | { load: number /** Pods that were ready then and still are. */; pods: number; mean: number }
    | undefined;
}

/** Decides how many replicas to ask for. One object a run: it may remember. */
export interface ReplicaPolicy {
  replicas(observation: Observation): number;
}

export interface FleetConditions {
  /** Connections a pod. */
  capacity: number;
  startupSeconds: number;
  lagSeconds: number;
  tickSeconds: number;
  /** Fewest pods. */
  min: number;
  /** Most pods that a HorizontalPodAutoscaler may ask for; left out: no limit. */
  max?: number;
}

export interface SimulationInput {
  /** Load at each tick; NaN: not recorded, and not scored. */
  load: Float64Array;
  /** First tick that is scored; those before let the policy settle. */
  scoreFrom: number;
  conditions: FleetConditions;
  policy: ReplicaPolicy;
  /** Called after each decision. */
  onTick?: (tick: number, fleet: { ready: number; replicas: number }) => void;
}

/**
 * Runs a policy against a load, tick by tick: pods become ready, the policy looks at the metric and decides, pods are
 * added or removed, and the time to the next tick is scored. All load of the metric is demand: people who found no pod
 * are in it.
 */
export function simulatePolicy({ load, scoreFrom, conditions, policy, onTick }: SimulationInput): Elasticity {
  const { capacity, startupSeconds, lagSeconds, tickSeconds, min } = conditions;
  const lagTicks = Math.ceil(lagSeconds / tickSeconds);
  const meter = new ElasticityMeter(tickSeconds, capacity);
  const fleet = new Fleet(demandedPods(firstLoad(load), capacity, min));
  const readyThen = new Float64Array(lagTicks + 1).fill(fleet.ready);
  for (let tick = 0; tick < load.length; tick += 1) {
    const now = tick * tickSeconds;
    fleet.advance(now);
    readyThen[tick % readyThen.length] = fleet.ready;
    const before = fleet.replicas;
    const metric = metricAt(load, tick - lagTicks, readyThen, fleet.ready);
    const wanted = Math.max(min, policy.replicas({ now, replicas: before, metric }));
    fleet.scaleTo(wanted, now, startupSeconds);
    onTick?.(tick, fleet);
    const current = load[tick] as number;
    if (tick < scoreFrom || Number.isNaN(current)) continue;
    meter.add({
      load: current,
      demanded: demandedPods(current, capacity, min),
      ready: fleet.ready,
      replicas: fleet.replicas,
      removed: Math.max(0, before - wanted),
      changed: wanted !== before,
    });
  }
  return meter.result();
}

function firstLoad(load: Float64Array): number {
  return load.find((value) => !Number.isNaN(value)) ?? 0;
}

function metricAt(
  load: Float64Array,
  tick: number,
  readyThen: Float64Array,
  readyNow: number,
): Observation['metric'] {
  const seen = load[tick];
  if (seen === undefined || Number.isNaN(seen)) return undefined;
  const then = readyThen[tick % readyThen.length] as number;
  return { load: seen, pods: Math.min(then, readyNow), mean: seen / then };
}
