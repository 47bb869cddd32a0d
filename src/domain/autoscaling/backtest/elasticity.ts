/**
 * How well a supply of pods followed the demand.
 *
 * The first three are elasticity metrics in the notation of SPEC-RG-2016-01 ("Ready for Rain?", Herbst et al.), in the
 * form that docs/benchmarks/autoscaler.md writes out; the transcription was not compared with the report.
 */
export interface Elasticity {
  /** Percent of the time with fewer ready pods than needed. */
  tauU: number;
  /** Missing pods as percent of the needed ones, mean over time. */
  thetaU: number;
  /** Idle ready pods as percent of the needed ones, mean over time. */
  thetaO: number;
  /** Percent of connection-time above the capacity of the ready pods. */
  unserved: number;
  /** Ready and starting pods times hours. */
  podHours: number;
  actionsPerDay: number;
  /** Pods removed; each one disconnects people. */
  removedPerDay: number;
}

/** One interval between two decisions. */
export interface Interval {
  load: number;
  /** Pods that the load needs, at least 1. */
  demanded: number;
  ready: number;
  /** Ready and starting pods. */
  replicas: number;
  /** Pods removed at its start. */
  removed: number;
  /** Whether the number of pods was changed at its start. */
  changed: boolean;
}

/** Pods that a load needs. */
export function demandedPods(load: number, capacity: number, min: number): number {
  return Math.max(min, Math.ceil(load / capacity));
}

const SECONDS_AN_HOUR = 3600;
const SECONDS_A_DAY = 86_400;

/** Sums up intervals of one length. */
export class ElasticityMeter {
  readonly #intervalSeconds: number;
  readonly #capacity: number;
  #intervals = 0;
  #under = 0;
  #missing = 0;
  #idle = 0;
  #load = 0;
  #unserved = 0;
  #pods = 0;
  #actions = 0;
  #removed = 0;

  constructor(intervalSeconds: number, capacity: number) {
    this.#intervalSeconds = intervalSeconds;
    this.#capacity = capacity;
  }

  add({ load, demanded, ready, replicas, removed, changed }: Interval): void {
    this.#intervals += 1;
    if (demanded > ready) this.#under += 1;
    this.#missing += Math.max(demanded - ready, 0) / demanded;
    this.#idle += Math.max(ready - demanded, 0) / demanded;
    this.#load += load;
    this.#unserved += Math.max(0, load - ready * this.#capacity);
    this.#pods += replicas;
    this.#removed += removed;
    if (changed) this.#actions += 1;
  }

  /** Of all intervals added; at least one. */
  result(): Elasticity {
    const days = (this.#intervals * this.#intervalSeconds) / SECONDS_A_DAY;
    const percent = (sum: number): number => (100 * sum) / this.#intervals;
    return {
      tauU: percent(this.#under),
      thetaU: percent(this.#missing),
      thetaO: percent(this.#idle),
      unserved: this.#load === 0 ? 0 : (100 * this.#unserved) / this.#load,
      podHours: (this.#pods * this.#intervalSeconds) / SECONDS_AN_HOUR,
      actionsPerDay: this.#actions / days,
      removedPerDay: this.#removed / days,
    };
  }
}
