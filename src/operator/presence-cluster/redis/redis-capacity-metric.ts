import { Gauge, type Registry } from 'prom-client';
import type { PresenceCluster } from '../../../api/v1alpha1/kinds.ts';
import type { StoreReader } from '../../../platform/kube/store.ts';

/** `presence_redis_recommended_shards`: what status recommends, read from the cache at each scrape. */
export function registerCapacityMetric(registry: Registry, clusters: StoreReader<PresenceCluster>): void {
  new Gauge({
    name: 'presence_redis_recommended_shards',
    help: 'Redis shards that a PresenceCluster should have for the season that comes.',
    labelNames: ['namespace', 'presencecluster'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { metadata, status } of clusters.list()) {
        const shards = status?.redis?.capacity?.recommendedShards;
        if (shards === undefined) continue;
        this.set({ namespace: metadata.namespace, presencecluster: metadata.name }, shards);
      }
    },
  });
}
