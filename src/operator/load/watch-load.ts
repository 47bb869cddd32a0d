import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import type { PodStart } from '../../domain/autoscaling/history/lead-time.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { LeaderTask } from '../../platform/runtime/manager.ts';
import { keyOf } from '../../platform/runtime/object-key.ts';
import type { Logger } from '../../platform/telemetry/log.ts';
import { acceptance } from '../cluster-state/accepted-spec.ts';
import { isServed } from '../cluster-state/deletion.ts';
import { type ClusterStores, podsOf } from '../cluster-state/gather.ts';
import type { Pod } from '../cluster-state/pod.ts';
import type { ClusterLoad } from './cluster-load.ts';
import { readLearned, writeLearned } from './history-store.ts';
import { type LoadRegistry, usesLoad } from './load-registry.ts';
import { type FetchText, Scraper } from './scrape.ts';

export interface LoadWatchOptions {
  stores: Pick<ClusterStores, 'clusters' | 'pods'>;
  /** Writes only while this process leads. */
  client: KubeClient;
  loads: LoadRegistry;
  fetchText: FetchText;
  /** Enqueues a PresenceCluster: its number of pods may wait for the load, or for a rate limit to pass. */
  enqueue: (key: string) => void;
  clock: Clock;
  log: Logger;
}

/** As often as a HorizontalPodAutoscaler looks. */
const SCRAPE_EVERY_MS = 15_000;
/** At most so much history is lost with the process; more often would be writes for nothing. */
const WRITE_EVERY_MS = 900_000;
/** Costs of four weeks change slowly, and computing them takes some tens of milliseconds. */
const COMPUTE_COST_EVERY_MS = 3_600_000;

/** Asks presence pods for their load and keeps what is learned of it, in a loop of its own outside the work queue. */
export function watchLoad(options: LoadWatchOptions): LeaderTask {
  return new LoadWatch(options);
}

class LoadWatch implements LeaderTask {
  readonly name = 'presence-load';
  readonly #options: LoadWatchOptions;
  readonly #scraper: Scraper;
  readonly #end = new AbortController();
  /** When the history of a PresenceCluster was written last, on the monotonic clock; absent: not yet read. */
  readonly #written = new Map<string, number>();
  /** When the cost of a PresenceCluster was computed last, on the monotonic clock. */
  readonly #computed = new Map<string, number>();
  #loops: Promise<void>[] = [];
  /** By key of the PresenceCluster. A scrape that takes long holds up no other, and is not begun twice. */
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(options: LoadWatchOptions) {
    this.#options = options;
    this.#scraper = new Scraper(options.fetchText, options.clock);
  }

