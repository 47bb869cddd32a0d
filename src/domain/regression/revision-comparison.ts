import {
  addDelays,
  countOf,
  type DelayCounts,
  meanScore,
  ranksIn,
  shareFrom,
  slowestFrom,
} from './delay-counts.ts';
import { Evidence, exchangeZ, largestZ, meanOf } from './exchange-test.ts';
import { PodDifferences } from './pod-differences.ts';

/** What one presence pod has counted between two readings. */
export interface PodRound {
  readonly pod: string;
  readonly revision: 'Old' | 'New';
  /** Seconds since its process started. */
  readonly ageSeconds: number;
  readonly connections: number;
  /** Delays of updates, by the bounds of the histogram of the presence pods. */
  readonly delays: DelayCounts;
  /** Updates and joins that failed, of all. */
  readonly failed: number;
  readonly events: number;
}

/** What is compared: all delays by their ranks, the share of the slowest ones, and the share of what failed. */
export const MEASURES = ['delays', 'slowest', 'errors'] as const;
export type Measure = (typeof MEASURES)[number];

/** What was counted of one revision while it was compared. */
export interface RevisionCounts {
  readonly delays: DelayCounts;
  readonly failed: number;
  readonly events: number;
}

export interface ComparisonVerdict {
  /** `TooFew`: not one round had pods of both revisions that could be compared. */
  readonly kind: 'TooFew' | 'NoRegression' | 'Regression';
  /** The measure that shows most. */
  readonly of: Measure;
  /** Rounds that were compared. */
  readonly rounds: number;
  /** How often chance alone gives so much, at most, in a whole comparison. */
  readonly chance: number;
  readonly old: RevisionCounts;
  readonly young: RevisionCounts;
}

/**
 * Chance alone makes a regression of at most one of 100 rollouts that are compared, however long and often it is looked. That is for pods
 * that differ for good by less than {@link PodDifferences.margin}.
 */
export const FALSE_ALARM_RATE = 0.01;

/** Code is compiled, caches are filled and connections are made in this time: such a pod says nothing of its revision. */
export const WARM_UP_SECONDS = 120;
/** Of fewer delays the mean rank of a pod is chance. */
const FEWEST_DELAYS = 5;
/** More connections per pod than this make a new revision slow by their number. */
const MOST_LOAD = 1.25;
/** A few connections more are no load. */
const LOAD_SLACK = 50;
/** Of the delays of the old revision: a share that a minute has some of, and the 99th percentile lies in. */
const SLOWEST_SHARE = 0.05;
/** With fewer new pods, one of them may be all that there is of the revision. */
const PODS_TO_LEAVE_ONE_OUT = 3;

/**
 * How much pods of one revision are expected to differ for good, before it is measured. A pod that is 5 % slower has a mean rank of 0.02
 * more.
 */
const EXPECTED_RANK_DEVIATION = 0.02;
/** As a share of the share of the slowest. */
const EXPECTED_SLOWEST_DEVIATION = 0.25;
const EXPECTED_ERROR_DEVIATION = 0.001;

/**
 * Compares the pods of two revisions while both serve. In each round pods of both are measured in the same seconds: what hits the whole
 * fleet, such as a failover of Redis, hits both, and cancels. A pod and a round is one sample, whatever the number of updates in it: updates
 * of the same seconds wait for the same things, so a thousand of them tell no more than one.
 */
