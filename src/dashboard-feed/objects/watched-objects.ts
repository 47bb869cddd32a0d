import type { SourceHealth } from '../../api/dashboard/health.ts';
import { KINDS } from '../../api/v1alpha1/kinds.ts';
import { LABEL } from '../../api/v1alpha1/names.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import { type ChangeEvent, Reflector } from '../../platform/kube/reflector.ts';
import { builtin, type KubeObject, type ResourceType } from '../../platform/kube/resource.ts';
import { Store, type StoreReader, UnionStore } from '../../platform/kube/store.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { silentLogger } from '../../platform/telemetry/log.ts';
import { collect } from '../../reports/collect.ts';
import { emptyInventory, type Inventory } from '../../reports/inventory.ts';
import { type CheckedObject, checkObject } from './checked-object.ts';
import { type ClusterEvent, trimEvent } from './cluster-event.ts';
import { type PlacedPod, trimPod } from './placed-pod.ts';

/** Kinds of ours that the page is made of. */
const OUR_KINDS = ['PresenceCluster', 'Wedding', 'RolloutFreeze', 'RolloutOverride'] as const;
type OurKind = (typeof OUR_KINDS)[number];

export interface WatchOptions {
  client: KubeClient;
  clock: Clock;
  /** Empty: all namespaces. */
  namespaces: readonly string[];
  /** Called once the store has the change. */
  onChange: (kind: string, event: ChangeEvent) => void;
}

/**
 * What the dashboard reads of a Kubernetes cluster: one watch per kind, however many people look. Objects that break their
 * schema stay apart, so that one of them hides no other.
 */
export class WatchedObjects {
  readonly #ours = new Map<OurKind, StoreReader<CheckedObject>>();
  readonly #pods: StoreReader<PlacedPod>;
  readonly #events: StoreReader<ClusterEvent>;
  readonly #reflectors: readonly { kind: string; reflector: Reflector<never> }[];
  readonly #inventories = new Map<string, Inventory>();

  constructor({ client, clock, namespaces, onChange }: WatchOptions) {
    const tools = { client, clock, log: silentLogger() };
    const scopes = namespaces.length > 0 ? namespaces : [undefined];
    const reflectors: { kind: string; reflector: Reflector<never> }[] = [];
    const watch = <T extends KubeObject>(
      type: ResourceType,
      options: { labelSelector?: string; fieldSelector?: string; project?: (object: T) => T } = {},
    ): StoreReader<T> => {
      const told = (event: ChangeEvent<T>): void => {
        this.#inventories.delete(event.object.metadata.namespace ?? '');
        onChange(type.kind, event);
      };
      const stores = scopes.map((namespace) => {
        const store = new Store<T>();
        const reflector = new Reflector<T>({ ...tools, ...options, namespace, type, store, onChange: told });
        reflectors.push({ kind: type.kind, reflector: reflector as unknown as Reflector<never> });
        return store;
      });
      return new UnionStore(stores);
    };
    for (const kind of OUR_KINDS) {
      const type = KINDS.find((known) => known.kind === kind) as ResourceType;
      this.#ours.set(kind, watch<CheckedObject>(type, { project: checkObject }));
    }
    this.#pods = watch(builtin.Pod, { labelSelector: LABEL.cluster, project: trimPod });
    this.#events = watch(builtin.Event, {
      fieldSelector: 'regarding.kind=PresenceCluster',
      project: trimEvent,
    });
    this.#reflectors = reflectors;
  }

  start(): void {
    for (const { reflector } of this.#reflectors) reflector.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#reflectors.map(({ reflector }) => reflector.stop()));
  }

  /** Each kind once, with the first trouble of its watches. */
  sources(): SourceHealth[] {
    const kinds = new Set(this.#reflectors.map(({ kind }) => kind));
    return [...kinds].map((kind) => {
      const reflectors = this.#reflectors.filter((each) => each.kind === kind);
      const synced = reflectors.every(({ reflector }) => reflector.hasSynced());
      const lastError = reflectors.find(({ reflector }) => reflector.lastError)?.reflector.lastError;
      if (lastError === undefined) return { kind, synced };
      const { since, message } = lastError;
      const isForbidden = lastError.kind === 'forbidden';
      return { kind, synced, problem: { since: since.toISOString(), message, isForbidden } };
    });
  }

  /** Whether every watch of a kind has read a complete list, or may not. */
  hasRead(kind: string): boolean {
    return this.#reflectors
      .filter((each) => each.kind === kind)
      .every(({ reflector }) => reflector.hasSynced() || reflector.lastError?.kind === 'forbidden');
  }

  /** Of every PresenceCluster, `namespace/name`. */
  clusterKeys(namespace?: string): string[] {
    const clusters = this.#store('PresenceCluster').list(namespace);
    return clusters.map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`);
  }

  /** What the schema says of a PresenceCluster. */
  cluster(key: string): CheckedObject | undefined {
    return this.#store('PresenceCluster').get(key);
  }

  /** The valid objects of a namespace. It is made once for as long as nothing there changes. */
  inventory(namespace: string): Inventory {
    const known = this.#inventories.get(namespace);
    if (known !== undefined) return known;
    const inventory = emptyInventory('cluster');
    for (const kind of OUR_KINDS) {
      for (const { validation } of this.#store(kind).list(namespace)) {
        if (validation.ours && validation.valid) collect(inventory, validation.object);
      }
    }
    this.#inventories.set(namespace, inventory);
    return inventory;
  }

  /** The pods of a PresenceCluster by name. */
  pods(namespace: string, name: string): ReadonlyMap<string, PlacedPod> {
    const pods = this.#pods
      .byLabel(LABEL.cluster, name)
      .filter((pod) => pod.metadata.namespace === namespace);
    return new Map(pods.map((pod) => [pod.metadata.name, pod]));
  }

  /** The events about a PresenceCluster. */
  events(namespace: string, name: string): ClusterEvent[] {
    return this.#events.list(namespace).filter(({ regarding }) => regarding === name);
  }

  #store(kind: OurKind): StoreReader<CheckedObject> {
    return this.#ours.get(kind) as StoreReader<CheckedObject>;
  }
}
