import { keyOf } from '../runtime/object-key.ts';
import { deleteBody, describe, selection, watchLimitMs, writeQuery } from './call-parts.ts';
import type { Requester } from './requester.ts';
import { apiVersionOf, builtin, type KubeObject, pathOf, type ResourceType } from './resource.ts';
import type {
  ApplyOptions,
  CallOptions,
  DeleteOptions,
  JsonPatchOperation,
  KubeClient,
  ListOptions,
  ListResult,
  Scope,
  WatchOptions,
  WriteOptions,
} from './verbs.ts';
import type { WatchEvent } from './watch-stream.ts';

const INITIAL_EVENTS = { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' };
const APPLY = 'application/apply-patch+yaml';
const MERGE_PATCH = 'application/merge-patch+json';
const JSON_PATCH = 'application/json-patch+json';

/**
 * Revision 1 of etcd is the empty store. An apply with a version is refused where the object has another one, and creates it where
 * there is none: https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
const VERSION_OF_NOTHING = '1';

interface WriteCall {
  action: string;
  method: 'POST' | 'PATCH' | 'DELETE';
  path: string;
  contentType: string;
  body: unknown;
  query?: Record<string, string | number | boolean | undefined>;
  absent?: 'ok';
  options: CallOptions & { newConnection?: boolean | undefined };
}

/** The verbs as requests. Scopes are limits put on top of each other by {@link KubeClient.scoped}. */
export class RestClient implements KubeClient {
  readonly #requester: Requester;
  readonly #types: ReadonlyMap<string, ResourceType>;
  readonly #scopes: readonly Scope[];

  constructor(requester: Requester, types: ReadonlyMap<string, ResourceType>, scopes: readonly Scope[]) {
    this.#requester = requester;
    this.#types = types;
    this.#scopes = scopes;
  }

  async get<T extends KubeObject>(
    type: ResourceType,
    namespace: string | undefined,
    name: string,
    options: CallOptions = {},
  ): Promise<T | undefined> {
    return this.#requester.json<T>({
      action: `get ${describe(type, namespace, name)}`,
      method: 'GET',
      path: pathOf(type, { namespace, name }),
      absent: 'ok',
      ...this.#limits(options),
    });
  }

  async list<T extends KubeObject>(type: ResourceType, options: ListOptions = {}): Promise<ListResult<T>> {
    const answer = await this.#requester.json<{
      metadata: { resourceVersion: string; continue?: string };
      items: T[] | null;
    }>({
      action: `list ${describe(type, options.namespace)}`,
      method: 'GET',
      path: pathOf(type, { namespace: options.namespace }),
      query: {
        ...selection(options),
        limit: options.limit,
        continue: options.continueToken,
        resourceVersion: options.resourceVersion,
      },
      ...this.#limits(options),
    });
    const apiVersion = apiVersionOf(type);
    const items = (answer.items ?? []).map((item) => ({ ...item, apiVersion, kind: type.kind }));
    return {
      items,
      resourceVersion: answer.metadata.resourceVersion,
      continueToken: answer.metadata.continue || undefined,
    };
  }

  watch<T extends KubeObject>(
    type: ResourceType,
    options: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>, void, undefined> {
    return this.#requester.watch<T>({
      onOpen: options.onOpen,
      action: `watch ${describe(type, options.namespace)}`,
      method: 'GET',
      path: pathOf(type, { namespace: options.namespace }),
      query: {
        ...selection(options),
        watch: true,
        allowWatchBookmarks: true,
        resourceVersion: options.resourceVersion,
        ...(options.sendInitialEvents === true ? INITIAL_EVENTS : {}),
        timeoutSeconds: options.timeoutSeconds,
      },
      ...this.#limits({ timeoutMs: watchLimitMs(options), ...options }),
    });
  }

  apply<T extends KubeObject>(object: T, options: ApplyOptions): Promise<T> {
    const { metadata } = object;
    const body =
      options.onlyCreate === true
        ? { ...object, metadata: { ...metadata, resourceVersion: VERSION_OF_NOTHING } }
        : object;
    return this.#apply(body, options, undefined);
  }

  applyStatus<T extends KubeObject>(object: T, options: ApplyOptions): Promise<T> {
    const { apiVersion, kind, metadata, status } = object;
    const { name, namespace, uid, resourceVersion } = metadata;
    const body = { apiVersion, kind, metadata: { name, namespace, uid, resourceVersion }, status };
    return this.#apply(body as unknown as T, { force: true, ...options }, 'status');
  }

  async applyScale(
    type: ResourceType,
    namespace: string,
    name: string,
    replicas: number,
    options: ApplyOptions,
  ): Promise<void> {
    const scale = {
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { name, namespace },
      spec: { replicas },
    };
    await this.#write({
      action: `scale ${describe(type, namespace, name)}`,
      method: 'PATCH',
      path: pathOf(type, { namespace, name, subresource: 'scale' }),
      contentType: APPLY,
      body: scale,
      query: writeQuery(options),
      options,
    });
  }

  create<T extends KubeObject>(object: T, options: WriteOptions): Promise<T> {
    const type = this.#typeOf(object);
    const { namespace } = object.metadata;
    if (type.namespaced && !namespace) throw new TypeError(`create ${type.kind}: a namespace is needed`);
    return this.#write<T>({
      action: `create ${describe(type, namespace, object.metadata.name)}`,
      method: 'POST',
      path: pathOf(type, { namespace }),
      contentType: 'application/json',
      body: object,
      query: writeQuery(options),
      options,
    });
  }

  patch<T extends KubeObject>(
    type: ResourceType,
    namespace: string | undefined,
    name: string,
    patch: Record<string, unknown>,
    options: WriteOptions & { subresource?: string },
  ): Promise<T> {
    const subresource = options.subresource === undefined ? {} : { subresource: options.subresource };
    return this.#write<T>({
      action: `patch ${describe(type, namespace, name)}`,
      method: 'PATCH',
      path: pathOf(type, { namespace, name, ...subresource }),
      contentType: MERGE_PATCH,
      body: patch,
      query: writeQuery(options),
      options,
    });
  }

  patchJson<T extends KubeObject>(
    type: ResourceType,
    namespace: string | undefined,
    name: string,
    operations: readonly JsonPatchOperation[],
    options: WriteOptions & { resourceVersion?: string | undefined },
  ): Promise<T> {
    const { resourceVersion } = options;
    // Setting the version to what was read makes the server compare it: 409 when it is another.
    const condition: JsonPatchOperation[] =
      resourceVersion === undefined
        ? []
        : [{ op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion }];
    return this.#write<T>({
      action: `patch ${describe(type, namespace, name)}`,
      method: 'PATCH',
      path: pathOf(type, { namespace, name }),
      contentType: JSON_PATCH,
      body: [...condition, ...operations],
      query: writeQuery(options),
      options,
    });
  }

  async delete(
    type: ResourceType,
    namespace: string | undefined,
    name: string,
    options: DeleteOptions = {},
  ): Promise<void> {
    await this.#write({
      action: `delete ${describe(type, namespace, name)}`,
      method: 'DELETE',
      path: pathOf(type, { namespace, name }),
      contentType: 'application/json',
      body: { apiVersion: 'meta.k8s.io/v1', kind: 'DeleteOptions', ...deleteBody(options) },
      absent: 'ok',
      options,
    });
  }

  async evict(namespace: string, pod: string, options: DeleteOptions = {}): Promise<void> {
    await this.#write({
      action: `evict ${describe(builtin.Pod, namespace, pod)}`,
      method: 'POST',
      path: pathOf(builtin.Pod, { namespace, name: pod, subresource: 'eviction' }),
      contentType: 'application/json',
      body: {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name: pod, namespace },
        deleteOptions: deleteBody(options),
      },
      absent: 'ok',
      options,
    });
  }

  raw(path: string, options: CallOptions = {}): Promise<string> {
    return this.#requester.text({ action: `get ${path}`, method: 'GET', path, ...this.#limits(options) });
  }

  scoped(scope: Scope): KubeClient {
    return new RestClient(this.#requester, this.#types, [...this.#scopes, scope]);
  }

  close(): Promise<void> {
    return this.#requester.close();
  }

  #apply<T extends KubeObject>(
    object: T,
    options: ApplyOptions,
    subresource: 'status' | undefined,
  ): Promise<T> {
    const type = this.#typeOf(object);
    const { namespace, name } = object.metadata;
    return this.#write<T>({
      action: `apply ${subresource === undefined ? '' : `${subresource} of `}${describe(type, namespace, name)}`,
      method: 'PATCH',
      path: pathOf(type, { namespace, name, ...(subresource === undefined ? {} : { subresource }) }),
      contentType: APPLY,
      body: object,
      query: writeQuery(options),
      options,
    });
  }

  #write<T>({ options, body, ...call }: WriteCall): Promise<T> {
    const fence = (): void => {
      for (const scope of this.#scopes) scope.fence?.();
    };
    const { newConnection } = options;
    const request = { ...call, body: JSON.stringify(body), fence, newConnection };
    return this.#requester.json<T>({ ...request, ...this.#limits(options) });
  }

  #limits(options: CallOptions): { signal: AbortSignal | undefined; timeoutMs: number | undefined } {
    const signals = [options.signal, ...this.#scopes.map((scope) => scope.signal)].filter(
      (each) => each !== undefined,
    );
    return {
      signal: signals.length > 1 ? AbortSignal.any(signals) : signals[0],
      timeoutMs: options.timeoutMs,
    };
  }

  #typeOf(object: KubeObject): ResourceType {
    const type = this.#types.get(`${object.apiVersion}/${object.kind}`);
    if (type === undefined) {
      throw new TypeError(
        `${object.apiVersion} ${object.kind} ${keyOf(object)}: this client does not know that kind`,
      );
    }
    return type;
  }
}
