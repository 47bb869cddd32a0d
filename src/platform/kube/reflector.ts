import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Metrics, ReflectorMetrics, ReflectorSnapshot } from '../telemetry/metrics.ts';
import { type Backoff, createBackoff } from './backoff.ts';
import { CacheWriter, type ChangeEvent } from './cache-writer.ts';
import type { KubeClient } from './client.ts';
import { KubeError } from './errors.ts';
import { type KubeObject, keyOf, type ResourceType } from './resource.ts';
import type { Store } from './store.ts';

export type { ChangeEvent };

/** Why a cache is not being kept up to date, for conditions and logs. */
export interface ReflectorTrouble {
  since: Date;
  /** `forbidden`: RBAC or credentials. `unavailable`: the server, or the way to it. */
  kind: 'forbidden' | 'unavailable';
  message: string;
}

export interface ReflectorOptions<T extends KubeObject = KubeObject> {
  client: Pick<KubeClient, 'list' | 'watch'>;
  type: ResourceType;
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  store: Store<T>;
  /** Called in the order of the changes. What it throws is logged and counted and stops nothing. */
  onChange: (event: ChangeEvent<T>) => void;
  log: Logger;
  clock: Clock;
  metrics?: Metrics;
  /** Between 0 and 1; for jitter. */
  random?: () => number;
}

/** Items a page: client-go's default. */
const PAGE_SIZE = 500;
/** The server sends a bookmark about every minute; a watch that is silent for longer than this is dead. */
export const WATCHDOG_MS = 90_000;
const SHORTEST_WATCH_SECONDS = 300;
const LONGEST_WATCH_SECONDS = 600;
const BACKOFF_BASE_MS = 800;
const BACKOFF_MAX_MS = 30_000;
/** A watch that has lived this long ends a row of failures. */
const HEALTHY_MS = 60_000;
/** RBAC is repaired by people; asking more often only fills the audit log. */
const FORBIDDEN_RETRY_MS = 30_000;
/** controller-runtime's SyncPeriod, 10 h, with 10 % jitter. */
const RELIST_MS = 10 * 60 * 60 * 1000;
const RELIST_JITTER = 0.1;