  start(): void {
    this.#loops = [
      this.#loop(SCRAPE_EVERY_MS, async () => this.#scrapeAll()),
      this.#loop(1000, () => this.#learnAll()),
    ];
  }

  async stop(): Promise<void> {
    this.#end.abort(new Error('the load is no longer watched'));
    await Promise.all([...this.#loops, ...this.#underWay.values()]);
  }

  /** Runs until the end; an error is logged and the act is repeated. */
  async #loop(everyMs: number, act: () => Promise<void>): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#end;
    while (!signal.aborted) {
      const startedAt = clock.monotonicMs();
      try {
        await act();
        await clock.sleep(Math.max(0, everyMs - (clock.monotonicMs() - startedAt)), signal);
      } catch (error) {
        if (signal.aborted) return;
        log.warn({ err: error }, 'the load could not be looked at');
        await clock.sleep(everyMs, signal).catch(() => {});
      }
    }
  }

  #scrapeAll(): void {
    const { loads } = this.#options;
    const clusters = this.#clusters();
    const keys = new Set(clusters.map(keyOf));
    for (const key of [...loads.keys()]) {
      if (keys.has(key)) continue;
      loads.forget(key);
      this.#written.delete(key);
      this.#computed.delete(key);
    }
    for (const cluster of clusters) {
      const key = keyOf(cluster);
      if (!this.#underWay.has(key)) this.#underWay.set(key, this.#scrapeInTurn(key, cluster));
    }
  }

  /** Never rejects. */
  async #scrapeInTurn(key: string, cluster: PresenceCluster): Promise<void> {
    const { log } = this.#options;
    try {
      await this.#scrape(cluster);
    } catch (error) {
      if (!this.#end.signal.aborted)
        log.warn({ err: error, presenceCluster: key }, 'the load could not be looked at');
    } finally {
      this.#underWay.delete(key);
    }
  }

  #clusters(): PresenceCluster[] {
    return this.#options.stores.clusters
      .list()
      .filter((cluster) => usesLoad(cluster.spec.scaling?.mode) && isServed(cluster));
  }

  async #scrape(cluster: PresenceCluster): Promise<void> {
    const { loads, clock } = this.#options;
    const load = loads.of(keyOf(cluster));
    const pods = podsOf(this.#options.stores, cluster.metadata, 'presence');
    const scraped = await this.#scraper.scrape(
      keyOf(cluster),
      pods,
      load.byPod,
      clock.now().getTime(),
      this.#end.signal,
    );
    load.report(scraped.report, scraped.byPod, clock.now().getTime(), pods.filter(isPaidFor).length);
    load.podsStarted(pods.flatMap(startOf));
    this.#options.enqueue(keyOf(cluster));
  }

  /** One PresenceCluster after the other, a few milliseconds at a time: learning must hold up nothing. */
  async #learnAll(): Promise<void> {
    const { log } = this.#options;
    const { signal } = this.#end;
    for (const cluster of this.#clusters()) {
      try {
        await this.#learn(cluster);
      } catch (error) {
        signal.throwIfAborted();
        log.warn({ err: error, presenceCluster: keyOf(cluster) }, 'what is learned of the load was not kept');
      }
    }
  }

  async #learn(cluster: PresenceCluster): Promise<void> {
    const { loads, clock, client } = this.#options;
    const { signal } = this.#end;
    const key = keyOf(cluster);
    const load = loads.of(key);
    if (!this.#written.has(key)) {
      const learned = await readLearned(client, cluster, signal);
      if (learned !== undefined) load.restore(learned);
      this.#written.set(key, clock.monotonicMs());
    }
    for (const _ of load.catchUp()) await clock.sleep(0, signal);
    await this.#computeCost(cluster, load);
    const writtenAt = this.#written.get(key) as number;
    if (clock.monotonicMs() - writtenAt < WRITE_EVERY_MS || !load.hasHistory) return;
    await writeLearned(client, cluster, load.learned, signal);
    this.#written.set(key, clock.monotonicMs());
  }

  async #computeCost(cluster: PresenceCluster, load: ClusterLoad): Promise<void> {
    const { clock } = this.#options;
    const key = keyOf(cluster);
    const computedAt = this.#computed.get(key);
    const isDue = computedAt === undefined || clock.monotonicMs() - computedAt >= COMPUTE_COST_EVERY_MS;
    const { serving: spec } = acceptance(cluster);
    if (!isDue || spec === undefined) return;
    this.#computed.set(key, clock.monotonicMs());
    const { minReplicas: min, maxReplicas: max } = spec.scaling;
    const parts = load.computeCost({ capacity: spec.presence.maxConnectionsPerPod, min, max });
    for (const _ of parts) await clock.sleep(0, this.#end.signal);
  }
}

/** Until it has ended a pod is paid for, also while it starts or drains. */
function isPaidFor({ status }: Pod): boolean {
  return status?.phase !== 'Succeeded' && status?.phase !== 'Failed';
}

/** From creation to the last time it became ready; a pod whose container restarted is left out. */
function startOf({ metadata, status }: Pod): PodStart[] {
  const ready = status?.conditions?.find(({ type, status: is }) => type === 'Ready' && is === 'True');
  const restarted = status?.containerStatuses?.some(({ restartCount }) => restartCount > 0) ?? false;
  const { creationTimestamp } = metadata;
  if (restarted || creationTimestamp === undefined || ready?.lastTransitionTime === undefined) return [];
  return [{ created: Date.parse(creationTimestamp), ready: Date.parse(ready.lastTransitionTime) }];
}
