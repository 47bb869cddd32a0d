import { canonicalJson } from '../../src/domain/resources/canonical-json.ts';
import type { ApplyOptions, KubeClient } from '../../src/platform/kube/client.ts';
import { KubeError } from '../../src/platform/kube/errors.ts';
import type { KubeObject, ResourceType } from '../../src/platform/kube/resource.ts';

type Verb = 'get' | 'create' | 'patch' | 'apply' | 'applyStatus' | 'applyScale' | 'delete' | 'evict';
type Json = Record<string, unknown>;

const unused = (): never => {
  throw new Error('this client keeps objects in memory and cannot do that');
};

/**
 * The verbs of a client on objects in memory: `generation` moves with the content, `resourceVersion` with everything,
 * and a write that changes nothing changes neither. Apply merges and never removes fields; tests of that need a server.
 */
export class MemoryKubeClient implements KubeClient {
  readonly objects = new Map<string, KubeObject>();
  #version = 0;
  readonly #refusals = new Map<string, KubeError>();
  readonly #before = new Map<string, () => void>();

  /** Refuses a verb on `Kind/name` from now on, as the API server would. */
  refuse(verb: Verb, key: string, code = 403): void {
    const message = `${verb} ${key}: ${code}: refused by the test`;
    this.#refusals.set(`${verb} ${key}`, new KubeError({ code, reason: 'Refused', message }));
  }

  /** Does something right before the first such call: what another writer does in that moment. */
  before(verb: Verb, key: string, act: () => void): void {
    this.#before.set(`${verb} ${key}`, act);
  }

  /** Puts an object there as it is. */
  put(object: KubeObject): KubeObject {
    return this.#store(object);
  }

  of(key: string): KubeObject | undefined {
    return this.objects.get(key);
  }

  async get<T extends KubeObject>(type: ResourceType, _namespace: string | undefined, name: string) {
    this.#enter('get', `${type.kind}/${name}`);
    return this.objects.get(`${type.kind}/${name}`) as T | undefined;
  }

  async create<T extends KubeObject>(object: T): Promise<T> {
    const key = keyOf(object);
    this.#enter('create', key);
    if (this.objects.has(key))
      throw new KubeError({ code: 409, reason: 'AlreadyExists', message: `${key} is there` });
    return this.#store(encodeSecret(object)) as T;
  }

  async apply<T extends KubeObject>(object: T, options?: ApplyOptions): Promise<T> {
    const key = keyOf(object);
    this.#enter('apply', key);
    if (options?.onlyCreate === true && this.objects.has(key))
      throw new KubeError({ code: 409, reason: 'Conflict', message: `${key} is there` });
    return this.#store(merge(this.objects.get(key), object) as KubeObject) as T;
  }

  async applyStatus<T extends KubeObject>(object: T): Promise<T> {
    const key = keyOf(object);
    this.#enter('applyStatus', key);
    return this.#store({ ...this.#existing(key), status: object.status }) as T;
  }

  async applyScale(type: ResourceType, _namespace: string, name: string, replicas: number): Promise<void> {
    const key = `${type.kind}/${name}`;
    this.#enter('applyScale', key);
    this.#store(merge(this.#existing(key), { spec: { replicas } }) as KubeObject);
  }

  async delete(type: ResourceType, _namespace: string | undefined, name: string): Promise<void> {
    this.#enter('delete', `${type.kind}/${name}`);
    this.objects.delete(`${type.kind}/${name}`);
  }

  async evict(_namespace: string, pod: string): Promise<void> {
    this.#enter('evict', `Pod/${pod}`);
    this.objects.delete(`Pod/${pod}`);
  }

  scoped(): KubeClient {
    return this;
  }

  async close(): Promise<void> {}

  async patch<T extends KubeObject>(
    type: ResourceType,
    _namespace: string | undefined,
    name: string,
    change: Record<string, unknown>,
  ): Promise<T> {
    const key = `${type.kind}/${name}`;
    this.#enter('patch', key);
    const before = this.#existing(key);
    const { resourceVersion = before.metadata.resourceVersion } = (change.metadata ?? {}) as Json;
    if (resourceVersion !== before.metadata.resourceVersion)
      throw new KubeError({ code: 409, reason: 'Conflict', message: `${key} was changed` });
    return this.#store(merge(before, change) as KubeObject) as T;
  }

  list = unused;
  watch = unused;
  patchJson = unused;
  raw = unused;

  #enter(verb: Verb, key: string): void {
    const act = this.#before.get(`${verb} ${key}`);
    this.#before.delete(`${verb} ${key}`);
    act?.();
    const refusal = this.#refusals.get(`${verb} ${key}`);
    if (refusal) throw refusal;
  }

  #existing(key: string): KubeObject {
    const object = this.objects.get(key);
    if (object === undefined)
      throw new KubeError({ code: 404, reason: 'NotFound', message: `${key} not found` });
    return object;
  }

  #store(object: KubeObject): KubeObject {
    const key = keyOf(object);
    const before = this.objects.get(key);
    if (before !== undefined && canonicalJson(before) === canonicalJson(object)) return before;
    const changed = before === undefined || canonicalJson(before.spec) !== canonicalJson(object.spec);
    const generation = (before?.metadata.generation ?? 0) + (changed ? 1 : 0);
    const { uid = before?.metadata.uid ?? `uid-${key}` } = object.metadata;
    const stored: KubeObject = {
      ...object,
      metadata: {
        ...object.metadata,
        uid,
        resourceVersion: String(++this.#version),
        ...(object.spec === undefined ? {} : { generation }),
      },
    };
    this.objects.set(key, stored);
    return stored;
  }
}

function keyOf(object: KubeObject): string {
  return `${object.kind}/${object.metadata.name}`;
}

function merge(before: unknown, after: unknown): unknown {
  if (!isObject(before) || !isObject(after)) return after;
  const merged: Json = { ...before };
  for (const [key, value] of Object.entries(after)) merged[key] = merge(before[key], value);
  return merged;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The API server turns `stringData` of a Secret into `data`. */
function encodeSecret(object: KubeObject): KubeObject {
  if (object.kind !== 'Secret') return object;
  const { stringData = {}, ...rest } = object as KubeObject & { stringData?: Record<string, string> };
  const data = Object.entries(stringData).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  return { ...rest, data: Object.fromEntries(data) };
}
