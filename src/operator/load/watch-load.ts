import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { FIELD_MANAGER } from '../../api/v1alpha1/names.ts';
import type { PodStart } from '../../domain/autoscaling/history/lead-time.ts';
import { childName } from '../../domain/resources/child-names.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { LeaderTask } from '../../platform/runtime/manager.ts';
import { keyOf } from '../../platform/runtime/object-key.ts';
import type { Logger } from '../../platform/telemetry/log.ts';
import { acceptance } from '../cluster-state/accepted-spec.ts';
import { isServed } from '../cluster-state/deletion.ts';
import { type ClusterStores, podsOf } from '../cluster-state/gather.ts';
import { isReady, type Pod } from '../cluster-state/pod.ts';
import type { ClusterSlo } from '../slo/cluster-slo.ts';
import { servedSlo } from '../slo/served-slo.ts';
import type { SloRegistry } from '../slo/slo-registry.ts';
import { sloFromData, sloToData } from '../slo/written-slo.ts';
import type { ClusterLoad } from './cluster-load.ts';
import type { FetchText } from './fetch-metrics.ts';
import { readKept, writeKept } from './history-store.ts';
import { learnedFromData, learnedToData } from './learned.ts';
import { type LoadRegistry, usesLoad } from './load-registry.ts';
import { type Scraped, Scraper } from './scrape.ts';

export interface LoadWatchOptions {
  stores: Pick<ClusterStores, 'clusters' | 'pods'>;
  /** Writes only while this process leads. */
  client: KubeClient;
  loads: LoadRegistry;
  slos: SloRegistry;
  fetchText: FetchText;
  /** Enqueues a PresenceCluster: its number of pods may wait for the load, or for a rate limit to pass. */
  enqueue: (key: string) => void;
  clock: Clock;
  log: Logger;
}

const ROUND_MS = 5_000;
/** Rounds from one scrape of a PresenceCluster to the next. */
const ROUNDS = {
  /** From a total outage to a fast burn are 48 s of failures with the default objectives; what is added must be little. */
  failing: 1,
  /** As often as a HorizontalPodAutoscaler looks. */
  load: 3,
  /** Counters of pods keep what happened in between. */
  objectives: 6,
} as const;
/** At most so much history is lost with the process; more often would be writes for nothing. */
const WRITE_EVERY_MS = 900_000;
/** What the API server refuses it refuses again: each try is a request and a line in the log. */
const RETRY_AFTER_MS = 30_000;
/** Costs of four weeks change slowly, and computing them takes some tens of milliseconds. */
const COMPUTE_COST_EVERY_MS = 3_600_000;

/**
 * Asks presence pods for their load and for what they count for the objectives, and keeps what is learned of both, in a loop of its
 * own outside the work queue.
 */
export function watchLoad(options: LoadWatchOptions): LeaderTask {
  return new LoadWatch(options);
}

class LoadWatch implements LeaderTask {
  readonly name = 'presence-load';
  readonly #options: LoadWatchOptions;
  readonly #scraper: Scraper;
  readonly #end = new AbortController();
  /** By key of the PresenceCluster. Nothing of one is kept for another one of its name. */
  #uids = new Map<string, string | undefined>();
  /** When the history of a PresenceCluster was written last, on the monotonic clock; absent: not yet read. */
  readonly #written = new WeakMap<ClusterLoad, number>();
  /** When the cost of a PresenceCluster was computed last, on the monotonic clock. */
  readonly #computed = new WeakMap<ClusterLoad, number>();
  /** Until when nothing is read and written after an error, on the monotonic clock. */
  readonly #heldUntil = new WeakMap<ClusterLoad | ClusterSlo, number>();
  #round = 0;
  #loops: Promise<void>[] = [];
  /** By key of the PresenceCluster. A scrape that takes long holds up no other, and is not begun twice. */
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(options: LoadWatchOptions) {
    this.#options = options;
    this.#scraper = new Scraper(options.fetchText, options.clock);
  }

  start(): void {
    const { loads, slos } = this.#options;
    this.#loops = [
      this.#loop(ROUND_MS, async () => this.#scrapeRound()),
      this.#loop(1000, () => this.#keepAll(this.#clusters(), slos, (cluster) => this.#keepSlo(cluster))),
      // By itself: to learn four weeks again takes ten seconds per PresenceCluster, a few milliseconds at a time.
      this.#loop(1000, () =>
        this.#keepAll(this.#clusters().filter(hasLoad), loads, (cluster) => this.#learn(cluster)),
      ),
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

  #scrapeRound(): void {
    const { slos } = this.#options;
    const clusters = this.#clusters();
    this.#forgetOthers(clusters);
    const round = this.#round++;
    const isDue = (cluster: PresenceCluster, index: number): boolean => {
      if (slos.of(keyOf(cluster)).isFailing) return round % ROUNDS.failing === 0;
      if (hasLoad(cluster)) return round % ROUNDS.load === 0;
      // Spread, so that not all are scraped in one round.
      return (round + index) % ROUNDS.objectives === 0;
    };
    for (const cluster of clusters.filter(isDue)) {
      const key = keyOf(cluster);
      if (!this.#underWay.has(key)) this.#underWay.set(key, this.#scrapeInTurn(key, cluster));
    }
  }

