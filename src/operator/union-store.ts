import type { KubeObject } from '../platform/kube/resource.ts';
import type { StoreReader } from '../platform/kube/store.ts';

/** Several caches read as one: one per namespace, or one per kind (keys of different kinds may then be equal). */
export class UnionStore<T extends KubeObject = KubeObject> implements StoreReader<T> {
  readonly #stores: readonly StoreReader<T>[];

  constructor(stores: readonly StoreReader<T>[]) {
    this.#stores = stores;
  }

  get size(): number {
    return this.#stores.reduce((sum, store) => sum + store.size, 0);
  }

  get(key: string): T | undefined {
    for (const store of this.#stores) {
      const found = store.get(key);
      if (found) return found;
    }
    return undefined;
  }

  list(namespace?: string): T[] {
    return this.#stores.flatMap((store) => store.list(namespace));
  }

  byOwner(uid: string): T[] {
    return this.#stores.flatMap((store) => store.byOwner(uid));
  }

  byLabel(key: string, value: string): T[] {
    return this.#stores.flatMap((store) => store.byLabel(key, value));
  }
}
