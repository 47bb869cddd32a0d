import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { createWorkQueue, type Priority, type WorkQueue } from './work-queue.ts';

type Step =
  | { do: 'add'; key: string; priority: Priority }
  | { do: 'addAfter'; key: string; delayMs: number; priority: Priority }
  | { do: 'addAt'; key: string; inMs: number; priority: Priority }
  | { do: 'shiftWall'; ms: number }
  | { do: 'fail'; key: string }
  | { do: 'take' }
  | { do: 'done'; pick: number }
  | { do: 'advance'; ms: number };

const key = fc.constantFrom('a', 'b', 'c', 'd');
const priority = fc.constantFrom<Priority>('low', 'normal');
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('add' as const), key, priority }),
    fc.record({
      do: fc.constant('addAfter' as const),
      key,
      delayMs: fc.integer({ min: 0, max: 500 }),
      priority,
    }),
    fc.record({
      do: fc.constant('addAt' as const),
      key,
      inMs: fc.integer({ min: -100, max: 3_000 }),
      priority,
    }),
    fc.record({ do: fc.constant('shiftWall' as const), ms: fc.integer({ min: -2_000, max: 2_000 }) }),
    fc.record({ do: fc.constant('fail' as const), key }),
    fc.record({ do: fc.constant('take' as const) }),
    fc.record({ do: fc.constant('done' as const), pick: fc.nat(10) }),
    fc.record({ do: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 300 }) }),
  ),
  { maxLength: 60 },
);

/** What the queue promises, kept as a plain model beside it: the earliest time at which each key is owed. */
class Model {
  readonly queue: WorkQueue;
  readonly clock = new ManualClock();
  readonly running = new Set<string>();
  readonly owed = new Map<string, number>();
  /** The same by the wall clock. */
  readonly owedAt = new Map<string, number>();
  /** The latest that the wall clock has read. */
  latest = 0;
  readonly seenTogether: string[] = [];
  readonly unasked: string[] = [];

  constructor() {
    this.queue = createWorkQueue({ clock: this.clock });
  }

  owe(owedKey: string, delayMs: number): void {
    const due = this.clock.monotonicMs() + delayMs;
    this.owed.set(owedKey, Math.min(due, this.owed.get(owedKey) ?? Number.POSITIVE_INFINITY));
  }

  take(taken: string): void {
    if (this.running.has(taken)) this.seenTogether.push(taken);
    const due = this.owed.get(taken) ?? Number.POSITIVE_INFINITY;
    const dueAt = this.owedAt.get(taken) ?? Number.POSITIVE_INFINITY;
    // A key that waited in the queue since its instant stays there when the clock is set back.
    const now = Math.max(this.clock.now().getTime(), this.latest);
    if (due > this.clock.monotonicMs() && dueAt > now) this.unasked.push(taken);
    this.owed.delete(taken);
    this.owedAt.delete(taken);
    this.running.add(taken);
  }

  done(pick: number): void {
    const all = [...this.running];
    const chosen = all[pick % Math.max(1, all.length)];
    if (chosen === undefined) return;
    this.running.delete(chosen);
    this.queue.done(chosen);
  }

  async step(step: Step): Promise<void> {
    this.latest = Math.max(this.latest, this.clock.now().getTime());
    switch (step.do) {
      case 'add':
        this.owe(step.key, 0);
        this.queue.add(step.key, { priority: step.priority });
        return;
      case 'addAfter':
        this.owe(step.key, step.delayMs);
        this.queue.addAfter(step.key, step.delayMs, { priority: step.priority });
        return;
      case 'addAt': {
        const at = this.clock.now().getTime() + step.inMs;
        this.owedAt.set(step.key, Math.min(at, this.owedAt.get(step.key) ?? Number.POSITIVE_INFINITY));
        this.queue.addAt(step.key, new Date(at), { priority: step.priority });
        return;
      }
      case 'shiftWall':
        this.clock.shiftWall(step.ms);
        return;
      case 'fail':
        this.owe(step.key, Math.min(5 * 2 ** this.queue.failures(step.key), 1_000_000));
        this.queue.addRateLimited(step.key);
        return;
      case 'take':
        await this.takeIfReady();
        return;
      case 'done':
        this.done(step.pick);
        return;
      case 'advance':
        await this.clock.advance(step.ms);
    }
  }

  async takeIfReady(): Promise<void> {
    if (this.queue.depth === 0) return;
    const taken = await this.queue.take();
    if (taken !== undefined) this.take(taken);
  }

  /** Works until nothing is owed or nothing more comes. */
  async finish(): Promise<void> {
    await this.clock.advance(2_000_000);
    while (this.running.size > 0 || this.queue.depth > 0) {
      await this.takeIfReady();
      this.done(0);
    }
  }
}

it('never loses a key, never gives one out unasked or early, never the same one to two workers', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (plan) => {
      const model = new Model();
      for (const step of plan) await model.step(step);
      await model.finish();
      expect(model.seenTogether).toEqual([]);
      expect(model.unasked).toEqual([]);
      expect([...model.owed.keys(), ...model.owedAt.keys()]).toEqual([]);
      expect(model.clock.pending).toBe(0);
    }),
    { numRuns: 300 },
  );
});

it('starves no key, however steady the stream of others', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 4 }), async (low, burst) => {
      const queue = createWorkQueue({ clock: new ManualClock() });
      for (let count = 0; count < low; count++) queue.add(`low-${count}`, { priority: 'low' });
      const served = new Set<string>();
      // Eight keys are taken for each low one; more of the others come than are taken.
      for (let taken = 0; taken < 8 * low; taken++) {
        for (let count = 0; count < burst; count++) queue.add(`live-${taken}-${count}`);
        const next = await queue.take();
        if (next === undefined) throw new Error('the queue gave nothing');
        served.add(next);
        queue.done(next);
      }
      const starved = Array.from({ length: low }, (_, count) => `low-${count}`).filter(
        (each) => !served.has(each),
      );
      expect(starved).toEqual([]);
    }),
  );
});
