import type { LoadReport } from '../../domain/autoscaling/demand.ts';
import type { CountsRead } from '../../domain/slo/pod-counts.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { isReady, type Pod } from '../cluster-state/pod.ts';
import { FairSlots } from './fair-slots.ts';
import { canBeAsked, type FetchText, fetchMetrics } from './fetch-metrics.ts';
import { type PodReading, readPodMetrics } from './metrics-text.ts';

/** Of all PresenceClusters together, and of one. */
const CONCURRENT_SCRAPES = { total: 32, perKey: 16 } as const;

export interface Scraped {
  /** Undefined when no pod could be asked. */
  report: LoadReport | undefined;
  /** Connections by the name of the pod; those of a pod that was silent as they were before. */
  byPod: Map<string, number>;
  /** What pods have counted for the objectives, by name; those that were silent are not among them. */
  counts: Map<string, CountsRead>;
}

/** What is known before the pods are asked. */
export interface ScrapeContext {
  /** Of the PresenceCluster. */
  key: string;
  /** Connections by pod, as last known. */
  before: ReadonlyMap<string, number>;
  /** The delay from which a hidden change is late, in milliseconds. */
  withinMs: number;
  signal: AbortSignal;
}

/** Asks presence pods for their metrics, a limited number at once. Pods of one PresenceCluster that hang do not keep others waiting. */
export class Scraper {
  readonly #fetchText: FetchText;
  readonly #clock: Clock;
  readonly #slots = new FairSlots(CONCURRENT_SCRAPES);

  constructor(fetchText: FetchText, clock: Clock) {
    this.#fetchText = fetchText;
    this.#clock = clock;
  }

  /**
   * Asks every presence pod that has an address. A pod that does not answer is never taken to be empty: it is counted as
   * silent, and silence removes no pod.
   */
  async scrape(pods: readonly Pod[], { key, before, withinMs, signal }: ScrapeContext): Promise<Scraped> {
    const at = this.#clock.now().getTime();
    const live = pods.filter(canBeAsked);
    const readings = await Promise.all(
      live.map((pod) => this.#slots.run(key, () => this.#read(pod, withinMs, signal))),
    );
    const byPod = new Map<string, number>();
    const counts = new Map<string, CountsRead>();
    let answered = 0;
    let silent = 0;
    for (const [index, pod] of live.entries()) {
      const { name } = pod.metadata;
      const reading = readings[index];
      // A pod that starts or ends may be silent for a good reason.
      if (reading === undefined && isReady(pod)) silent += 1;
      if (reading !== undefined) answered += 1;
      if (reading?.counts !== undefined) counts.set(name, { ...reading.read, counts: reading.counts });
      const known = reading?.connections ?? before.get(name);
      if (known !== undefined) byPod.set(name, known);
    }
    if (answered === 0) return { report: undefined, byPod, counts };
    const total = byPod.values().reduce((sum, connections) => sum + connections, 0);
    return { report: { connections: total, pods: answered, silent, at }, byPod, counts };
  }

  async #read(
    pod: Pod,
    withinMs: number,
    signal: AbortSignal,
  ): Promise<(PodReading & { read: Omit<CountsRead, 'counts'> }) | undefined> {
    const tools = { fetchText: this.#fetchText, clock: this.#clock };
    try {
      const reading = readPodMetrics(await fetchMetrics(tools, pod, signal), withinMs);
      const read = { withinMs, at: this.#clock.now().getTime(), monotonicMs: this.#clock.monotonicMs() };
      return reading && { ...reading, read };
    } catch {
      return undefined;
    }
  }
}
