import type { Logger } from '../telemetry/log.ts';
import type { HealthChecks } from '../telemetry/probes.ts';
import type { Clock } from './clock.ts';
import type { Controller } from './controller.ts';

/** A cache that fills itself, as a reflector. */
export interface Cache {
  readonly name: string;
  start(): void;
  hasSynced(): boolean;
  synced(): Promise<void>;
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
  /** Without it this process acts at once; then there must be no other. */
  election?: Election;
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
   * @throws {CacheSyncError} when a cache does not fill in time.
   * @throws {LeadershipLostError} when another process may act; this one must end.
   */
  run(signal: AbortSignal): Promise<void>;
  /** For readiness: the caches are complete. A process that waits to lead is ready. */
  readonly readyChecks: HealthChecks;
  /** For liveness: no reconcile is stuck. */
  readonly liveChecks: HealthChecks;
}

/** Some cache did not fill: RBAC, a missing CRD, or an API server that does not answer. */
export class CacheSyncError extends Error {
  constructor(names: readonly string[], timeoutMs: number) {
    super(`caches are not filled after ${timeoutMs / 1000} s: ${names.join(', ')}`);
    this.name = 'CacheSyncError';
  }
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

export function createManager(options: ManagerOptions): Manager {
  const { caches, controllers, election, clock, log } = options;
  const tasks = options.tasks ?? [];
  const syncTimeoutMs = options.syncTimeoutMs ?? SYNC_TIMEOUT_MS;
  const graceMs = options.gracefulShutdownMs ?? GRACEFUL_SHUTDOWN_MS;

  async function syncCaches(signal: AbortSignal): Promise<void> {
    for (const cache of caches) cache.start();
    const allSynced = Promise.all(caches.map((cache) => cache.synced()));
    const startedMs = clock.monotonicMs();
    if ((await firstOf({ allSynced }, signal, clock, syncTimeoutMs)) === 'timeout') {
      throw new CacheSyncError(
        caches.filter((cache) => !cache.hasSynced()).map((cache) => cache.name),
        syncTimeoutMs,
      );
    }
    log.info({ caches: caches.length, ms: Math.round(clock.monotonicMs() - startedMs) }, 'caches are filled');
  }

  async function act(signal: AbortSignal): Promise<void> {
    election?.start();
    if (election && (await firstOf({ elected: election.elected() }, signal, clock)) === 'aborted') return;
    for (const each of [...controllers, ...tasks]) each.start();
    log.info({ controllers: controllers.map((controller) => controller.name) }, 'controllers are running');
    const ends = election === undefined ? [signal] : [signal, election.lost];
    await aborted(AbortSignal.any(ends));
    if (!signal.aborted) throw new LeadershipLostError();
  }

  async function stop(lost: boolean): Promise<void> {
    if (lost) for (const controller of controllers) controller.abort(new LeadershipLostError());
    await Promise.all([
      ...controllers.map((controller) => controller.stop(lost ? 0 : graceMs)),
      ...tasks.map((task) => task.stop()),
    ]);
    // The lease goes back only now, when nothing here writes any more.
    await election?.stop();
    await Promise.all(caches.map((cache) => cache.stop()));
  }

  return {
    async run(signal) {
      let lost = false;
      try {
        await syncCaches(signal);
        if (!signal.aborted) await act(signal);
      } catch (error) {
        lost = error instanceof LeadershipLostError;
        throw error;
      } finally {
        log.info({ reason: lost ? 'leadership lost' : 'asked to' }, 'stopping');
        await stop(lost);
      }
    },
    readyChecks: Object.fromEntries(caches.map((cache) => [`cache-${cache.name}`, () => checkSynced(cache)])),
    liveChecks: Object.fromEntries(
      controllers.map((controller) => [`controller-${controller.name}`, () => controller.checkProgress()]),
    ),
  };
}

function checkSynced(cache: Cache): void {
  if (!cache.hasSynced()) throw new Error('the first list is not complete');
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
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
  racers.push(aborted(signal).then(() => 'aborted'));
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
