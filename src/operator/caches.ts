import type {
  ChangeFreeze,
  PresenceCluster,
  PresenceOptimization,
  RolloutOverride,
  Wedding,
  WeddingCalendar,
} from '../api/v1alpha1/kinds.ts';
import { LABEL } from '../api/v1alpha1/names.ts';
import { MANAGED_BY } from '../domain/resources/manifest.ts';
import { type ChangeEvent, Reflector, type ReflectorOptions } from '../platform/kube/reflector.ts';
import { builtin, type KubeObject, type ResourceType } from '../platform/kube/resource.ts';
import { Store, type StoreReader, UnionStore } from '../platform/kube/store.ts';
import type { Cache } from '../platform/runtime/manager.ts';
import type { PersistentVolumeClaim } from './cluster-state/claims.ts';
import type { ClusterStores } from './cluster-state/gather.ts';
import { type KubeNode, trimNode } from './cluster-state/kube-node.ts';
import type { Pod } from './cluster-state/pod.ts';
import { trimWorkload } from './cluster-state/trim-workload.ts';
import { CHILD_TYPES, ownType } from './objects/kinds.ts';

export interface Stores extends ClusterStores {
  optimizations: StoreReader<PresenceOptimization>;
  calendars: StoreReader<WeddingCalendar>;
  changeFreezes: StoreReader<ChangeFreeze>;
}

export type CacheName = keyof Stores;

/** Called for each change of an object, once the store has it. */
export interface ChangeHandlers {
  clusters: (event: ChangeEvent<PresenceCluster>) => void;
  weddings: (event: ChangeEvent<Wedding>) => void;
  overrides: (event: ChangeEvent<RolloutOverride>) => void;
  optimizations: (event: ChangeEvent<PresenceOptimization>) => void;
  calendars: (event: ChangeEvent<WeddingCalendar>) => void;
  changeFreezes: (event: ChangeEvent<ChangeFreeze>) => void;
  nodes: (event: ChangeEvent<KubeNode>) => void;
  pods: (event: ChangeEvent<Pod>) => void;
  /** A PersistentVolumeClaim of a Redis pod. */
  claims: (event: ChangeEvent) => void;
  /** A child of a PresenceCluster of any kind but Pod. */
  children: (event: ChangeEvent) => void;
}

type Tools = Pick<ReflectorOptions, 'client' | 'clock' | 'log' | 'metrics'>;

export interface Caches {
  stores: Stores;
  /** The watches that fill the stores, not yet started. Called once. */
  watch(tools: Tools, onChange: ChangeHandlers): Record<CacheName, readonly Cache[]>;
}

/**
 * Only objects with our own labels are cached, so that a big cluster costs nothing. Of pods and claims one label is enough: the operator
 * puts the others back.
 */
const OURS = `${LABEL.managedBy}=${MANAGED_BY},${LABEL.cluster}`;

/**
 * The stores of everything that the operator reads, empty. Reconcilers read the stores and changes enqueue reconcilers, so
 * the watches are made after both.
 *
 * @param namespaces empty: all namespaces
 */
export function createCaches(namespaces: readonly string[]): Caches {
  const scopes = namespaces.length > 0 ? namespaces : [undefined];
  const clusters = new KindCache<PresenceCluster>(ownType('PresenceCluster'), scopes);
  const weddings = new KindCache<Wedding>(ownType('Wedding'), scopes);
  const overrides = new KindCache<RolloutOverride>(ownType('RolloutOverride'), scopes);
  const optimizations = new KindCache<PresenceOptimization>(ownType('PresenceOptimization'), scopes);
  const calendars = new KindCache<WeddingCalendar>(ownType('WeddingCalendar'), scopes);
  const changeFreezes = new KindCache<ChangeFreeze>(ownType('ChangeFreeze'), scopes);
  const pods = new KindCache<Pod>(builtin.Pod, scopes, { labelSelector: LABEL.cluster });
  // The StatefulSet controller makes them, with the labels of its selector alone.
  const claims = new KindCache<PersistentVolumeClaim>(builtin.PersistentVolumeClaim, scopes, {
    labelSelector: LABEL.cluster,
  });
  const children = CHILD_TYPES.map(
    (type) => new KindCache(type, scopes, { labelSelector: OURS, project: trimWorkload }),
  );
  // Nodes are not in a namespace: an operator of some namespaces has no right to read them, and does without.
  const nodes =
    namespaces.length > 0
      ? undefined
      : new KindCache<KubeNode>(builtin.Node, [undefined], { project: trimNode });
  return {
    stores: {
      clusters: clusters.store,
      weddings: weddings.store,
      overrides: overrides.store,
      optimizations: optimizations.store,
      calendars: calendars.store,
      changeFreezes: changeFreezes.store,
      pods: pods.store,
      claims: claims.store,
      children: new UnionStore(children.map(({ store }) => store)),
      nodes: nodes?.store,
    },
    watch: (tools, onChange) => ({
      nodes: nodes?.watch(tools, onChange.nodes) ?? [],
      clusters: clusters.watch(tools, onChange.clusters),
      weddings: weddings.watch(tools, onChange.weddings),
      overrides: overrides.watch(tools, onChange.overrides),
      optimizations: optimizations.watch(tools, onChange.optimizations),
      calendars: calendars.watch(tools, onChange.calendars),
      changeFreezes: changeFreezes.watch(tools, onChange.changeFreezes),
      pods: pods.watch(tools, onChange.pods),
      claims: claims.watch(tools, onChange.claims),
      children: children.flatMap((each) => each.watch(tools, onChange.children)),
    }),
  };
}

/** The cache of one kind: a store per namespace that is watched. */
class KindCache<T extends KubeObject> {
  readonly store: StoreReader<T>;
  readonly #type: ResourceType;
  readonly #options: Pick<ReflectorOptions<T>, 'labelSelector' | 'project'>;
  readonly #stores: readonly { namespace: string | undefined; store: Store<T> }[];

  constructor(
    type: ResourceType,
    scopes: readonly (string | undefined)[],
    options: Pick<ReflectorOptions<T>, 'labelSelector' | 'project'> = {},
  ) {
    this.#type = type;
    this.#options = options;
    this.#stores = scopes.map((namespace) => ({ namespace, store: new Store<T>() }));
    this.store = new UnionStore(this.#stores.map(({ store }) => store));
  }

  watch(tools: Tools, onChange: (event: ChangeEvent<T>) => void): Reflector<T>[] {
    return this.#stores.map(
      ({ namespace, store }) =>
        new Reflector<T>({ ...tools, ...this.#options, type: this.#type, namespace, store, onChange }),
    );
  }
}
