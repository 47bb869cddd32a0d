import type { Logger } from '../telemetry/log.ts';
import type { HealthChecks } from '../telemetry/probes.ts';
import type { Clock } from './clock.ts';
import type { Controller } from './controller.ts';
import { createEventLoopMonitor } from './event-loop.ts';

/** A cache that fills itself, as a reflector. */
export interface Cache {
  /** Unique among the caches of a manager. */
  readonly name: string;
  start(): void;
  hasSynced(): boolean;
  synced(): Promise<void>;
  /** Present while it is not kept up to date. All kinds but `unavailable` last until a person acts. */
  readonly lastError?: { kind: string; message: string } | undefined;
  /** Throws when it is stuck. */
  checkProgress(): void;
  stop(): Promise<void>;
}

/** What decides whether this process may act. */
export interface Election {
  start(): void;
  elected(): Promise<void>;
  readonly lost: AbortSignal;
  stop(): Promise<void>;
}

/** Anything else that runs only while this process leads. */
export interface LeaderTask {
  readonly name: string;
  start(): void;
  stop(): Promise<void>;
}

export interface ManagerOptions {
  caches: readonly Cache[];
  controllers: readonly Controller[];
  tasks?: readonly LeaderTask[];
  /** The caches without which this controller or task would act on half the truth; all of them when absent. */
  needs?: (runnable: Controller | LeaderTask) => readonly Cache[];
  /** Without it this process acts at once; then there must be no other. */
  election?: Election;
  /**
   * Sends what controllers and tasks have left to say, as events, when they have stopped and the lease is still held;
   * given up after {@link DRAIN_MS}. Not asked when leadership was lost.
   */
  drain?: () => Promise<void>;
  clock: Clock;
  log: Logger;
  syncTimeoutMs?: number;
  gracefulShutdownMs?: number;
}

export interface Manager {
  /**
   * Starts caches, waits until they are complete, waits to be the leader, starts controllers and tasks, and
   * stops everything in the opposite order when the signal is aborted.
   *
   * A cache that waits for people (RBAC, a missing kind), or for longer than `syncTimeoutMs`, holds up only
   * the controllers and tasks that need it; they start when it is complete.
   *
   * @throws {LeadershipLostError} when another process may act; this one must end.
   */
  run(signal: AbortSignal): Promise<void>;
  /** For readiness: the caches are complete. A process that waits to lead is ready. */
  readonly readyChecks: HealthChecks;
  /** For liveness: no reconcile and no watch is stuck, and the event loop turns. */
  readonly liveChecks: HealthChecks;
}

export class LeadershipLostError extends Error {
  constructor() {
    super('leadership was lost; the process must end');
    this.name = 'LeadershipLostError';
  }
}

/** controller-runtime's CacheSyncTimeout and GracefulShutdownTimeout. */
const SYNC_TIMEOUT_MS = 120_000;
const GRACEFUL_SHUTDOWN_MS = 30_000;
/** The next leader waits meanwhile. */
const DRAIN_MS = 2_000;
/** How often caches are asked what keeps them. */
const ERROR_POLL_MS = 250;

