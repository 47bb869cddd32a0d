import type { PodRound } from '../../../src/domain/regression/revision-comparison.ts';
import { LOST_AFTER_SECONDS } from '../../../src/domain/slo/pod-counts.ts';
import { PROPAGATION_SECONDS } from '../../../src/presence/telemetry/metrics.ts';
import { randomOf } from '../../soak/random.ts';

/** How the new revision differs. 1.2 is 20 % slower. */
export interface Change {
  /** Every delay is so many times as long. */
  readonly all?: number;
  /** The slowest 5 % of the delays are so many times as long, the 99th percentile among them; the others stay. */
  readonly slowest?: number;
  /** Share of updates and joins that fail in addition. */
  readonly errors?: number;
}

export interface Scene {
  readonly seed: number;
  readonly pods: number;
  /** Of them, with the new revision. */
  readonly young: number;
  readonly roundSeconds: number;
  readonly rounds: number;
  readonly change: Change;
  readonly disturbances: Disturbances;
}

/** What differs between pods and between seconds without any regression. */
export interface Disturbances {
  /** Standard deviation of the logarithm of the speed of a pod, for good: its node and its weddings. */
  readonly pods: number;
  /** Of a pod from round to round, with a memory of {@link WANDER_SECONDS}: what else runs on its node. */
  readonly wander: number;
  /** Stalls of a pod per hour, such as a full collection: all delays of a second are longer by up to one second. */
  readonly stallsPerHour: number;
  /** Troubles of Redis per hour, such as a failover: all pods are slower by up to five times for up to half a minute. */
  readonly troublesPerHour: number;
  /** Share of updates and joins that fail all the time. */
  readonly errors: number;
}

export const ORDINARY: Disturbances = {
  pods: 0.03,
  wander: 0.03,
  stallsPerHour: 12,
  troublesPerHour: 2,
  errors: 0.0002,
};

/** As long as a neighbour on the node is busy. */
const WANDER_SECONDS = 60;
/** A pod of a wedding evening: updates of its people, and hidden changes through three shards. */
const UPDATES_PER_SECOND = 20;
const HIDDEN_PER_SECOND = 3;
const CONNECTIONS = 400;
/** Half of the delays are shorter, seconds. Between two bounds of the histogram, as most are. */
const MEDIAN_SECONDS = 0.004;
/** Of the logarithm of a delay. The 99th percentile is then four times the median. */
const SPREAD = 0.6;
/** Updates of one second wait for the same things: standard deviation of the logarithm of what they share. */
const SHARED_SPREAD = 0.15;
/** The normal deviation that one delay of 20 exceeds. */
const SLOWEST_FROM = 1.645;
const PAST_WARM_UP_SECONDS = 3_600;

/** The rounds of one comparison on an evening: the same for the same scene. */
export function* evening(scene: Scene): Generator<PodRound[]> {
  const random = randomOf(scene.seed);
  const { disturbances } = scene;
  const pods = Array.from({ length: scene.pods }, (_, index) => ({
    name: `pod-${index}`,
    isNew: index < scene.young,
    speed: normal(random) * disturbances.pods,
    wander: normal(random) * disturbances.wander,
  }));
  const redis = new Redis(random, disturbances.troublesPerHour);
  for (let round = 0; round < scene.rounds; round++) {
    yield countRound({ scene, random, redis, pods, from: round * scene.roundSeconds });
    const kept = Math.exp(-scene.roundSeconds / WANDER_SECONDS);
    for (const pod of pods)
      pod.wander = pod.wander * kept + normal(random) * disturbances.wander * Math.sqrt(1 - kept ** 2);
  }
}

interface Pod {
  readonly name: string;
  readonly isNew: boolean;
  readonly speed: number;
  readonly wander: number;
}

/** What all pods wait for. */
class Redis {
  readonly #random: () => number;
  readonly #troublesPerHour: number;
  #troubleUntil = 0;
  #trouble = 0;

  constructor(random: () => number, troublesPerHour: number) {
    this.#random = random;
    this.#troublesPerHour = troublesPerHour;
  }

  /** Of the logarithm of all delays of a second. */
  at(second: number): number {
    if (this.#random() < this.#troublesPerHour / 3_600) {
      this.#troubleUntil = second + 5 + this.#random() * 25;
      this.#trouble = Math.log(1 + this.#random() * 4);
    }
    return (second < this.#troubleUntil ? this.#trouble : 0) + normal(this.#random) * SHARED_SPREAD;
  }
}

interface Round {
  readonly scene: Scene;
  readonly random: () => number;
  readonly redis: Redis;
  readonly pods: readonly Pod[];
  /** Its first second. */
  readonly from: number;
}

function countRound({ scene, random, redis, pods, from }: Round): PodRound[] {
  const { roundSeconds, disturbances } = scene;
  const rows = pods.map((pod) => ({ pod, counts: emptyCounts() }));
  for (let second = from; second < from + roundSeconds; second++) {
    const fleet = redis.at(second);
    for (const { pod, counts } of rows) {
      const stalled = random() < disturbances.stallsPerHour / 3_600 ? random() : 0;
      const shared = fleet + pod.speed + pod.wander + normal(random) * SHARED_SPREAD;
      const change = pod.isNew ? scene.change : {};
      countSecond(counts, { random, shared, stalled, change, errors: disturbances.errors });
    }
  }
  return rows.map(({ pod, counts }) => ({
    pod: pod.name,
    revision: pod.isNew ? 'New' : 'Old',
    ageSeconds: PAST_WARM_UP_SECONDS,
    connections: CONNECTIONS,
    ...counts,
  }));
}

interface Counts {
  readonly delays: number[];
  failed: number;
  events: number;
}

const emptyCounts = (): Counts => ({
  delays: Array.from({ length: PROPAGATION_SECONDS.length + 1 }, () => 0),
  failed: 0,
  events: 0,
});

interface SecondOfPod {
  readonly random: () => number;
  /** Of the logarithm of all delays of the second. */
  readonly shared: number;
  /** Seconds. */
  readonly stalled: number;
  readonly change: Change;
  readonly errors: number;
}

function countSecond(counts: Counts, { random, shared, stalled, change, errors }: SecondOfPod): void {
  const updates = Math.round((UPDATES_PER_SECOND + HIDDEN_PER_SECOND) * (0.75 + random() / 2));
  for (let update = 0; update < updates; update++) {
    const deviation = normal(random);
    const isSlowest = deviation > SLOWEST_FROM;
    const factor = (change.all ?? 1) * (isSlowest ? (change.slowest ?? 1) : 1);
    const seconds = MEDIAN_SECONDS * Math.exp(shared + SPREAD * deviation) * factor + stalled;
    const isFailed = seconds > LOST_AFTER_SECONDS || random() < errors + (change.errors ?? 0);
    counts.events += 1;
    counts.failed += isFailed ? 1 : 0;
    if (!isFailed) counts.delays[bucketOf(seconds)] = (counts.delays[bucketOf(seconds)] ?? 0) + 1;
  }
}

function bucketOf(seconds: number): number {
  const found = PROPAGATION_SECONDS.findIndex((bound) => seconds <= bound);
  return found === -1 ? PROPAGATION_SECONDS.length : found;
}

/** Box and Muller. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
