import { keyOf } from '../runtime/object-key.ts';
import type { CacheWriter } from './cache-writer.ts';
import type { KubeClient } from './client.ts';
import type { KubeObject, ResourceType } from './resource.ts';
import type { Store } from './store.ts';
import type { SelectOptions } from './verbs.ts';

/** Which objects of a resource type are cached. */
export type Selection = Pick<SelectOptions, 'namespace' | 'labelSelector' | 'fieldSelector'>;

/** Items a page: client-go's default. */
const PAGE_SIZE = 500;
/** Marks the bookmark after the last initial event (KEP-3157). */
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

/**
 * One complete picture of a resource type on its way into the cache, piece by piece. Objects that it does not
 * show are gone; that is known only at its end.
 */
export class InitialList<T extends KubeObject> {
  readonly #cache: CacheWriter<T>;
  readonly #resync: boolean;
  readonly #seen = new Set<string>();

  /** @param resync tell objects that have not changed as well */
  constructor(cache: CacheWriter<T>, resync: boolean) {
    this.#cache = cache;
    this.#resync = resync;
  }

  put(item: T): void {
    const key = this.#cache.put(item, { fromList: true, resync: this.#resync });
    if (key !== undefined) this.#seen.add(key);
  }

  /**
   * One event of a watch that begins with everything there is. Its snapshot comes as `ADDED`, but what changes
   * before the server sends the bookmark behind it comes first, as what it is.
   */
  take(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: T): void {
    if (type !== 'DELETED') this.put(object);
    else this.#cache.remove(object, { fromList: true });
  }

  /** The picture is complete: what is in the store and was not shown has vanished. */
  finish(store: Store<T>, namespace: string | undefined): void {
    for (const object of store.list(namespace)) {
      if (!this.#seen.has(keyOf(object))) this.#cache.remove(object, { fromList: true });
    }
  }
}

/** Whether this object of a `BOOKMARK` event says that all initial events were sent. */
export function endsInitialEvents(object: KubeObject): boolean {
  return object?.metadata?.annotations?.[INITIAL_EVENTS_END] === 'true';
}

/**
 * Reads a resource type page by page.
 *
 * @returns the version to watch from
 */
export async function readPages<T extends KubeObject>(
  client: Pick<KubeClient, 'list'>,
  type: ResourceType,
  how: Selection & { signal: AbortSignal; onPage: () => void },
  into: InitialList<T>,
): Promise<string> {
  const { onPage, ...selection } = how;
  let continueToken: string | undefined;
  let resourceVersion: string;
  do {
    onPage();
    const page = await client.list<T>(type, { ...selection, limit: PAGE_SIZE, continueToken });
    selection.signal.throwIfAborted();
    for (const item of page.items) into.put(item);
    ({ continueToken, resourceVersion } = page);
  } while (continueToken !== undefined);
  return resourceVersion;
}