export function createManager(options: ManagerOptions): Manager {
  const { caches, controllers, election, clock, log } = options;
  const tasks = options.tasks ?? [];
  const syncTimeoutMs = options.syncTimeoutMs ?? SYNC_TIMEOUT_MS;
  const eventLoop = createEventLoopMonitor(clock);
  const graceMs = options.gracefulShutdownMs ?? GRACEFUL_SHUTDOWN_MS;

  /** Waits until every cache is complete or will not be without people, or for too long. */
  async function settleCaches(signal: AbortSignal): Promise<void> {
    for (const cache of caches) cache.start();
    const startedMs = clock.monotonicMs();
    const spentMs = (): number => Math.round(clock.monotonicMs() - startedMs);
    const allSynced = Promise.all(caches.map((cache) => cache.synced()));
    const settled = (cache: Cache): boolean =>
      cache.hasSynced() || (cache.lastError !== undefined && cache.lastError.kind !== 'unavailable');
    while (!signal.aborted && !caches.every(settled) && spentMs() < syncTimeoutMs) {
      await firstOf({ allSynced }, signal, clock, ERROR_POLL_MS);
    }
    if (signal.aborted) return;
    const empty = caches.filter((cache) => !cache.hasSynced());
    if (empty.length === 0) log.info({ caches: caches.length, ms: spentMs() }, 'caches are filled');
    else log.error({ caches: empty.map(describe), ms: spentMs() }, 'some caches are empty, going on without');
  }

  async function act(signal: AbortSignal): Promise<void> {
    election?.start();
    if (election && (await firstOf({ elected: election.elected() }, signal, clock)) === 'aborted') return;
    const ends = AbortSignal.any(election === undefined ? [signal] : [signal, election.lost]);
    const starts = [...controllers, ...tasks].map((each) => startWhenFed(each, ends));
    await Promise.race([aborted(ends), Promise.all(starts).then(() => aborted(ends))]);
    if (!signal.aborted) throw new LeadershipLostError();
  }

  async function startWhenFed(runnable: Controller | LeaderTask, ends: AbortSignal): Promise<void> {
    const needed = options.needs?.(runnable) ?? caches;
    const missing = needed.filter((cache) => !cache.hasSynced()).map(describe);
    if (missing.length > 0) log.warn({ name: runnable.name, missing }, 'waits for its caches');
    await Promise.all(needed.filter((cache) => !cache.hasSynced()).map((cache) => cache.synced()));
    if (ends.aborted) return;
    runnable.start();
    log.info({ name: runnable.name }, 'runs');
  }

  async function stop(lost: boolean): Promise<void> {
    if (lost) for (const controller of controllers) controller.abort(new LeadershipLostError());
    const steps = [
      () => [
        ...controllers.map((controller) => controller.stop(lost ? 0 : graceMs)),
        ...tasks.map((task) => task.stop()),
      ],
      () => (lost || options.drain === undefined ? [] : [drained(options.drain)]),
      // The lease goes back only now, when nothing here writes any more.
      () => (election === undefined ? [] : [election.stop()]),
      () => caches.map((cache) => cache.stop()),
    ];
    const errors: unknown[] = [];
    for (const step of steps) {
      const ends = await Promise.allSettled(step());
      errors.push(...ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : [])));
    }
    eventLoop.stop();
    for (const error of errors) log.error({ err: error }, 'a part of this process could not stop');
    if (errors.length > 0) throw errors[0];
  }

  async function drained(drain: () => Promise<void>): Promise<void> {
    const how = await firstOf({ sent: drain() }, new AbortController().signal, clock, DRAIN_MS);
    if (how === 'timeout') log.warn({ ms: DRAIN_MS }, 'some of the last events were not sent in time');
  }

  return {
    async run(signal) {
      let failure: { error: unknown } | undefined;
      try {
        eventLoop.start();
        await settleCaches(signal);
        if (!signal.aborted) await act(signal);
      } catch (error) {
        failure = { error };
      }
      log.info({ reason: failure === undefined ? 'asked to' : String(failure.error) }, 'stopping');
      try {
        await stop(failure?.error instanceof LeadershipLostError);
      } catch (error) {
        failure ??= { error };
      }
      if (failure) throw failure.error;
    },
    readyChecks: Object.fromEntries(caches.map((cache) => [`cache-${cache.name}`, () => checkSynced(cache)])),
    liveChecks: {
      'event-loop': () => eventLoop.check(),
      ...Object.fromEntries(caches.map((cache) => [`watch-${cache.name}`, () => cache.checkProgress()])),
      ...Object.fromEntries(
        controllers.map((controller) => [`controller-${controller.name}`, () => controller.checkProgress()]),
      ),
    },
  };
}

function checkSynced(cache: Cache): void {
  if (!cache.hasSynced()) throw new Error(`the first list is not complete${reason(cache)}`);
}

function describe(cache: Cache): string {
  return `${cache.name}${reason(cache)}`;
}

function reason({ lastError }: Cache): string {
  return lastError === undefined ? '' : ` (${lastError.kind}: ${lastError.message})`;
}

/** @param until aborted when no caller waits for it any more */
function aborted(signal: AbortSignal, until?: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  const how = until === undefined ? { once: true } : { once: true, signal: until };
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), how));
}

/** Waits for a promise, an abort or a time limit, whichever is first. */
async function firstOf(
  wanted: Record<string, Promise<unknown>>,
  signal: AbortSignal,
  clock: Clock,
  timeoutMs?: number,
): Promise<string> {
  const timer = new AbortController();
  const racers = Object.entries(wanted).map(([name, promise]) => promise.then(() => name));
  racers.push(aborted(signal, timer.signal).then(() => 'aborted'));
  if (timeoutMs !== undefined) {
    racers.push(
      clock.sleep(timeoutMs, timer.signal).then(
        () => 'timeout',
        () => 'cancelled',
      ),
    );
  }
  try {
    return await Promise.race(racers);
  } finally {
    timer.abort();
  }
}
