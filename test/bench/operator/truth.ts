import { PRESENCE_CLUSTER, WEDDING } from '../../../src/api/v1alpha1/kinds.ts';
import type { KubeClient } from '../../../src/platform/kube/client.ts';
import { createReflector, type Reflector } from '../../../src/platform/kube/reflector.ts';
import { builtin, type KubeObject, type ResourceType } from '../../../src/platform/kube/resource.ts';
import { createStore, type Store } from '../../../src/platform/kube/store.ts';
import { systemClock } from '../../../src/platform/runtime/clock.ts';
import { silentLogger } from '../../../src/platform/telemetry/log.ts';

/** What the API server says, seen by a third party: whether the operator has done its work, and when. */
export class Truth {
  readonly #client: KubeClient;
  readonly #reflectors: Reflector[] = [];
  readonly #clusters: Store;
  readonly #weddings: Store;
  readonly #deployments: Store;
  /** Wall time in ms at which a Deployment of this key was first seen with these replicas. */
  readonly scaled = new Map<string, { replicas: number; atMs: number }>();

  constructor(client: KubeClient) {
    this.#client = client;
    this.#clusters = this.#follow(PRESENCE_CLUSTER);
    this.#weddings = this.#follow(WEDDING);
    this.#deployments = this.#follow(builtin.Deployment, (key, object) => {
      const { replicas } = object.spec as { replicas: number };
      if (this.scaled.get(key)?.replicas !== replicas) this.scaled.set(key, { replicas, atMs: Date.now() });
    });
  }

  #follow(type: ResourceType, seen: (key: string, object: KubeObject) => void = () => undefined): Store {
    const store = createStore();
    const reflector = createReflector({
      client: this.#client,
      type,
      store,
      onChange: ({ key, object }) => seen(key, object),
      log: silentLogger(),
      clock: systemClock,
    });
    reflector.start();
    this.#reflectors.push(reflector);
    return store;
  }

  /** Objects whose status speaks of their latest spec, and Deployments. */
  counts(): { clusters: number; weddings: number; deployments: number } {
    const observed = ({ status, metadata }: KubeObject): boolean =>
      (status as { observedGeneration?: number } | undefined)?.observedGeneration === metadata.generation;
    return {
      clusters: this.#clusters.list().filter(observed).length,
      weddings: this.#weddings.list().filter(observed).length,
      deployments: this.#deployments.size,
    };
  }

  async stop(): Promise<void> {
    await Promise.all(this.#reflectors.map((reflector) => reflector.stop()));
  }
}
