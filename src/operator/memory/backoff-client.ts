import type { KubeClient } from '../../platform/kube/client.ts';
import { builtin, type KubeObject, type ResourceType } from '../../platform/kube/resource.ts';
import type {
  ApplyOptions,
  CallOptions,
  DeleteOptions,
  JsonPatchOperation,
  ListOptions,
  ListResult,
  Scope,
  WatchOptions,
  WriteOptions,
} from '../../platform/kube/verbs.ts';
import type { WatchEvent } from '../../platform/kube/watch-stream.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { contentHash } from '../objects/content-hash.ts';
import type { RefusedWrites, Write } from './refused-writes.ts';

/** A client that does not repeat a refused write before its time; see {@link RefusedWrites}. */
export class BackoffClient implements KubeClient {
  readonly #client: KubeClient;
  readonly #refused: RefusedWrites;
  readonly #clock: Clock;

  constructor(client: KubeClient, refused: RefusedWrites, clock: Clock) {
    this.#client = client;
    this.#refused = refused;
    this.#clock = clock;
  }

  get<T extends KubeObject>(
    type: ResourceType,
    namespace: string | undefined,
    name: string,
    options?: CallOptions,
  ): Promise<T | undefined> {
    return this.#refused.read(type, namespace, name, this.#clock.monotonicMs(), () =>
      this.#client.get<T>(type, namespace, name, options),
    );
  }

  list<T extends KubeObject>(type: ResourceType, options?: ListOptions): Promise<ListResult<T>> {
    return this.#client.list<T>(type, options);
  }

  watch<T extends KubeObject>(
    type: ResourceType,
    options: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>, void, undefined> {
    return this.#client.watch<T>(type, options);
  }

  apply<T extends KubeObject>(object: T, options: ApplyOptions): Promise<T> {
    return this.#send(this.#whole('apply', object, options), () => this.#client.apply(object, options));
  }

  applyStatus<T extends KubeObject>(object: T, options: ApplyOptions): Promise<T> {
    const { observedGeneration } = (object.status ?? {}) as { observedGeneration?: number };
    // Its times differ at each try.
    const content = (): string => String(observedGeneration);
    const write: Write = { ...this.#whole('status', object, options), pace: 'Urgent', content };
    return this.#send(write, () => this.#client.applyStatus(object, options));
  }

  applyScale(
    type: ResourceType,
    namespace: string,
    name: string,
    replicas: number,
    options: ApplyOptions,
  ): Promise<void> {
    const write = writeOf('scale', type.kind, namespace, name, options, replicas);
    return this.#send({ ...write, pace: 'Urgent' }, () =>
      this.#client.applyScale(type, namespace, name, replicas, options),
    );
  }

  create<T extends KubeObject>(object: T, options: WriteOptions): Promise<T> {
    return this.#send(this.#whole('create', object, options), () => this.#client.create(object, options));
  }

  patch<T extends KubeObject>(
    type: ResourceType,
    namespace: string | undefined,
    name: string,
    patch: Record<string, unknown>,
    options: WriteOptions & { subresource?: string },
  ): Promise<T> {
    const write = writeOf('patch', type.kind, namespace, name, options, [patch, options.subresource]);
    // What drains may do with a pod does not wait because what it costs to delete it is refused.
    const verb = `${write.verb} by ${options.fieldManager}`;
    return this.#send({ ...write, verb }, () => this.#client.patch<T>(type, namespace, name, patch, options));
  }

  patchJson<T extends KubeObject>(
    type: ResourceType,
    namespace: string | undefined,
    name: string,
    operations: readonly JsonPatchOperation[],
    options: WriteOptions & { resourceVersion?: string | undefined },
  ): Promise<T> {
    const write = writeOf('patch', type.kind, namespace, name, options, operations);
    return this.#send(write, () => this.#client.patchJson<T>(type, namespace, name, operations, options));
  }

  delete(
    type: ResourceType,
    namespace: string | undefined,
    name: string,
    options: DeleteOptions = {},
  ): Promise<void> {
    const write = writeOf('delete', type.kind, namespace, name, options, options.uid);
    return this.#send(write, () => this.#client.delete(type, namespace, name, options));
  }

  evict(namespace: string, pod: string, options: DeleteOptions = {}): Promise<void> {
    const write = writeOf('evict', builtin.Pod.kind, namespace, pod, options, options.uid);
    return this.#send(write, () => this.#client.evict(namespace, pod, options));
  }

  raw(path: string, options?: CallOptions): Promise<string> {
    return this.#client.raw(path, options);
  }

  scoped(scope: Scope): KubeClient {
    return new BackoffClient(this.#client.scoped(scope), this.#refused, this.#clock);
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  #send<T>(write: Write, send: () => Promise<T>): Promise<T> {
    return this.#refused.send(write, this.#clock.monotonicMs(), send);
  }

  #whole(verb: string, object: KubeObject, options: { dryRun?: boolean | undefined }): Write {
    const { namespace, name } = object.metadata;
    return writeOf(verb, object.kind, namespace, name, options, object);
  }
}

/** Where a freeze is written: it is in force once its Namespace has the windows, or its RolloutFreeze the phase. */
const FREEZES: readonly string[] = [builtin.Namespace.kind, 'RolloutFreeze'];

/** Redis heals by pods that are deleted, and a freeze is neither late to open nor to close. */
function isUrgent(verb: string, kind: string): boolean {
  return FREEZES.includes(kind) || (kind === builtin.Pod.kind && verb !== 'patch');
}

/** A Secret has new passwords at each try. */
function writeOf(
  verb: string,
  kind: string,
  namespace: string | undefined,
  name: string,
  { dryRun }: { dryRun?: boolean | undefined },
  content: unknown,
): Write {
  return {
    verb: dryRun === true ? `${verb} dry-run` : verb,
    kind,
    namespace,
    name,
    pace: isUrgent(verb, kind) ? 'Urgent' : 'Patient',
    content: kind === builtin.Secret.kind ? () => '' : () => contentHash([content]),
  };
}
