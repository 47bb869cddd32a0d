import type { LoadReport } from '../../domain/autoscaling/demand.ts';
import { ADMIN_PORT } from '../../domain/resources/ports.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { timeLimit } from '../../platform/runtime/time-limit.ts';
import { isReady, type Pod } from '../cluster-state/pod.ts';
import { FairSlots } from './fair-slots.ts';
import { readPodMetrics } from './metrics-text.ts';

export type FetchText = (url: string, signal: AbortSignal) => Promise<string>;

/** A pod on a busy node answers late; one that takes longer is as good as silent. */
const TIMEOUT_MS = 2_000;
/** Of all PresenceClusters together, and of one. */
const CONCURRENT_SCRAPES = { total: 32, perKey: 16 } as const;

export interface Scraped {
  /** Undefined when no pod could be asked. */
  report: LoadReport | undefined;
  /** Connections by the name of the pod; those of a pod that was silent as they were before. */
  byPod: Map<string, number>;
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
   *
   * @param key of the PresenceCluster
   * @param before connections by pod, as last known
   * @param now milliseconds since the epoch, the time of the report
   */
  async scrape(
    key: string,
    pods: readonly Pod[],
    before: ReadonlyMap<string, number>,
    now: number,
    signal: AbortSignal,
  ): Promise<Scraped> {
    const live = pods.filter((pod) => pod.status?.podIP !== undefined && pod.status.phase === 'Running');
    const readings = await Promise.all(
      live.map((pod) => this.#slots.run(key, () => this.#read(pod, signal))),
    );
    const byPod = new Map<string, number>();
    let answered = 0;
    let silent = 0;
    for (const [index, pod] of live.entries()) {
      const { name } = pod.metadata;
      const connections = readings[index];
      // A pod that starts or ends may be silent for a good reason.
      if (connections === undefined && isReady(pod)) silent += 1;
      if (connections !== undefined) answered += 1;
      const known = connections ?? before.get(name);
      if (known !== undefined) byPod.set(name, known);
    }
    if (answered === 0) return { report: undefined, byPod };
    const total = byPod.values().reduce((sum, connections) => sum + connections, 0);
    return { report: { connections: total, pods: answered, silent, at: now }, byPod };
  }

  async #read(pod: Pod, signal: AbortSignal): Promise<number | undefined> {
    const late = () => new Error(`no answer within ${TIMEOUT_MS} ms`);
    const limit = timeLimit(this.#clock, TIMEOUT_MS, signal, late);
    try {
      const host = pod.status?.podIP ?? '';
      const url = `http://${host.includes(':') ? `[${host}]` : host}:${ADMIN_PORT}/metrics`;
      const text = await this.#fetchText(url, limit.signal);
      return readPodMetrics(text)?.connections;
    } catch {
      return undefined;
    } finally {
      limit.lift();
    }
  }
}
