import { Gauge, type Registry } from 'prom-client';
import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import type { StoreReader } from '../../platform/kube/store.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { pauseOf } from '../cluster-state/pause.ts';

/** `presence_paused`: the pauses that are on, read from the cache at each scrape, so that it ends with the pause. */
export function registerPauseMetric(
  registry: Registry,
  clusters: StoreReader<PresenceCluster>,
  clock: Clock,
): void {
  new Gauge({
    name: 'presence_paused',
    help: 'PresenceClusters that are paused, by scope: 1, and no sample when it is not paused.',
    labelNames: ['namespace', 'presencecluster', 'scope'],
    registers: [registry],
    collect() {
      this.reset();
      for (const cluster of clusters.list()) {
        const pause = pauseOf(cluster, clock.now());
        const { namespace, name } = cluster.metadata;
        if (pause.active) this.set({ namespace, presencecluster: name, scope: pause.scope }, 1);
      }
    },
  });
}
