import type { KubeObject } from '../platform/kube/resource.ts';
import type { StoreReader } from '../platform/kube/store.ts';

/** Several caches read as one: one a namespace, or one a kind (keys of different kinds may then be equal). */
export class UnionStore implements StoreReader {
  readonly #stores: readonly StoreReader[];

  constructor(stores: readonly StoreReader[]) {
    this.#stores = stores;
  }

  get size(): number {
    return this.#stores.reduce((sum, store) => sum + store.size, 0);
  }

  get(key: string): KubeObject | undefined {
    for (const store of this.#stores) {
      const found = store.get(key);
      if (found) return found;
    }
    return undefined;
  }

  list(namespace?: string): KubeObject[] {
    return this.#stores.flatMap((store) => store.list(namespace));
  }

  byOwner(uid: string): KubeObject[] {
    return this.#stores.flatMap((store) => store.byOwner(uid));
  }

  byLabel(key: string, value: string): KubeObject[] {
    return this.#stores.flatMap((store) => store.byLabel(key, value));
  }
}
