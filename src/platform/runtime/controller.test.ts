import { describe, expect, it } from 'vitest';
import { ManualClock, settle } from '../../../test/support/manual-clock.ts';
import { KubeError } from '../kube/errors.ts';
import { silentLogger } from '../telemetry/log.ts';
import { createMetrics, type Metrics } from '../telemetry/metrics.ts';
import { systemClock } from './clock.ts';
import { createController, type Outcome, type Reconcile } from './controller.ts';
import { TerminalError } from './disposition.ts';
import { createWorkQueue } from './work-queue.ts';

function setUp(reconcile: Reconcile, options: { concurrency?: number; timeoutMs?: number } = {}) {
  const clock = new ManualClock();
  const queue = createWorkQueue({ clock });
  const metrics = createMetrics({ processMetrics: false });
  const controller = createController({
    name: 'test',
    queue,
    reconcile,
    clock,
    log: silentLogger(),
    metrics,
    ...options,
  });
  controller.start();
  return { clock, queue, metrics, controller };
}

async function value(metrics: Metrics, name: string, labels: Record<string, string> = {}): Promise<number> {
  const metric = await metrics.registry.getSingleMetric(name)?.get();
  const wanted = Object.entries({ ...labels });
  const found = metric?.values.find((entry) => wanted.every(([label, text]) => entry.labels[label] === text));
  return found?.value ?? 0;
}

const conflict = () => new KubeError({ code: 409, reason: 'Conflict', message: 'changed' });

/** Fails with each error in turn, then succeeds; tells when it was called. */
function failing(
  clockOf: () => ManualClock,
  errors: unknown[],
): { reconcile: Reconcile; calledAt: number[] } {
  const calledAt: number[] = [];
  const reconcile: Reconcile = async () => {
    calledAt.push(clockOf().monotonicMs());
    const error = errors.shift();
    if (error !== undefined) throw error;
    return { kind: 'done' };
  };
  return { reconcile, calledAt };
}

async function run(errors: unknown[], advanceMs: number) {
  const holder: { clock?: ManualClock } = {};
  const { reconcile, calledAt } = failing(() => holder.clock as ManualClock, errors);
  const set = setUp(reconcile);
  holder.clock = set.clock;
  set.queue.add('ns/a');
  await set.clock.advance(advanceMs);
  return { ...set, calledAt };
}

describe('outcomes', () => {
  it('comes back after the time it asked for, and the row of failures is over', async () => {
    const outcomes: (Outcome | Error)[] = [
      new Error('one'),
      { kind: 'requeueAfter', ms: 60_000 },
      { kind: 'done' },
    ];
    const calls: number[] = [];
    const set = setUp(async () => {
      calls.push(set.clock.monotonicMs());
      const next = outcomes.shift();
      if (next === undefined || next instanceof Error) throw next ?? new Error('called too often');
      return next;
    });
    set.queue.add('ns/a');
    await set.clock.advance(120_000);
    expect(calls).toEqual([0, 5, 60_005]);
    expect(set.queue.failures('ns/a')).toBe(0);
    expect(await value(set.metrics, 'controller_runtime_reconcile_total', { result: 'requeue_after' })).toBe(
      1,
    );
  });

  it('comes back at an instant of the wall clock, also when that is set forward', async () => {
    const called: number[] = [];
    const set = setUp(async () => {
      called.push(set.clock.monotonicMs());
      const at = new Date(set.clock.now().getTime() + 3_600_000);
      return called.length === 1 ? { kind: 'requeueAfter', ms: 7_200_000, orAt: at } : { kind: 'done' };
    });
    set.queue.add('ns/a');
    await set.clock.advance(10_000);
    set.clock.shiftWall(3_600_000);
    await set.clock.advance(2_000);
    expect(called).toHaveLength(2);
  });

  it('retries errors and conflicts with a growing delay, counting them apart', async () => {
    const { calledAt, metrics } = await run([new Error('one'), conflict(), new Error('three')], 1000);
    expect(calledAt).toEqual([0, 5, 15, 35]);
    expect(await value(metrics, 'controller_runtime_reconcile_errors_total')).toBe(2);
    expect(await value(metrics, 'controller_runtime_reconcile_total', { result: 'conflict' })).toBe(1);
    expect(await value(metrics, 'controller_runtime_reconcile_panics_total')).toBe(0);
    expect(await value(metrics, 'workqueue_retries_total', { name: 'test' })).toBe(3);
  });

  it('honours the wait that a server asked for', async () => {
    const busy = new KubeError({ code: 429, reason: 'TooManyRequests', message: 'busy', retryAfterMs: 7000 });
    expect((await run([busy], 60_000)).calledAt).toEqual([0, 7000]);
  });

  it('does not retry a terminal error until the key is added again', async () => {
    const { calledAt, queue, clock, metrics } = await run([new TerminalError('no such zone')], 3_600_000);
    expect(calledAt).toEqual([0]);
    queue.add('ns/a');
    await clock.advance(0);
    expect(calledAt).toHaveLength(2);
    expect(await value(metrics, 'controller_runtime_terminal_reconcile_errors_total')).toBe(1);
  });

  it('retries slowly what RBAC forbids, ten times in the first hour', async () => {
    const denied = new KubeError({ code: 403, reason: 'Forbidden', message: 'no' });
    expect((await run([denied], 60_000)).calledAt).toEqual([0, 60_000]);
    const { calledAt } = await run(Array(12).fill(denied), 3_600_000);
    expect(calledAt.map((at) => at / 60_000)).toEqual([0, 1, 3, 7, 15, 23, 31, 39, 47, 55]);
  });

  it('survives bugs of every shape and counts them', async () => {
    const { calledAt, metrics } = await run([new TypeError('x is undefined'), 'a string', null], 1000);
    expect(calledAt).toEqual([0, 5, 15, 35]);
    expect(await value(metrics, 'controller_runtime_reconcile_panics_total')).toBe(3);
  });
});

