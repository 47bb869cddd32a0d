import { LABEL } from '../api/v1alpha1/names.ts';
import { MANAGED_BY } from '../domain/resources/manifest.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import { type ChangeEvent, Reflector } from '../platform/kube/reflector.ts';
import { builtin, type KubeObject, type ResourceType } from '../platform/kube/resource.ts';
import { Store, type StoreReader } from '../platform/kube/store.ts';
import type { Clock } from '../platform/runtime/clock.ts';
import type { Logger } from '../platform/telemetry/log.ts';
import type { Metrics } from '../platform/telemetry/metrics.ts';
import type { ClusterStores } from './cluster-state/gather.ts';
import { NodeStore } from './cluster-state/kube-node.ts';
import { leanWorkload } from './cluster-state/lean-workload.ts';
import { CHILD_TYPES, ownType } from './objects/kinds.ts';
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
    optimization: (event: ChangeEvent) => void;
    calendar: (event: ChangeEvent) => void;
    node: (event: ChangeEvent) => void;
    /** A child or a pod of a PresenceCluster. */
    child: (event: ChangeEvent) => void;
  };
}

export interface Caches {
  stores: ClusterStores & { overrides: StoreReader; optimizations: StoreReader; calendars: StoreReader };
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
    project?: (object: KubeObject) => KubeObject,
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
          project,
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
  const { nodes, reflectors: ofNodes } = nodeCache(options);
  reflectors.push(...ofNodes);
  return {
    stores: {
      ...(nodes === undefined ? {} : { nodes }),
      clusters: cache(ownType('PresenceCluster'), onChange.cluster),
      weddings: cache(ownType('Wedding'), onChange.wedding),
      overrides: cache(ownType('RolloutOverride'), onChange.override),
      optimizations: cache(ownType('PresenceOptimization'), onChange.optimization),
      calendars: cache(ownType('WeddingCalendar'), onChange.calendar),
      pods: cache(builtin.Pod, onChange.child, OURS),
      children: new UnionStore(CHILD_TYPES.map((type) => cache(type, onChange.child, OURS, leanWorkload))),
    },
    reflectors,
  };
}

/** Nodes are not in a namespace: an operator of some namespaces has no right to read them, and does without. */
function nodeCache({ client, namespaces, clock, log, metrics, onChange }: CacheOptions): {
  nodes?: NodeStore;
  reflectors: Reflector[];
} {
  if (namespaces.length > 0) return { reflectors: [] };
  const store = new NodeStore();
  const type = builtin.Node;
  const reflector = new Reflector({ client, type, store, onChange: onChange.node, clock, log, metrics });
  return { nodes: store, reflectors: [reflector] };
}
