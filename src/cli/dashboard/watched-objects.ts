import type { SourceHealth } from '../../api/dashboard/health.ts';
import { KINDS } from '../../api/v1alpha1/kinds.ts';
import { LABEL } from '../../api/v1alpha1/names.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import { type ChangeEvent, Reflector } from '../../platform/kube/reflector.ts';
import { builtin, type KubeObject, type ResourceType } from '../../platform/kube/resource.ts';
import { Store } from '../../platform/kube/store.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { silentLogger } from '../../platform/telemetry/log.ts';
import { emptyInventory, type Inventory } from '../context/inventory.ts';
import { collect } from '../inventory/collect.ts';
import { type Validation, validateObject } from '../inventory/validate-object.ts';
import { type ClusterEvent, trimEvent } from './cluster-event.ts';
import { type PlacedPod, trimPod } from './placed-pod.ts';

/** Kinds of ours that the page is made of. */
const OUR_KINDS = ['PresenceCluster', 'Wedding', 'RolloutFreeze', 'RolloutOverride'] as const;
type OurKind = (typeof OUR_KINDS)[number];

export interface WatchOptions {
  client: KubeClient;
  clock: Clock;
  /** Absent: all namespaces. */
  namespace: string | undefined;
  /** Called once the store has the change. */
  onChange: (kind: string, event: ChangeEvent) => void;
}

/**
 * What the dashboard reads of a Kubernetes cluster: one watch per kind, however many people look. Objects that break their
 * schema stay apart, so that one of them hides no other.
 */
export class WatchedObjects {
  readonly #ours = new Map<OurKind, Store>();
  readonly #pods = new Store<PlacedPod>();
  readonly #events = new Store<ClusterEvent>();
  readonly #reflectors: readonly { kind: string; reflector: Reflector<never> }[];
  readonly #validations = new WeakMap<KubeObject, Validation>();
  readonly #inventories = new Map<string, Inventory>();

  constructor({ client, clock, namespace, onChange }: WatchOptions) {
    const tools = { client, clock, namespace, log: silentLogger() };
    const reflectors: { kind: string; reflector: Reflector<never> }[] = [];
    const watch = <T extends KubeObject>(
      type: ResourceType,
      store: Store<T>,
      options: { labelSelector?: string; fieldSelector?: string; project?: (object: T) => T } = {},
    ): void => {
      const told = (event: ChangeEvent<T>): void => {
        this.#inventories.delete(event.object.metadata.namespace ?? '');
        onChange(type.kind, event);
      };
      const reflector = new Reflector<T>({ ...tools, ...options, type, store, onChange: told });
      reflectors.push({ kind: type.kind, reflector: reflector as unknown as Reflector<never> });
    };
    for (const kind of OUR_KINDS) {
      const store = new Store();
      this.#ours.set(kind, store);
      watch(KINDS.find((known) => known.kind === kind) as ResourceType, store);
    }
    watch(builtin.Pod, this.#pods, { labelSelector: LABEL.cluster, project: trimPod });
    watch(builtin.Event, this.#events, {
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

  sources(): SourceHealth[] {
    return this.#reflectors.map(({ kind, reflector }) => {
      const { lastError } = reflector;
      const source = { kind, synced: reflector.hasSynced() };
      if (lastError === undefined) return source;
      const { since, message } = lastError;
      const isForbidden = lastError.kind === 'forbidden';
      return { ...source, problem: { since: since.toISOString(), message, isForbidden } };
    });
  }

  /** Of every PresenceCluster, `namespace/name`. */
  clusterKeys(namespace?: string): string[] {
    const clusters = this.#store('PresenceCluster').list(namespace);
    return clusters.map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`);
  }

  /** A PresenceCluster as it came, and what its schema says of it. */
  cluster(key: string): { object: KubeObject; validation: Validation } | undefined {
    const object = this.#store('PresenceCluster').get(key);
    return object === undefined ? undefined : { object, validation: this.#validate(object) };
  }

  /** The valid objects of a namespace. It is made once for as long as nothing there changes. */
  inventory(namespace: string): Inventory {
    const known = this.#inventories.get(namespace);
    if (known !== undefined) return known;
    const inventory = emptyInventory('cluster');
    for (const kind of OUR_KINDS) {
      for (const object of this.#store(kind).list(namespace)) {
        const validation = this.#validate(object);
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

  #store(kind: OurKind): Store {
    return this.#ours.get(kind) as Store;
  }

  #validate(object: KubeObject): Validation {
    let validation = this.#validations.get(object);
    if (validation === undefined) {
      validation = validateObject(object, { namespace: 'default', unknownFields: 'ignore' });
      this.#validations.set(object, validation);
    }
    return validation;
  }
}