export class RevisionComparison {
  readonly #evidence: Readonly<Record<Measure, Evidence>> = {
    delays: new Evidence(),
    slowest: new Evidence(),
    errors: new Evidence(),
  };
  readonly #pods: Readonly<Record<Measure, PodDifferences>> = {
    delays: new PodDifferences(),
    slowest: new PodDifferences(),
    errors: new PodDifferences(),
  };
  #counts: Record<PodRound['revision'], RevisionCounts> = { Old: NOTHING, New: NOTHING };
  #rounds = 0;

  /** Takes one round: the readings of all pods that answered. */
  take(round: readonly PodRound[]): void {
    const warm = round.filter(isComparable);
    const [old, young] = [warm.filter(isOld), warm.filter((pod) => !isOld(pod))];
    this.#forget(round);
    if (old.length === 0 || young.length === 0 || isLoadedMore(young, old)) return;
    this.#rounds += 1;
    const ranks = ranksIn(sumOf(warm).delays);
    this.#look('delays', warm, ({ delays }) => meanScore(delays, ranks), EXPECTED_RANK_DEVIATION);
    this.#lookAtSlowest(warm);
    this.#look('errors', warm, ({ failed, events }) => failed / events, EXPECTED_ERROR_DEVIATION);
    this.#counts = {
      Old: plus(this.#counts.Old, sumOf(old)),
      New: plus(this.#counts.New, sumOf(young)),
    };
  }

  get verdict(): ComparisonVerdict {
    const [of, { largest }] = MEASURES.map((measure) => [measure, this.#evidence[measure]] as const).reduce(
      (most, each) => (each[1].largest > most[1].largest ? each : most),
    );
    // Each measure has an equal part of the false alarms.
    const chance = Math.min(1, MEASURES.length / largest);
    const found = chance <= FALSE_ALARM_RATE ? 'Regression' : 'NoRegression';
    return {
      kind: this.#rounds === 0 ? 'TooFew' : found,
      of,
      rounds: this.#rounds,
      chance,
      old: this.#counts.Old,
      young: this.#counts.New,
    };
  }

  /** By a bound that earlier rounds have chosen: one that this round chose would fit the round. */
  #lookAtSlowest(warm: readonly PodRound[]): void {
    const before = this.#counts.Old.delays;
    if (countOf(before) === 0) return;
    const bucket = slowestFrom(before, SLOWEST_SHARE);
    const share = Math.max(shareFrom(before, bucket), 1 / countOf(before));
    const expected = EXPECTED_SLOWEST_DEVIATION * share;
    this.#look('slowest', warm, ({ delays }) => shareFrom(delays, bucket), expected);
  }

  #look(
    measure: Measure,
    warm: readonly PodRound[],
    value: (pod: PodRound) => number,
    deviation: number,
  ): void {
    const pods = this.#pods[measure];
    const compared = withoutSlowest(warm, (pod) => pods.meanOf(pod));
    const [old, young] = [compared.filter(isOld), compared.filter((pod) => !isOld(pod))];
    const margin = pods.margin(old.length, young.length, { deviation });
    const z = exchangeZ(old.map(value), young.map(value), margin);
    this.#evidence[measure].add(z, largestZ(compared.length));
    // Afterwards: a margin that this round has widened or narrowed would fit the round.
    for (const pod of warm) pods.add(pod.pod, pod.revision, value(pod));
  }

  #forget(round: readonly PodRound[]): void {
    const names = new Set(round.map(({ pod }) => pod));
    for (const measure of MEASURES) this.#pods[measure].forget((pod) => names.has(pod));
  }
}

const NOTHING: RevisionCounts = { delays: [], failed: 0, events: 0 };

const isOld = ({ revision }: PodRound): boolean => revision === 'Old';

function isComparable({ ageSeconds, delays, events }: PodRound): boolean {
  return ageSeconds >= WARM_UP_SECONDS && countOf(delays) >= FEWEST_DELAYS && events > 0;
}

function isLoadedMore(young: readonly PodRound[], old: readonly PodRound[]): boolean {
  const load = (pods: readonly PodRound[]): number => meanOf(pods.map(({ connections }) => connections));
  return load(young) > load(old) * MOST_LOAD + LOAD_SLACK;
}

/** Without the new pod that was worst in the rounds before: one bad node among several is no regression. */
function withoutSlowest(
  pods: readonly PodRound[],
  meanOfPod: (pod: string) => number | undefined,
): readonly PodRound[] {
  const young = pods.filter((pod) => !isOld(pod));
  if (young.length < PODS_TO_LEAVE_ONE_OUT) return pods;
  const badness = ({ pod }: PodRound): number => meanOfPod(pod) ?? Number.NEGATIVE_INFINITY;
  const worst = young.reduce((most, each) => (badness(each) > badness(most) ? each : most));
  return pods.filter((pod) => pod !== worst);
}

function sumOf(pods: readonly RevisionCounts[]): RevisionCounts {
  return pods.reduce(plus, NOTHING);
}

function plus(one: RevisionCounts, other: RevisionCounts): RevisionCounts {
  return {
    delays: addDelays(one.delays, other.delays),
    failed: one.failed + other.failed,
    events: one.events + other.events,
  };
}
