import { LABEL } from '../api/v1alpha1/names.ts';
import { MANAGED_BY } from '../domain/resources/manifest.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import { type ChangeEvent, Reflector } from '../platform/kube/reflector.ts';
import { builtin, type ResourceType } from '../platform/kube/resource.ts';
import { Store, type StoreReader } from '../platform/kube/store.ts';
import type { Clock } from '../platform/runtime/clock.ts';
import type { Logger } from '../platform/telemetry/log.ts';
import type { Metrics } from '../platform/telemetry/metrics.ts';
import { CHILD_TYPES, ownType } from './kinds.ts';
import type { ClusterStores } from './presence-cluster/gather.ts';
import { UnionStore } from './union-store.ts';

export interface CacheOptions {
  client: KubeClient;
  /** Empty: all namespaces. */
  namespaces: readonly string[];
  clock: Clock;
  log: Logger;
  metrics: Metrics;
  onChange: {
    cluster: (event: ChangeEvent) => void;
    wedding: (event: ChangeEvent) => void;
    override: (event: ChangeEvent) => void;
    /** A child or a pod of a PresenceCluster. */
    child: (event: ChangeEvent) => void;
  };
}

export interface Caches {
  stores: ClusterStores & { overrides: StoreReader };
  reflectors: Reflector[];
}

/** Only objects with our own label are cached, so that a big cluster costs nothing. */
const OURS = `${LABEL.managedBy}=${MANAGED_BY},${LABEL.cluster}`;

export function createCaches(options: CacheOptions): Caches {
  const { onChange } = options;
  const reflectors: Reflector[] = [];
  const cache = (
    type: ResourceType,
    handler: (event: ChangeEvent) => void,
    labelSelector?: string,
  ): UnionStore => {
    const scopes = options.namespaces.length > 0 ? options.namespaces : [undefined];
    const stores = scopes.map((namespace) => {
      const store = new Store();
      const { client, clock, log, metrics } = options;
      reflectors.push(
        new Reflector({
          client,
          type,
          namespace,
          labelSelector,
          store,
          onChange: handler,
          clock,
          log,
          metrics,
        }),
      );
      return store;
    });
    return new UnionStore(stores);
  };
  return {
    stores: {
      clusters: cache(ownType('PresenceCluster'), onChange.cluster),
      weddings: cache(ownType('Wedding'), onChange.wedding),
      overrides: cache(ownType('RolloutOverride'), onChange.override),
      pods: cache(builtin.Pod, onChange.child, OURS),
      children: new UnionStore(CHILD_TYPES.map((type) => cache(type, onChange.child, OURS))),
    },
    reflectors,
  };
}
