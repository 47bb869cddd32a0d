import { Gauge, type Registry } from 'prom-client';
import type { RolloutOverride } from '../../api/v1alpha1/kinds.ts';
import { openOverrides } from '../../domain/freeze/override.ts';
import type { StoreReader } from '../../platform/kube/store.ts';
import type { Clock } from '../../platform/runtime/clock.ts';

/** `presence_breakglass_active`: overrides that are open, by PresenceCluster, read from the cache at each scrape. */
export function registerBreakGlassMetric(
  registry: Registry,
  overrides: StoreReader<RolloutOverride>,
  clock: Clock,
): void {
  new Gauge({
    name: 'presence_breakglass_active',
    help: 'RolloutOverrides that open the freeze of a PresenceCluster now.',
    labelNames: ['namespace', 'presencecluster'],
    registers: [registry],
    collect() {
      this.reset();
      for (const object of overrides.list()) {
        const { presenceClusterName } = object.spec;
        if (presenceClusterName === undefined) continue;
        const labels = { namespace: object.metadata.namespace, presencecluster: presenceClusterName };
        this.inc(labels, openOverrides([object], clock.now()).length);
      }
    },
  });
}
