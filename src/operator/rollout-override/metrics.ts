import { Gauge, type Registry } from 'prom-client';
import type { RolloutOverride } from '../../api/v1alpha1/kinds.ts';
import { openOverrides } from '../../domain/freeze/override.ts';
import type { StoreReader } from '../../platform/kube/store.ts';
import type { Clock } from '../../platform/runtime/clock.ts';

/** `presence_breakglass_active`: overrides that are open, by PresenceCluster or ChangeFreeze, read from the cache at each scrape. */
export function registerBreakGlassMetric(
  registry: Registry,
  overrides: StoreReader<RolloutOverride>,
  clock: Clock,
): void {
  new Gauge({
    name: 'presence_breakglass_active',
    help: 'RolloutOverrides that open the freeze of a PresenceCluster, or a ChangeFreeze, now.',
    labelNames: ['namespace', 'presencecluster', 'changefreeze'],
    registers: [registry],
    collect() {
      this.reset();
      for (const object of overrides.list()) {
        const { namespace } = object.metadata;
        const { presenceClusterName, changeFreezeName } = object.spec;
        const labels =
          changeFreezeName === undefined
            ? { namespace, presencecluster: presenceClusterName ?? '' }
            : { namespace, changefreeze: changeFreezeName };
        this.inc(labels, openOverrides([object], clock.now()).length);
      }
    },
  });
}
