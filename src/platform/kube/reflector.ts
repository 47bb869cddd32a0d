import type { Logger } from '../telemetry/log.ts';
import type { ReflectorMetrics, ReflectorSnapshot } from '../telemetry/metrics.ts';
import { type Backoff, createBackoff } from './backoff.ts';
import { CacheWriter, type ChangeEvent } from './cache-writer.ts';
import { errorWithoutAnswer, KubeError } from './errors.ts';
import { endsInitialEvents, InitialList, readPages, type Selection } from './initial-list.ts';
import { type ReflectorError, reflectorErrorOf } from './reflector-error.ts';
import type { ReflectorOptions } from './reflector-options.ts';
import type { KubeObject } from './resource.ts';
import type { WatchEvent } from './watch-stream.ts';
import { SilentWatchError, Watchdog } from './watchdog.ts';

export type { ChangeEvent, ReflectorError, ReflectorOptions };

/** The server sends a bookmark about every minute; a watch that is silent for longer is dead. */
export const WATCHDOG_MS = 90_000;
/** A server that ignores `sendInitialEvents` never says that they are complete. */
const INITIAL_SILENCE_MS = 10_000;
/** The longest is twice that. */
const SHORTEST_WATCH_SECONDS = 300;
const BACKOFF_BASE_MS = 800;
const BACKOFF_MAX_MS = 30_000;
/** A watch that has lived this long ends a row of failures. */
const HEALTHY_MS = 60_000;
/** RBAC and missing kinds are repaired by people; asking more often only fills the audit log. */
const REPAIR_RETRY_MS = 30_000;
/** controller-runtime's SyncPeriod, with its jitter. */
const RELIST_MS = 10 * 60 * 60 * 1000;
const RELIST_JITTER = 0.1;
/** How late a sign of life may be before this reflector counts as stuck: two requests at their time limit. */
const LIFE_SLACK_MS = 60_000;