  #forgetOthers(clusters: readonly PresenceCluster[]): void {
    const { loads, slos } = this.#options;
    const uids = new Map(clusters.map((cluster) => [keyOf(cluster), cluster.metadata.uid]));
    const isGone = (key: string): boolean =>
      !uids.has(key) || (this.#uids.has(key) && this.#uids.get(key) !== uids.get(key));
    for (const key of [...slos.keys()]) if (isGone(key)) slos.forget(key);
    const loaded = new Set(clusters.filter(hasLoad).map(keyOf));
    for (const key of [...loads.keys()]) if (isGone(key) || !loaded.has(key)) loads.forget(key);
    this.#uids = uids;
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
    return this.#options.stores.clusters.list().filter(isServed);
  }

  async #scrape(cluster: PresenceCluster): Promise<void> {
    const { loads, clock, enqueue } = this.#options;
    const key = keyOf(cluster);
    const load = hasLoad(cluster) ? loads.of(key) : undefined;
    const pods = podsOf(this.#options.stores, cluster.metadata, 'presence');
    const spec = servedSlo(cluster);
    const scraped = await this.#scraper.scrape(pods, {
      key,
      before: load?.byPod ?? new Map(),
      withinMs: spec.updates.withinMilliseconds,
      signal: this.#end.signal,
    });
    const isNews = this.#reportSlo(cluster, pods, scraped);
    load?.report(scraped.report, scraped.byPod, clock.now().getTime(), pods.filter(isPaidFor).length);
    load?.podsStarted(pods.flatMap(startOf));
    if (load !== undefined || isNews) enqueue(key);
  }

  #reportSlo(cluster: PresenceCluster, pods: readonly Pod[], { counts }: Scraped): boolean {
    const { slos, clock } = this.#options;
    const { status, spec } = cluster;
    const isWanted = (status?.scaling?.desired ?? 0) > 0;
    return slos.of(keyOf(cluster)).report({
      spec: servedSlo(cluster),
      counts,
      pods: new Set(pods.map(({ metadata }) => metadata.name)),
      isDown: isWanted && counts.size === 0 && !pods.some(isReady),
      // While shards are removed there are more than the spec says.
      shards: Math.max(spec.redis?.shards ?? 0, status?.redis?.shards.length ?? 0),
      now: clock.now().getTime(),
      monotonicMs: clock.monotonicMs(),
    });
  }

  /** Keeps what is known of one PresenceCluster after the other. */
  async #keepAll(
    clusters: readonly PresenceCluster[],
    known: LoadRegistry | SloRegistry,
    keep: (cluster: PresenceCluster) => Promise<void>,
  ): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#end;
    for (const cluster of clusters) {
      const state = known.of(keyOf(cluster));
      if (clock.monotonicMs() < (this.#heldUntil.get(state) ?? Number.NEGATIVE_INFINITY)) continue;
      try {
        await keep(cluster);
      } catch (error) {
        signal.throwIfAborted();
        this.#heldUntil.set(state, clock.monotonicMs() + RETRY_AFTER_MS);
        log.warn({ err: error, presenceCluster: keyOf(cluster) }, 'what is learned of the load was not kept');
      }
    }
  }

  /** Reads once what an earlier process has counted, and writes what is due. */
  async #keepSlo(cluster: PresenceCluster): Promise<void> {
    const { slos, clock, client } = this.#options;
    const { signal } = this.#end;
    const slo = slos.of(keyOf(cluster));
    const name = childName.presenceSlo(cluster.metadata.name);
    if (!slo.isRestored)
      slo.restore(sloFromData(await readKept(client, cluster, name, signal)), clock.monotonicMs());
    const due = slo.takeDue(clock.monotonicMs());
    if (due === undefined) return;
    const kept = { name, data: sloToData(due), fieldManager: FIELD_MANAGER.operator };
    try {
      await writeKept(client, cluster, kept, signal);
    } catch (error) {
      slo.noteUnwritten();
      throw error;
    }
  }

  async #learn(cluster: PresenceCluster): Promise<void> {
    const { loads, clock, client } = this.#options;
    const { signal } = this.#end;
    const load = loads.of(keyOf(cluster));
    const name = childName.presenceHistory(cluster.metadata.name);
    if (!this.#written.has(load)) {
      const learned = learnedFromData(await readKept(client, cluster, name, signal));
      if (learned !== undefined) load.restore(learned);
      this.#written.set(load, clock.monotonicMs());
    }
    for (const _ of load.catchUp()) await clock.sleep(0, signal);
    await this.#computeCost(cluster, load);
    const writtenAt = this.#written.get(load) as number;
    if (clock.monotonicMs() - writtenAt < WRITE_EVERY_MS || !load.hasHistory) return;
    const kept = { name, data: learnedToData(load.learned), fieldManager: FIELD_MANAGER.autoscaler };
    await writeKept(client, cluster, kept, signal);
    this.#written.set(load, clock.monotonicMs());
  }

  async #computeCost(cluster: PresenceCluster, load: ClusterLoad): Promise<void> {
    const { clock } = this.#options;
    const computedAt = this.#computed.get(load);
    const isDue = computedAt === undefined || clock.monotonicMs() - computedAt >= COMPUTE_COST_EVERY_MS;
    const { serving: spec } = acceptance(cluster);
    if (!isDue || spec === undefined) return;
    this.#computed.set(load, clock.monotonicMs());
    const { minReplicas: min, maxReplicas: max } = spec.scaling;
    const parts = load.computeCost({ capacity: spec.presence.maxConnectionsPerPod, min, max });
    for (const _ of parts) await clock.sleep(0, this.#end.signal);
  }
}

function hasLoad({ spec }: PresenceCluster): boolean {
  return usesLoad(spec.scaling?.mode);
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
