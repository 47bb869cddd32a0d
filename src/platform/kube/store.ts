import { keyOf } from '../runtime/object-key.ts';
import type { KubeObject } from './resource.ts';

/** The reading side of a cache. Objects are shared: a caller that changes one copies it first. */
export interface StoreReader<T extends KubeObject = KubeObject> {
  get(key: string): T | undefined;
  /** All objects, or those of one namespace. */
  list(namespace?: string): T[];
  /** Objects with an owner reference to this uid. */
  byOwner(uid: string): T[];
  byLabel(key: string, value: string): T[];
  readonly size: number;
}

/** Values of one property of the objects, each with the keys of the objects that have it. */
class Index {
  readonly #keys = new Map<string, Set<string>>();
  readonly #valuesOf: (object: KubeObject) => readonly string[];

  constructor(valuesOf: (object: KubeObject) => readonly string[]) {
    this.#valuesOf = valuesOf;
  }

  add(key: string, object: KubeObject): void {
    for (const value of this.#valuesOf(object)) {
      const keys = this.#keys.get(value);
      if (keys === undefined) this.#keys.set(value, new Set([key]));
      else keys.add(key);
    }
  }

  remove(key: string, object: KubeObject): void {
    for (const value of this.#valuesOf(object)) {
      const keys = this.#keys.get(value);
      keys?.delete(key);
      if (keys?.size === 0) this.#keys.delete(value);
    }
  }

  find(value: string): Iterable<string> {
    return this.#keys.get(value) ?? [];
  }
}

function ownersOf({ metadata }: KubeObject): string[] {
  // Raw JSON of any origin: a list of the wrong type must not keep other objects out.
  return Array.isArray(metadata.ownerReferences) ? metadata.ownerReferences.map((owner) => owner?.uid) : [];
}

/**
 * A cache of one resource type as raw JSON. The index of a label key is built when it is first asked for, so
 * that no unused index is kept.
 */
export class Store<T extends KubeObject = KubeObject> implements StoreReader<T> {
  readonly #objects = new Map<string, T>();
  readonly #owners = new Index(ownersOf);
  readonly #namespaces = new Index((object) => [object.metadata.namespace ?? '']);
  readonly #labels = new Map<string, Index>();

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  list(namespace?: string): T[] {
    return namespace === undefined
      ? [...this.#objects.values()]
      : this.#resolve(this.#namespaces.find(namespace));
  }

  byOwner(uid: string): T[] {
    return this.#resolve(this.#owners.find(uid));
  }

  byLabel(key: string, value: string): T[] {
    let index = this.#labels.get(key);
    if (index === undefined) {
      index = new Index((object) => {
        const found = object.metadata.labels?.[key];
        return found === undefined ? [] : [found];
      });
      for (const [objectKey, object] of this.#objects) index.add(objectKey, object);
      this.#labels.set(key, index);
    }
    return this.#resolve(index.find(value));
  }

  /** Adds or replaces an object and gives the previous one. */
  put(object: T): T | undefined {
    const key = keyOf(object);
    const previous = this.remove(key);
    this.#objects.set(key, object);
    for (const index of this.#indexes()) index.add(key, object);
    return previous;
  }

  /** Removes an object and gives it back. */
  remove(key: string): T | undefined {
    const object = this.#objects.get(key);
    if (object === undefined) return undefined;
    this.#objects.delete(key);
    for (const index of this.#indexes()) index.remove(key, object);
    return object;
  }

  #indexes(): Index[] {
    return [this.#owners, this.#namespaces, ...this.#labels.values()];
  }

  #resolve(keys: Iterable<string>): T[] {
    const objects: T[] = [];
    for (const key of keys) {
      const object = this.#objects.get(key);
      if (object !== undefined) objects.push(object);
    }
    return objects;
  }
}

/** An empty cache; a reflector fills it. */
export function createStore<T extends KubeObject = KubeObject>(): Store<T> {
  return new Store<T>();
}

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