/** Keeps a store equal to one resource type on the API server, by a list and then watches, until stopped. */
export class Reflector<T extends KubeObject = KubeObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #random: () => number;
  readonly #watchdogMs: number;
  readonly #backoff: Backoff;
  readonly #log: Logger;
  readonly #metrics: ReflectorMetrics | undefined;
  readonly #cache: CacheWriter<T>;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #initial: 'stream' | 'pages';
  #resourceVersion: string | undefined;
  /** Present while a watch tells what there is. */
  #building: InitialList<T> | undefined;
  #relistAtMs = 0;
  #resync = false;
  #synced = false;
  #lastHeardMs = 0;
  #lastEventMs = Number.NEGATIVE_INFINITY;
  #watchingSinceMs: number | undefined;
  /** When the next sign of life is due, on the monotonic clock. */
  #aliveUntilMs = Number.POSITIVE_INFINITY;
  #lastError: ReflectorError | undefined;
  readonly #syncWaiters = new Set<() => void>();

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#watchdogMs = options.watchdogMs ?? WATCHDOG_MS;
    this.#initial = options.initial ?? 'stream';
    this.#backoff = createBackoff({ baseMs: BACKOFF_BASE_MS, maxMs: BACKOFF_MAX_MS, random: this.#random });
    this.#log = options.log.child({ reflector: options.type.plural });
    this.#metrics = options.metrics?.forReflector(options.type.plural, () => this.snapshot());
    this.#cache = new CacheWriter<T>({
      type: options.type,
      store: options.store,
      onChange: options.onChange,
      project: options.project,
      onHandlerError: (error, key) => {
        this.#metrics?.handlerFailed();
        this.#log.error({ err: error, key }, 'a change handler failed');
      },
    });
  }

  /** The plural of the resource and its scope, for messages. */
  get name(): string {
    const { type, namespace } = this.#options;
    return namespace === undefined ? type.plural : `${type.plural}-${namespace}`;
  }

  /** The plural of the resource. */
  get kind(): string {
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
  get lastError(): ReflectorError | undefined {
    return this.#lastError;
  }

  /**
   * For liveness. An API server that refuses or does not answer is no reason to fail, because a restart would
   * not cure it; a watch that stays silent beyond its watchdog, or a retry that does not happen, is.
   *
   * @throws {Error} when this reflector is stuck
   */
  checkProgress(): void {
    const overdueMs = this.#options.clock.monotonicMs() - this.#aliveUntilMs;
    if (overdueMs > LIFE_SLACK_MS && !this.#stopping.signal.aborted) {
      throw new Error(`${this.name}: no sign of life from the watch for ${Math.round(overdueMs / 1000)} s`);
    }
  }

  snapshot(): ReflectorSnapshot {
    const nowMs = this.#options.clock.monotonicMs();
    return {
      synced: this.#synced,
      items: this.#options.store.size,
      quietSeconds: (nowMs - this.#lastHeardMs) / 1000,
      watchAgeSeconds: this.#watchingSinceMs === undefined ? 0 : (nowMs - this.#watchingSinceMs) / 1000,
    };
  }

  async #run(signal: AbortSignal): Promise<void> {
    this.#heard();
    while (!signal.aborted) {
      let delayMs: number;
      try {
        if (this.#resourceVersion === undefined && this.#initial === 'pages') await this.#list(signal);
        delayMs = await this.#watch(signal);
      } catch (error) {
        if (signal.aborted) return;
        delayMs = this.#recover(error);
      } finally {
        this.#watchingSinceMs = undefined;
      }
      this.#setDeadline(delayMs);
      if (delayMs > 0) await this.#options.clock.sleep(delayMs, signal).catch(() => undefined);
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { client, type } = this.#options;
    const list = new InitialList(this.#cache, this.#resync);
    const how = { ...this.#selection(), signal, onPage: () => this.#setDeadline(0) };
    this.#finishList(list, { metadata: { resourceVersion: await readPages(client, type, how, list) } });
  }

  #finishList(list: InitialList<T>, end: { metadata: { resourceVersion?: string } }): void {
    list.finish(this.#options.store, this.#options.namespace);
    this.#building = undefined;
    this.#resourceVersion = end.metadata.resourceVersion;
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
    const { clock } = this.#options;
    const openedMs = clock.monotonicMs();
    const initial = this.#resourceVersion === undefined;
    this.#building = initial ? new InitialList(this.#cache, this.#resync) : undefined;
    const dog = new Watchdog(clock);
    this.#setDeadline(0);
    dog.feed(this.#watchdogMs);
    try {
      await this.#follow(AbortSignal.any([signal, dog.signal]), dog);
    } catch (error) {
      if (this.#building === undefined || signal.aborted || !this.#lacksInitialEvents(error)) throw error;
      this.#log.info({ err: error }, 'the server does not begin watches with a list, reading pages');
      this.#initial = 'pages';
      return 0;
    } finally {
      dog.end();
      if (clock.monotonicMs() - openedMs >= HEALTHY_MS) this.#backoff.reset();
      // Where watches break all the time, those that bring events must not lead to ever longer blindness.
      else if (this.#lastEventMs > openedMs) this.#backoff.ease();
    }
    return this.#afterCleanEnd(clock.monotonicMs() - openedMs);
  }

  async #follow(signal: AbortSignal, dog: Watchdog): Promise<void> {
    const { client, type, clock } = this.#options;
    const alive = (): void => {
      this.#heard();
      dog.feed(this.#building ? Math.min(INITIAL_SILENCE_MS, this.#watchdogMs) : this.#watchdogMs);
    };
    const events = client.watch<T>(type, {
      ...this.#selection(),
      ...(this.#building ? { sendInitialEvents: true } : { resourceVersion: this.#resourceVersion }),
      timeoutSeconds: Math.round(SHORTEST_WATCH_SECONDS * (1 + this.#random())),
      signal,
      onOpen: () => {
        this.#watchingSinceMs = clock.monotonicMs();
        alive();
      },
    });
    for await (const event of events) {
      if (signal.aborted) return;
      this.#take(event.type, event.object);
      this.#lastEventMs = clock.monotonicMs();
      alive();
    }
    if (this.#building === undefined) return;
    throw errorWithoutAnswer(`watch ${this.name}`, 'BrokenStream', new Error('it ended within the list'));
  }

  /** Whether a watch failed because this server knows no initial events: refused, or never finished. */
  #lacksInitialEvents(error: unknown): boolean {
    if (error instanceof SilentWatchError) return this.#watchingSinceMs !== undefined;
    return error instanceof KubeError && (error.code === 400 || error.code === 422);
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

  #take(type: WatchEvent['type'], object: T): void {
    if (this.#building) {
      if (type !== 'BOOKMARK') this.#building.take(type, object);
      else if (endsInitialEvents(object)) this.#finishList(this.#building, object);
      return;
    }
    if (type === 'DELETED') this.#cache.remove(object, { fromList: false });
    else if (type !== 'BOOKMARK') this.#cache.put(object, { fromList: false, resync: false });
    this.#resourceVersion = object?.metadata?.resourceVersion ?? this.#resourceVersion;
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
    this.#lastError = reflectorErrorOf(error, this.#lastError?.since ?? this.#options.clock.now());
    const { kind } = this.#lastError;
    this.#metrics?.reconnected(kind === 'unavailable' ? (known?.reason ?? 'silent') : kind);
    this.#log.warn({ err: error, kind }, 'list or watch failed, will retry');
    if (kind !== 'unavailable') return REPAIR_RETRY_MS * (1 + this.#random());
    return Math.max(delayMs, known?.retryAfterMs ?? 0);
  }

  #heard(): void {
    this.#lastHeardMs = this.#options.clock.monotonicMs();
    this.#lastError = undefined;
    this.#setDeadline(this.#watchdogMs);
  }

  #setDeadline(delayMs: number): void {
    this.#aliveUntilMs = this.#options.clock.monotonicMs() + delayMs;
  }

  #selection(): Selection {
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