/** Keeps a store equal to one resource type on the API server, by a list and then watches, until stopped. */
export class Reflector<T extends KubeObject = KubeObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #random: () => number;
  readonly #backoff: Backoff;
  readonly #log: Logger;
  readonly #metrics: ReflectorMetrics | undefined;
  readonly #cache: CacheWriter<T>;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #resourceVersion: string | undefined;
  #relistAtMs = 0;
  #resync = false;
  #synced = false;
  #lastHeardMs = 0;
  #trouble: ReflectorTrouble | undefined;
  readonly #syncWaiters = new Set<() => void>();

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#backoff = createBackoff({ baseMs: BACKOFF_BASE_MS, maxMs: BACKOFF_MAX_MS, random: this.#random });
    this.#log = options.log.child({ reflector: options.type.plural });
    this.#metrics = options.metrics?.forReflector(options.type.plural, () => this.snapshot());
    this.#cache = new CacheWriter<T>({
      type: options.type,
      store: options.store,
      onChange: options.onChange,
      onHandlerError: (error, key) => {
        this.#metrics?.handlerFailed();
        this.#log.error({ err: error, key }, 'a change handler failed');
      },
    });
  }

  /** The plural of the resource, for messages. */
  get name(): string {
    return this.#options.type.plural;
  }

  start(): void {
    this.#running ??= this.#run(this.#stopping.signal);
  }

  /** Aborts requests and timers; when it resolves, nothing of this reflector runs or will run again. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the reflector stops'));
    await this.#running;
  }

  /** Whether one complete list is in the store. */
  hasSynced(): boolean {
    return this.#synced;
  }

  /** Resolves at the first complete list. */
  synced(): Promise<void> {
    if (this.#synced) return Promise.resolve();
    return new Promise((resolve) => this.#syncWaiters.add(resolve));
  }

  /** Present while the store is not being kept up to date. */
  get trouble(): ReflectorTrouble | undefined {
    return this.#trouble;
  }

  snapshot(): ReflectorSnapshot {
    return {
      synced: this.#synced,
      items: this.#options.store.size,
      quietSeconds: (this.#options.clock.monotonicMs() - this.#lastHeardMs) / 1000,
    };
  }

  async #run(signal: AbortSignal): Promise<void> {
    this.#heard();
    while (!signal.aborted) {
      let delayMs: number;
      try {
        if (this.#resourceVersion === undefined) await this.#list(signal);
        delayMs = await this.#watch(signal);
      } catch (error) {
        if (signal.aborted) return;
        delayMs = this.#recover(error);
      }
      if (delayMs > 0) await this.#options.clock.sleep(delayMs, signal).catch(() => undefined);
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { client, type, store, namespace } = this.#options;
    const seen = new Set<string>();
    let continueToken: string | undefined;
    let resourceVersion: string;
    do {
      const page = await client.list<T>(type, {
        ...this.#selection(),
        limit: PAGE_SIZE,
        continueToken,
        signal,
      });
      if (signal.aborted) return;
      for (const item of page.items) {
        seen.add(keyOf(item));
        this.#cache.put(item, { fromList: true, resync: this.#resync });
      }
      ({ continueToken, resourceVersion } = page);
    } while (continueToken !== undefined);
    for (const object of store.list(namespace)) {
      if (!seen.has(keyOf(object))) this.#cache.remove(object, { fromList: true });
    }
    this.#resourceVersion = resourceVersion;
    this.#finishList();
  }

  #finishList(): void {
    const jitter = 1 + RELIST_JITTER * (2 * this.#random() - 1);
    this.#relistAtMs = this.#options.clock.monotonicMs() + RELIST_MS * jitter;
    this.#resync = false;
    this.#synced = true;
    this.#metrics?.listed();
    this.#heard();
    for (const resolve of this.#syncWaiters) resolve();
    this.#syncWaiters.clear();
  }

  /** One watch to its end. Gives the time to wait before the next. */
  async #watch(signal: AbortSignal): Promise<number> {
    const { client, type, clock } = this.#options;
    const openedMs = clock.monotonicMs();
    const watchdog = new AbortController();
    const expire = (): void => watchdog.abort(new Error(`no event or bookmark for ${WATCHDOG_MS / 1000} s`));
    let cancel = clock.setTimeout(expire, WATCHDOG_MS);
    const feed = (): void => {
      cancel();
      cancel = clock.setTimeout(expire, WATCHDOG_MS);
      this.#heard();
    };
    try {
      const events = client.watch<T>(type, {
        ...this.#selection(),
        resourceVersion: this.#resourceVersion ?? '',
        timeoutSeconds: this.#watchSeconds(),
        signal: AbortSignal.any([signal, watchdog.signal]),
        onOpen: feed,
      });
      for await (const event of events) {
        if (signal.aborted) return 0;
        feed();
        this.#take(event.type, event.object);
      }
    } finally {
      cancel();
      if (clock.monotonicMs() - openedMs >= HEALTHY_MS) this.#backoff.reset();
    }
    return this.#afterCleanEnd(clock.monotonicMs() - openedMs);
  }

  #afterCleanEnd(livedMs: number): number {
    this.#metrics?.reconnected('expired');
    if (this.#options.clock.monotonicMs() >= this.#relistAtMs) {
      this.#resourceVersion = undefined;
      this.#resync = true;
    }
    // A server that ends every watch at once must not be asked in a tight loop (kubernetes-client/javascript#1933).
    return livedMs >= HEALTHY_MS ? 0 : this.#backoff.next();
  }

  #take(type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK', object: T): void {
    if (type === 'DELETED') this.#cache.remove(object, { fromList: false });
    else if (type !== 'BOOKMARK') this.#cache.put(object, { fromList: false, resync: false });
    this.#resourceVersion = object.metadata.resourceVersion;
  }

  /** Decides how to go on after a failure. Gives the time to wait. */
  #recover(error: unknown): number {
    const known = error instanceof KubeError ? error : undefined;
    const delayMs = this.#backoff.next();
    if (known?.code === 410) {
      this.#resourceVersion = undefined;
      this.#metrics?.reconnected('gone');
      this.#log.debug({ err: error }, 'the resource version is too old, listing again');
      return delayMs;
    }
    const forbidden = known?.disposition === 'forbidden';
    const message = error instanceof Error ? error.message : String(error);
    this.#trouble = {
      since: this.#trouble?.since ?? this.#options.clock.now(),
      kind: forbidden ? 'forbidden' : 'unavailable',
      message,
    };
    this.#metrics?.reconnected(forbidden ? 'forbidden' : (known?.reason ?? 'silent'));
    this.#log.warn({ err: error }, 'list or watch failed, will retry');
    if (forbidden) return FORBIDDEN_RETRY_MS * (1 + this.#random());
    return Math.max(delayMs, known?.retryAfterMs ?? 0);
  }

  #heard(): void {
    this.#lastHeardMs = this.#options.clock.monotonicMs();
    this.#trouble = undefined;
  }

  #watchSeconds(): number {
    return Math.round(
      SHORTEST_WATCH_SECONDS + this.#random() * (LONGEST_WATCH_SECONDS - SHORTEST_WATCH_SECONDS),
    );
  }

  #selection(): {
    namespace: string | undefined;
    labelSelector: string | undefined;
    fieldSelector: string | undefined;
  } {
    const { namespace, labelSelector, fieldSelector } = this.#options;
    return { namespace, labelSelector, fieldSelector };
  }
}

/** A reflector that is not started yet; see {@link Reflector}. */
export function createReflector<T extends KubeObject = KubeObject>(
  options: ReflectorOptions<T>,
): Reflector<T> {
  return new Reflector(options);
}
