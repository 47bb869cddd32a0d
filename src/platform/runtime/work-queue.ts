import type { WorkQueueMetrics, WorkQueueSnapshot } from '../telemetry/metrics.ts';
import type { Cancel, Clock } from './clock.ts';

/** `low` is for bulk work, such as the first list after a start: a live change overtakes it. */
export type Priority = 'low' | 'normal';

export interface AddOptions {
  /** `normal` when absent. */
  priority?: Priority;
}

export interface WorkQueueOptions {
  clock: Clock;
  /** The first delay of a key that fails; it doubles with every failure in a row. */
  baseDelayMs?: number;
  maxDelayMs?: number;
}

/** controller-runtime's per-item limiter: 5 ms doubling to 1000 s. */
const BASE_DELAY_MS = 5;
const MAX_DELAY_MS = 1_000_000;
/** One key in this many is a low one while there are any, so that a steady stream of changes starves no key. */
const LOW_SHARE = 8;

interface Ready {
  priority: Priority;
  sinceMs: number;
}

interface Delayed {
  priority: Priority;
  /** On the monotonic clock for a delay, on the wall clock for an instant. */
  dueMs: number;
  cancel: Cancel;
}

interface Waiter {
  resolve(key: string | undefined): void;
}

/**
 * A queue of keys with the semantics of client-go's rate-limiting queue and controller-runtime's priority
 * queue. A key is in it at most once, with its highest priority and its earliest time; a key is processed
 * by one worker at a time; a key added while it is processed runs once more afterwards.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #baseDelayMs: number;
  readonly #maxDelayMs: number;
  /** Insertion order is the order of service; one map a priority. */
  readonly #ready: Record<Priority, Map<string, Ready>> = { normal: new Map(), low: new Map() };
  readonly #delayed = new Map<string, Delayed>();
  readonly #alarms = new Map<string, Delayed>();
  #takenSinceLow = 0;
  /** Since when keys are in process, on the monotonic clock, and with which priority they came. */
  readonly #processing = new Map<string, Ready>();
  /** Keys added while in process. */
  readonly #dirty = new Map<string, Ready>();
  readonly #failures = new Map<string, number>();
  readonly #waiters = new Set<Waiter>();
  readonly #idleWaiters = new Set<() => void>();
  #metrics: WorkQueueMetrics | undefined;
  #closed = false;

  constructor(options: WorkQueueOptions) {
    this.#clock = options.clock;
    this.#baseDelayMs = options.baseDelayMs ?? BASE_DELAY_MS;
    this.#maxDelayMs = options.maxDelayMs ?? MAX_DELAY_MS;
  }

  /** Reports to these instruments from now on. */
  instrument(metrics: WorkQueueMetrics): void {
    this.#metrics = metrics;
  }

  /** Queues a key now. A key that waits for a later time is brought forward. */
  add(key: string, options: AddOptions = {}): void {
    if (this.#closed) return;
    const priority = higher(options.priority ?? 'normal', this.#takeDelayed(key));
    if (this.#processing.has(key)) this.#mark(this.#dirty, key, priority);
    else this.#enqueue(key, priority);
  }

  /** Queues a key after a delay. Of several times, the earliest counts. */
  addAfter(key: string, delayMs: number, options: AddOptions = {}): void {
    if (this.#closed) return;
    if (Number.isNaN(delayMs)) throw new RangeError(`${key}: a delay must be a number of milliseconds`);
    const priority = options.priority ?? 'normal';
    if (delayMs <= 0) {
      this.add(key, { priority });
      return;
    }
    if (this.#isQueued(key)) {
      this.#raise(key, priority);
      return;
    }
    const dueMs = this.#clock.monotonicMs() + delayMs;
    this.#delay(this.#delayed, key, priority, dueMs, (fire) => this.#clock.setTimeout(fire, delayMs));
  }

  /**
   * Queues a key at an instant of the wall clock, wherever that jumps meanwhile. Of several instants, and of
   * instants and delays, the earliest counts.
   */
  addAt(key: string, at: Date, options: AddOptions = {}): void {
    if (this.#closed) return;
    if (Number.isNaN(at.getTime())) throw new RangeError(`${key}: an instant must be a valid date`);
    const priority = options.priority ?? 'normal';
    if (this.#isQueued(key)) this.#raise(key, priority);
    else this.#delay(this.#alarms, key, priority, at.getTime(), (fire) => this.#clock.setAlarm(at, fire));
  }

  /**
   * Queues a key that failed, after a delay that doubles with each failure in a row. It keeps the priority that it
   * was taken with: bulk work that fails must not overtake live changes.
   *
   * @param options `atLeastMs`: the longest wait that another party asked for, such as a Retry-After
   */
  addRateLimited(key: string, options: AddOptions & { atLeastMs?: number } = {}): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.#metrics?.retried();
    const delayMs = Math.min(this.#baseDelayMs * 2 ** failures, this.#maxDelayMs);
    const priority = options.priority ?? this.#processing.get(key)?.priority ?? 'normal';
    this.addAfter(key, Math.max(delayMs, options.atLeastMs ?? 0), { priority });
  }

  /** Ends a row of failures. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** Failures in a row so far. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** The next key, which belongs to the caller until {@link done}; undefined once the queue is shut down. */
  take(): Promise<string | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    const key = this.#shift();
    if (key !== undefined) return Promise.resolve(key);
    return new Promise((resolve) => this.#waiters.add({ resolve }));
  }

  /** Gives a key back. If it was added meanwhile, it is queued again. */
  done(key: string): void {
    const taken = this.#processing.get(key);
    if (taken === undefined) return;
    this.#processing.delete(key);
    this.#metrics?.worked((this.#clock.monotonicMs() - taken.sinceMs) / 1000);
    const again = this.#dirty.get(key);
    this.#dirty.delete(key);
    if (again !== undefined && !this.#closed) this.#enqueue(key, again.priority, again.sinceMs);
    if (this.#processing.size === 0) this.#announceIdle();
  }

  /** No more keys are given out or taken in; what waits is dropped, what is in process may finish. */
  shutDown(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const entry of [...this.#delayed.values(), ...this.#alarms.values()]) entry.cancel();
    this.#delayed.clear();
    this.#alarms.clear();
    this.#ready.normal.clear();
    this.#ready.low.clear();
    this.#dirty.clear();
    for (const waiter of this.#waiters) waiter.resolve(undefined);
    this.#waiters.clear();
  }

  /** Resolves when no key is in process. */
  idle(): Promise<void> {
    if (this.#processing.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.add(resolve));
  }

  /** Keys that are ready and wait. */
  get depth(): number {
    return this.#ready.normal.size + this.#ready.low.size;
  }

  snapshot(): WorkQueueSnapshot {
    const nowMs = this.#clock.monotonicMs();
    let unfinishedSeconds = 0;
    let longestRunningSeconds = 0;
    for (const { sinceMs } of this.#processing.values()) {
      const seconds = (nowMs - sinceMs) / 1000;
      unfinishedSeconds += seconds;
      longestRunningSeconds = Math.max(longestRunningSeconds, seconds);
    }
    return { depth: this.depth, unfinishedSeconds, longestRunningSeconds };
  }

  #delay(
    map: Map<string, Delayed>,
    key: string,
    priority: Priority,
    dueMs: number,
    arm: (fire: () => void) => Cancel,
  ): void {
    const previous = map.get(key);
    if (previous !== undefined && previous.dueMs <= dueMs) {
      previous.priority = higher(previous.priority, priority);
      return;
    }
    previous?.cancel();
    const fire = (): void => this.add(key, { priority: entry.priority });
    const entry: Delayed = { priority: higher(priority, previous?.priority), dueMs, cancel: arm(fire) };
    map.set(key, entry);
  }

  #isQueued(key: string): boolean {
    return this.#ready.normal.has(key) || this.#ready.low.has(key) || this.#dirty.has(key);
  }

  #raise(key: string, priority: Priority): void {
    if (this.#dirty.has(key)) this.#mark(this.#dirty, key, priority);
    else this.#enqueue(key, priority);
  }

  #mark(map: Map<string, Ready>, key: string, priority: Priority): void {
    const before = map.get(key);
    if (before !== undefined) before.priority = higher(before.priority, priority);
    else {
      map.set(key, { priority, sinceMs: this.#clock.monotonicMs() });
      this.#metrics?.added();
    }
  }

  /** @param sinceMs when a key has been waiting already, as one that was dirty */
  #enqueue(key: string, priority: Priority, sinceMs?: number): void {
    if (this.#ready.normal.has(key)) return;
    const low = this.#ready.low.get(key);
    if (low !== undefined && priority === 'low') return;
    this.#ready.low.delete(key);
    const since = sinceMs ?? low?.sinceMs ?? this.#clock.monotonicMs();
    this.#ready[priority].set(key, { priority, sinceMs: since });
    if (low === undefined && sinceMs === undefined) this.#metrics?.added();
    this.#serve();
  }

  #serve(): void {
    for (const waiter of this.#waiters) {
      const key = this.#shift();
      if (key === undefined) return;
      this.#waiters.delete(waiter);
      waiter.resolve(key);
    }
  }

  #shift(): string | undefined {
    const { normal, low } = this.#ready;
    const lowFirst = ++this.#takenSinceLow >= LOW_SHARE;
    for (const map of lowFirst ? [low, normal] : [normal, low]) {
      for (const [key, entry] of map) {
        const nowMs = this.#clock.monotonicMs();
        if (map === low) this.#takenSinceLow = 0;
        map.delete(key);
        this.#processing.set(key, { priority: entry.priority, sinceMs: nowMs });
        this.#metrics?.waited((nowMs - entry.sinceMs) / 1000);
        return key;
      }
    }
    return undefined;
  }

  /** Forgets when a key would have come, and gives the highest priority it would have had. */
  #takeDelayed(key: string): Priority | undefined {
    let priority: Priority | undefined;
    for (const map of [this.#delayed, this.#alarms]) {
      const entry = map.get(key);
      entry?.cancel();
      if (entry) priority = higher(entry.priority, priority);
      map.delete(key);
    }
    return priority;
  }

  #announceIdle(): void {
    for (const resolve of this.#idleWaiters) resolve();
    this.#idleWaiters.clear();
  }
}

function higher(a: Priority, b: Priority | undefined): Priority {
  return a === 'normal' || b === 'normal' ? 'normal' : 'low';
}

/** A work queue; see {@link WorkQueue}. */
export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  return new WorkQueue(options);
}
