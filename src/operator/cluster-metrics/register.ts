import type { Registry } from 'prom-client';
import type { RolloutFreeze } from '../../api/v1alpha1/kinds.ts';
import type { Cancel, Clock } from '../../platform/runtime/clock.ts';
import { keyOf } from '../../platform/runtime/object-key.ts';
import { type Reading, registerReadMetric } from '../../platform/telemetry/read-metric.ts';
import type { ClusterStores } from '../cluster-state/gather.ts';
import type { ClusterMemories } from '../memory/cluster-memory.ts';
import type { ClusterMetric, ClusterView } from './cluster-reading.ts';
import { FREEZE_METRICS } from './freeze-metrics.ts';
import { REDIS_METRICS } from './redis-metrics.ts';
import { SCALING_METRICS } from './scaling-metrics.ts';
import { SLO_METRICS } from './slo-metrics.ts';
import { STATE_METRICS } from './state-metrics.ts';

export interface ClusterMetricSources {
  stores: Pick<ClusterStores, 'clusters' | 'children'>;
  memories: ClusterMemories;
  /** Whether this process leads: one process alone reports a PresenceCluster, so that sums count it once. */
  isLeader: () => boolean;
  clock: Clock;
}

/** The metrics of every PresenceCluster, read from the caches and from what reconciles saw. No request is made for them. */
export function registerClusterMetrics(registry: Registry, sources: ClusterMetricSources): void {
  const metrics = [...STATE_METRICS, ...SCALING_METRICS, ...SLO_METRICS, ...FREEZE_METRICS, ...REDIS_METRICS];
  const views = new Views(sources);
  for (const metric of metrics) {
    registerReadMetric(registry, {
      name: metric.name,
      help: metric.help,
      type: metric.type ?? 'gauge',
      labelNames: ['namespace', 'presencecluster', ...(metric.labels ?? [])],
      read: () => readings(metric, views.list()),
    });
  }
}

/** One by one: all samples of a thousand PresenceClusters need not be there at once. */
function* readings(metric: ClusterMetric, views: readonly ClusterView[]): Generator<Reading> {
  for (const view of views) yield* readingsOf(metric, view);
}

function readingsOf({ read }: ClusterMetric, view: ClusterView): Reading[] {
  const { namespace, name: presencecluster } = view.cluster.metadata;
  const samples = read(view);
  if (samples === undefined) return [];
  if (typeof samples === 'number') return [{ labels: { namespace, presencecluster }, value: samples }];
  return samples.map(({ labels, value }) => ({ labels: { namespace, presencecluster, ...labels }, value }));
}

/** One scrape is written in less. */
const SHARED_FOR_MS = 1_000;

/** The views of one scrape, which its metrics share. */
class Views {
  readonly #sources: ClusterMetricSources;
  #current: readonly ClusterView[] = [];
  #readAtMs = Number.NEGATIVE_INFINITY;
  #cancel: Cancel = () => {};

  constructor(sources: ClusterMetricSources) {
    this.#sources = sources;
  }

  list(): readonly ClusterView[] {
    const { clock } = this.#sources;
    const now = clock.monotonicMs();
    if (now - this.#readAtMs < SHARED_FOR_MS) return this.#current;
    this.#current = this.#read();
    this.#readAtMs = now;
    // Objects that are gone must not be kept until the next scrape.
    this.#cancel();
    this.#cancel = clock.setTimeout(() => {
      this.#current = [];
      this.#readAtMs = Number.NEGATIVE_INFINITY;
    }, SHARED_FOR_MS);
    return this.#current;
  }

  #read(): ClusterView[] {
    const { stores, memories, isLeader, clock } = this.#sources;
    if (!isLeader()) return [];
    const freezes = new Map(
      stores.children
        .list()
        .filter(({ kind }) => kind === 'RolloutFreeze')
        .map((freeze) => [keyOf(freeze), freeze as unknown as RolloutFreeze]),
    );
    const now = clock.now();
    return stores.clusters.list().map((cluster): ClusterView => {
      const memory = memories.find(keyOf(cluster));
      return {
        cluster,
        freeze: freezes.get(keyOf(cluster)),
        redisNodes: memory?.redisNodes.last(clock.monotonicMs()) ?? [],
        promotions: memory?.failovers.promotions ?? 0,
        now,
      };
    });
  }
}
