import type { KubeObject, ResourceType } from './resource.ts';
import type { WatchEvent } from './watch-stream.ts';

/** Limits of one call. */
export interface CallOptions {
  /** Ends the call; it rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** The longest the call may take, in milliseconds. */
  timeoutMs?: number | undefined;
}

export interface SelectOptions extends CallOptions {
  /** All namespaces when absent. */
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
}

export interface ListOptions extends SelectOptions {
  /** At most this many items; more follow under `continueToken`. Everything when absent. */
  limit?: number | undefined;
  continueToken?: string | undefined;
  resourceVersion?: string | undefined;
}

export interface ListResult<T extends KubeObject = KubeObject> {
  items: T[];
  /** The version to start a watch from. */
  resourceVersion: string;
  /** Present when a page was full and more items follow. */
  continueToken: string | undefined;
}

export interface WatchOptions extends SelectOptions {
  /** Events after this version; from a list or from the last event seen. */
  resourceVersion?: string | undefined;
  /**
   * Begin with an `ADDED` event for everything there is and a bookmark after the last (WatchList, KEP-3157),
   * in place of a version. A server without it answers 422, or ignores it.
   */
  sendInitialEvents?: boolean | undefined;
  /** The server ends the watch cleanly after this long. */
  timeoutSeconds?: number | undefined;
  /** Called when the server has accepted the watch, before any event. */
  onOpen?: (() => void) | undefined;
}

export interface WriteOptions extends CallOptions {
  /** Who owns the written fields. One name a concern. */
  fieldManager: string;
  /** The server validates and answers, and stores nothing. */
  dryRun?: boolean | undefined;
  /** Over a connection of its own: one that is kept always leads to the same API server of several. */
  newConnection?: boolean | undefined;
}

export interface ApplyOptions extends WriteOptions {
  /** Take fields over from other managers. Only for objects that are ours; a refusal is a 409 otherwise. */
  force?: boolean | undefined;
  /** Only where there is no object of that name; otherwise a conflict, and nothing is written. */
  onlyCreate?: boolean | undefined;
}

export interface DeleteOptions extends CallOptions {
  /** Delete only this incarnation; another one with the same name is a conflict. */
  uid?: string | undefined;
  resourceVersion?: string | undefined;
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan' | undefined;
  gracePeriodSeconds?: number | undefined;
  dryRun?: boolean | undefined;
}

/** A limit put on a client; see {@link KubeClient.scoped}. */
export interface Scope {
  /** Called before each write; throws when this process may not write any more. */
  fence?: (() => void) | undefined;
  /** Ends every call made through the scoped client. */
  signal?: AbortSignal | undefined;
}

/**
 * The verbs of the Kubernetes API on raw JSON. Errors are `KubeError`; nothing is retried here, because the
 * work queue is the one place that does.
 */
export interface KubeClient {
  /** The object, or undefined when it does not exist. */
  get<T extends KubeObject = KubeObject>(
    type: ResourceType,
    namespace: string | undefined,
    name: string,
    options?: CallOptions,
  ): Promise<T | undefined>;
  /** One list request. Items carry `apiVersion` and `kind`, which the server leaves out. */
  list<T extends KubeObject = KubeObject>(type: ResourceType, options?: ListOptions): Promise<ListResult<T>>;
  /** One watch, with bookmarks. Ends when the server ends it; throws `KubeError` when it breaks. */
  watch<T extends KubeObject = KubeObject>(
    type: ResourceType,
    options: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>, void, undefined>;
  /**
   * Server-side apply: creates the object, or sets exactly the given fields and drops those that this field
   * manager gave before. With `metadata.uid` it never creates; with `metadata.resourceVersion` it conflicts
   * when the object has changed.
   */
  apply<T extends KubeObject>(object: T, options: ApplyOptions): Promise<T>;
  /** Server-side apply of `status` alone. `force` is the default: a status has one writer. */
  applyStatus<T extends KubeObject>(object: T, options: ApplyOptions): Promise<T>;
  /** Server-side apply of the replica count through `/scale`. */
  applyScale(
    type: ResourceType,
    namespace: string,
    name: string,
    replicas: number,
    options: ApplyOptions,
  ): Promise<void>;
  create<T extends KubeObject>(object: T, options: WriteOptions): Promise<T>;
  /** JSON merge patch, for what apply cannot say. A `metadata.resourceVersion` in it makes it conditional. */
  patch<T extends KubeObject = KubeObject>(
    type: ResourceType,
    namespace: string | undefined,
    name: string,
    patch: Record<string, unknown>,
    options: WriteOptions & { subresource?: string },
  ): Promise<T>;
  /**
   * JSON patch. With `resourceVersion` it conflicts when the object has changed, and so is the way to change
   * finalizers. (A `test` of the version would do as well, but its failure is a 422 that looks like any other.)
   */
  patchJson<T extends KubeObject = KubeObject>(
    type: ResourceType,
    namespace: string | undefined,
    name: string,
    operations: readonly JsonPatchOperation[],
    options: WriteOptions & { resourceVersion?: string | undefined },
  ): Promise<T>;
  /** Deletes; an object that is not there is a success. */
  delete(
    type: ResourceType,
    namespace: string | undefined,
    name: string,
    options?: DeleteOptions,
  ): Promise<void>;
  /**
   * Asks to evict a pod, which disruption budgets may refuse: `KubeError` with code 429. A pod that is not
   * there is a success.
   */
  evict(namespace: string, pod: string, options?: DeleteOptions): Promise<void>;
  /** Any path of the API server as text, such as `/version` or `/readyz`. */
  raw(path: string, options?: CallOptions): Promise<string>;
  /** The same connections with a fence or a signal added. */
  scoped(scope: Scope): KubeClient;
  close(): Promise<void>;
}

/** One operation of RFC 6902. */
export type JsonPatchOperation =
  | { op: 'add' | 'replace' | 'test'; path: string; value: unknown }
  | { op: 'remove'; path: string };
