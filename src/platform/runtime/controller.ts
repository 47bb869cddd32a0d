import { randomUUID } from 'node:crypto';
import { setImmediate as turnOfTheEventLoop } from 'node:timers/promises';
import type { Logger } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Clock } from './clock.ts';
import { dispositionOf, retryAfterOf } from './disposition.ts';
import { parseKey } from './object-key.ts';
import { timeLimit } from './time-limit.ts';
import type { WorkQueue } from './work-queue.ts';

/** How a reconcile that did not fail ends. */
export type Outcome =
  | { kind: 'done' }
  /** After a delay, or when the wall clock reads `orAt`, whichever comes first. */
  | { kind: 'requeueAfter'; ms: number; orAt?: Date }
  /** At an instant of the wall clock, also when that jumps. */
  | { kind: 'requeueAt'; at: Date };

export interface ReconcileContext {
  /** Aborted at the time limit, when leadership is lost, and at the end of the grace period of a stop. */
  signal: AbortSignal;
  /** Carries controller, namespace, name and reconcileID. */
  log: Logger;
  reconcileID: string;
}

/** Brings the world to what the object with this key asks for. It never learns which event called it. */
export type Reconcile = (key: string, context: ReconcileContext) => Promise<Outcome>;

export interface ControllerOptions {
  name: string;
  queue: WorkQueue;
  reconcile: Reconcile;
  clock: Clock;
  log: Logger;
  /** Keys in process at the same time; never twice the same. */
  concurrency?: number;
  timeoutMs?: number;
  /** Reports the controller and its queue under the controller's name. */
  metrics?: Metrics;
  newID?: () => string;
}

/** A controller: workers that take keys from a queue and reconcile them. */
export interface Controller {
  readonly name: string;
  start(): void;
  /** Takes no new key, lets running ones finish for `graceMs`, then aborts them and waits for their end. */
  stop(graceMs: number): Promise<void>;
  /** Ends running reconciles at once, for a process that may not write any more. */
  abort(reason: Error): void;
  /** Throws when a reconcile has outlived twice its time limit: it ignores its signal and holds a worker. */
  checkProgress(): void;
}

/** Long enough for a slow API server, short enough that a stuck reconcile is noticed. */
const DEFAULT_TIMEOUT_MS = 60_000;
/** RBAC is repaired by people: looking again more often only fills the log. */
const FORBIDDEN_RETRY_MS = 60_000;
/** With the delays before it, ten requests in the first hour. */
const FORBIDDEN_MAX_MS = 480_000;
/** What a reconcile gets to end in after its signal was aborted at a stop. */
const ABORT_GRACE_MS = 1_000;
/**
 * How long reconciles may follow each other without a turn of the event loop. Those that find all they need in
 * caches never wait for anything, and a thousand of them in a row would let the lease run out.
 */
const MAX_SLICE_MS = 20;

export function createController(options: ControllerOptions): Controller {
  const { name, queue, clock, log } = options;
  const concurrency = options.concurrency ?? 1;
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const metrics = options.metrics?.forController(name, concurrency);
  if (options.metrics) queue.instrument(options.metrics.forQueue(name, () => queue.snapshot()));
  const newID = options.newID ?? randomUUID;
  const aborted = new AbortController();
  const workers: Promise<void>[] = [];
  let active = 0;
  let turnedMs = clock.monotonicMs();

  async function yieldToEventLoop(): Promise<void> {
    if (clock.monotonicMs() - turnedMs < MAX_SLICE_MS) return;
    await turnOfTheEventLoop();
    turnedMs = clock.monotonicMs();
  }

  async function work(): Promise<void> {
    for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
      metrics?.activeWorkers(++active);
      try {
        await process(key);
      } finally {
        metrics?.activeWorkers(--active);
        queue.done(key);
      }
      await yieldToEventLoop();
    }
  }

  async function process(key: string): Promise<void> {
    const reconcileID = newID();
    const child = log.child({ controller: name, ...parseKey(key), reconcileID });
    const { signal, lift } = timeLimit(clock, timeoutMs, aborted.signal, () => {
      metrics?.timedOut();
      return new Error(`reconcile took longer than ${timeoutMs} ms`);
    });
    const startedMs = clock.monotonicMs();
    const seconds = (): number => (clock.monotonicMs() - startedMs) / 1000;
    try {
      const outcome = await options.reconcile(key, { signal, log: child, reconcileID });
      settle(key, outcome, seconds());
    } catch (error) {
      fail(key, error, child, seconds());
    } finally {
      lift();
    }
  }

  function settle(key: string, outcome: Outcome, seconds: number): void {
    queue.forget(key);
    if (outcome.kind === 'requeueAfter') queue.addAfter(key, outcome.ms);
    const at = outcome.kind === 'requeueAt' ? outcome.at : outcome.kind === 'requeueAfter' && outcome.orAt;
    if (at) queue.addAt(key, at);
    metrics?.reconciled(outcome.kind === 'done' ? 'success' : 'requeue_after', seconds);
  }

  function fail(key: string, error: unknown, child: Logger, seconds: number): void {
    if (aborted.signal.aborted) {
      child.debug({ err: error }, 'reconcile ended by a stop');
      return;
    }
    const disposition = dispositionOf(error);
    switch (disposition) {
      case 'conflict':
        metrics?.reconciled('conflict', seconds);
        child.debug({ err: error }, 'another writer was faster, will retry');
        queue.addRateLimited(key);
        return;
      case 'terminal':
        metrics?.reconciled('terminal', seconds);
        child.error({ err: error }, 'reconcile failed for good, waits for a change of the object');
        queue.forget(key);
        return;
      case 'forbidden':
        metrics?.reconciled('forbidden', seconds);
        child.error({ err: error }, 'permission denied, will retry slowly');
        queue.addRateLimited(key, {
          atLeastMs: Math.min(FORBIDDEN_RETRY_MS * 2 ** queue.failures(key), FORBIDDEN_MAX_MS),
        });
        return;
      case 'gone':
        metrics?.reconciled('error', seconds);
        child.debug({ err: error }, 'something it needs is not there, will retry');
        queue.addRateLimited(key);
        return;
      case 'bug':
        metrics?.panicked();
        break;
      case 'backoff':
        break;
    }
    metrics?.reconciled('error', seconds);
    child.error({ err: error, failures: queue.failures(key) + 1 }, 'reconcile failed, will retry');
    queue.addRateLimited(key, { atLeastMs: retryAfterOf(error) ?? 0 });
  }

  return {
    name,
    start() {
      if (workers.length > 0) throw new Error(`controller ${name} runs already`);
      for (let worker = 0; worker < concurrency; worker++) workers.push(work());
    },
    async stop(graceMs) {
      queue.shutDown();
      if (await settlesWithin(queue.idle(), graceMs, clock)) return;
      log.warn({ controller: name, graceMs }, 'reconciles outlived the grace period and are aborted');
      aborted.abort(new Error('the controller stops'));
      await settlesWithin(queue.idle(), ABORT_GRACE_MS, clock);
    },
    abort(reason) {
      queue.shutDown();
      aborted.abort(reason);
    },
    checkProgress() {
      const { longestRunningSeconds } = queue.snapshot();
      if (longestRunningSeconds * 1000 > 2 * timeoutMs) {
        throw new Error(`a reconcile has been running for ${Math.round(longestRunningSeconds)} s`);
      }
    },
  };
}

/** Whether a promise settles before the delay is over. */
function settlesWithin(promise: Promise<void>, delayMs: number, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = clock.setTimeout(() => resolve(false), delayMs);
    void promise.then(() => {
      cancel();
      resolve(true);
    });
  });
}
