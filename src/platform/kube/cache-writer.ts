import { keyOf } from '../runtime/object-key.ts';
import { apiVersionOf, type KubeObject, type ResourceType } from './resource.ts';
import type { Store } from './store.ts';

/** What happened to an object in the cache. The cache has already changed. */
export interface ChangeEvent<T extends KubeObject = KubeObject> {
  type: 'added' | 'updated' | 'deleted';
  key: string;
  /** The object now, or as it last was. */
  object: T;
  previous: T | undefined;
  /** It came from a list: the first one, one after a gap, or the periodic one. Live changes come first. */
  fromList: boolean;
}

/** `kubectl apply` keeps a second copy of the whole object in it. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

export interface CacheWriterOptions<T extends KubeObject> {
  type: ResourceType;
  store: Store<T>;
  onChange: (event: ChangeEvent<T>) => void;
  /** What of each object is worth its memory; see {@link ReflectorOptions.project}. */
  project?: ((object: T) => T) | undefined;
  /** Gets the errors that `onChange` throws; they stop nothing. */
  onHandlerError: (error: unknown, key: string) => void;
}

/** Puts the objects of lists and watches into a store and notifies the handler of each change. */
export class CacheWriter<T extends KubeObject> {
  readonly #options: CacheWriterOptions<T>;

  constructor(options: CacheWriterOptions<T>) {
    this.#options = options;
  }

  /**
   * Gives the key, or undefined for what is no object: which is reported as an error and stops nothing.
   *
   * @param how `resync`: notify of objects that have not changed as well
   */
  put(object: T, how: { fromList: boolean; resync: boolean }): string | undefined {
    if (!this.#isObject(object)) return undefined;
    this.#put(this.#cut(this.#tidy(object)), how);
    return keyOf(object);
  }

  /** What of an object is kept. One of an odd shape is kept whole: it is there, and must not keep others out. */
  #cut(object: T): T {
    try {
      return this.#options.project?.(object) ?? object;
    } catch (error) {
      this.#options.onHandlerError(error, keyOf(object));
      return object;
    }
  }

  #put(stored: T, how: { fromList: boolean; resync: boolean }): void {
    const { store } = this.#options;
    const key = keyOf(stored);
    const known = store.get(key);
    const replaced = known !== undefined && known.metadata.uid !== stored.metadata.uid;
    // Deleted and made again between two lists: a handler that counts needs both events.
    if (replaced) this.remove(known, how);
    const previous = store.put(stored);
    const same = previous?.metadata.resourceVersion === stored.metadata.resourceVersion;
    if (previous !== undefined && same && !how.resync) return;
    const type = previous === undefined ? 'added' : 'updated';
    this.#notify({ type, key, object: stored, previous, fromList: how.fromList });
  }

  remove(object: T, how: { fromList: boolean }): void {
    if (!this.#isObject(object)) return;
    const key = keyOf(object);
    const previous = this.#options.store.remove(key);
    if (previous === undefined) return;
    this.#notify({ type: 'deleted', key, object: this.#tidy(object), previous, fromList: how.fromList });
  }

  #isObject(object: T): boolean {
    if (typeof object?.metadata?.name === 'string') return true;
    this.#options.onHandlerError(new TypeError(`not an object of kind ${this.#options.type.kind}`), '');
    return false;
  }

  /** One form for what lists and watches give: stamped with its kind, without fields that are not read. */
  #tidy(object: T): T {
    const { managedFields: _, ...metadata } = object.metadata;
    if (metadata.annotations?.[LAST_APPLIED] !== undefined) {
      const { [LAST_APPLIED]: __, ...annotations } = metadata.annotations;
      metadata.annotations = annotations;
    }
    const { type } = this.#options;
    return { ...object, apiVersion: apiVersionOf(type), kind: type.kind, metadata };
  }

  #notify(event: ChangeEvent<T>): void {
    try {
      this.#options.onChange(event);
    } catch (error) {
      this.#options.onHandlerError(error, event.key);
    }
  }
}
