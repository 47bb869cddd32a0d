import { type CountsRead, judgeCounts } from './pod-counts.ts';
import { NOTHING, plus, type Tally } from './tally.ts';

/** A presence pod whose counts are not used. */
export interface LeftOut {
  readonly pod: string;
  readonly because: string;
}

/** One round of reading the presence pods of a PresenceCluster. */
export interface CountsRound {
  /** By the name of the pod; a pod that did not answer is not among them. */
  readonly counts: ReadonlyMap<string, CountsRead>;
  /** Names of the pods there are. */
  readonly pods: ReadonlySet<string>;
  readonly shards: number;
  readonly monotonicMs: number;
}

/** A pod with impossible counts is left out for ten minutes. */
const LEFT_OUT_FOR_MS = 600_000;

/** What each presence pod had counted when it was read last, and the pods that are not believed. */
export class CountedPods {
  readonly #before = new Map<string, CountsRead>();
  readonly #wrong = new Map<string, { because: string; until: number }>();

  get leftOut(): LeftOut[] {
    return [...this.#wrong].map(([pod, { because }]) => ({ pod, because }));
  }

  /** What all pods have counted since the round before; undefined when no pod said anything that counts. */
  take({ counts, pods, shards, monotonicMs }: CountsRound): Tally | undefined {
    this.#forget(pods, monotonicMs);
    let sum: Tally | undefined;
    for (const [pod, read] of counts) {
      const tally = this.#tallyOf(pod, read, shards);
      if (tally !== undefined) sum = plus(sum ?? NOTHING, tally);
    }
    return sum;
  }

  #tallyOf(pod: string, read: CountsRead, shards: number): Tally | undefined {
    const verdict = judgeCounts(this.#before.get(pod), read, shards);
    this.#before.set(pod, read);
    if (verdict.kind === 'wrong')
      this.#wrong.set(pod, { because: verdict.because, until: read.monotonicMs + LEFT_OUT_FOR_MS });
    return verdict.kind === 'counted' && !this.#wrong.has(pod) ? verdict.tally : undefined;
  }

  #forget(pods: ReadonlySet<string>, monotonicMs: number): void {
    for (const pod of this.#before.keys()) if (!pods.has(pod)) this.#before.delete(pod);
    for (const [pod, { until }] of this.#wrong)
      if (monotonicMs >= until || !pods.has(pod)) this.#wrong.delete(pod);
  }
}