describe('time limit', () => {
  it('aborts a reconcile, counts it and retries', async () => {
    const reasons: unknown[] = [];
    const set = setUp(
      (_key, { signal }) =>
        new Promise((resolve, reject) => {
          if (reasons.length > 0) resolve({ kind: 'done' });
          signal.addEventListener('abort', () => {
            reasons.push(signal.reason);
            reject(signal.reason);
          });
        }),
      { timeoutMs: 1000 },
    );
    set.queue.add('ns/a');
    await set.clock.advance(2000);
    expect(reasons).toHaveLength(1);
    expect(await value(set.metrics, 'controller_runtime_reconcile_timeouts_total')).toBe(1);
    expect(await value(set.metrics, 'controller_runtime_reconcile_total', { result: 'success' })).toBe(1);
  });

  it('keeps the key of a reconcile that ignores it, and says so in the liveness check', async () => {
    let calls = 0;
    const never = new Promise<Outcome>(() => undefined);
    const set = setUp(
      () => {
        calls += 1;
        return never;
      },
      { timeoutMs: 1000, concurrency: 2 },
    );
    set.queue.add('ns/a');
    await set.clock.advance(1500);
    set.queue.add('ns/a');
    await set.clock.advance(400);
    expect(() => set.controller.checkProgress()).not.toThrow();
    await set.clock.advance(200);
    expect(() => set.controller.checkProgress()).toThrow('running for 2 s');
    expect(calls).toBe(1);
  });
});

describe('workers', () => {
  it('run as many different keys at once as allowed, and never one key twice', async () => {
    const running = new Set<string>();
    let most = 0;
    const twice: string[] = [];
    const set = setUp(
      async (key) => {
        if (running.has(key)) twice.push(key);
        running.add(key);
        most = Math.max(most, running.size);
        await set.clock.sleep(10);
        running.delete(key);
        return { kind: 'done' };
      },
      { concurrency: 3 },
    );
    for (const key of ['a', 'b', 'c', 'd', 'e']) set.queue.add(key);
    await set.clock.advance(5);
    for (const key of ['a', 'b', 'c', 'd', 'e']) set.queue.add(key);
    await set.clock.advance(100);
    expect(most).toBe(3);
    expect(twice).toEqual([]);
    expect(await value(set.metrics, 'controller_runtime_reconcile_total', { result: 'success' })).toBe(8);
    expect(await value(set.metrics, 'controller_runtime_active_workers')).toBe(0);
  });
});

describe('stop', () => {
  it('lets running reconciles finish within the grace period', async () => {
    const finished: string[] = [];
    const set = setUp(async (key, { signal }) => {
      await set.clock.sleep(500, signal);
      finished.push(key);
      return { kind: 'done' };
    });
    set.queue.add('a');
    set.queue.add('b');
    await set.clock.advance(10);
    const stopped = set.controller.stop(1000);
    await set.clock.advance(600);
    await stopped;
    expect(finished).toEqual(['a']);
    expect(set.clock.pending).toBe(0);
  });

  it('aborts them when it is over', async () => {
    const set = setUp(async (_key, { signal }) => {
      await set.clock.sleep(60_000, signal);
      return { kind: 'done' };
    });
    set.queue.add('a');
    await set.clock.advance(10);
    let stopped = false;
    void set.controller.stop(1000).then(() => {
      stopped = true;
    });
    await set.clock.advance(999);
    expect(stopped).toBe(false);
    await set.clock.advance(1);
    await settle();
    expect(stopped).toBe(true);
    expect(await value(set.metrics, 'controller_runtime_reconcile_errors_total')).toBe(0);
  });
});

it('leaves the event loop its turns among reconciles that wait for nothing', async () => {
  const queue = createWorkQueue({ clock: systemClock });
  const controller = createController({
    name: 'busy',
    queue,
    concurrency: 4,
    reconcile: async () => {
      const untilMs = performance.now() + 5;
      while (performance.now() < untilMs);
      return { kind: 'done' };
    },
    clock: systemClock,
    log: silentLogger(),
  });
  for (let count = 0; count < 100; count++) queue.add(`ns/${count}`);
  let left = 0;
  controller.start();
  // Half a second of work is there; a timer, as that of a lease, must not wait for its end.
  await new Promise<void>((resolve) =>
    setTimeout(() => {
      left = queue.depth;
      resolve();
    }, 10),
  );
  expect(left).toBeGreaterThan(50);
  await controller.stop(1_000);
});
