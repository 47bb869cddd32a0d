import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { FairSlots } from './fair-slots.ts';

/** Starts tasks that end when they are ended, and tells which have started. */
class Watched {
  readonly started: string[] = [];
  readonly #slots: FairSlots;
  readonly #ends = new Map<string, () => void>();

  constructor(slots: FairSlots) {
    this.#slots = slots;
  }

  async start(key: string, ...names: string[]): Promise<void> {
    for (const name of names)
      void this.#slots.run(key, () => {
        this.started.push(name);
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#ends.set(name, resolve);
        return promise;
      });
    await setImmediate();
  }

  async end(name: string): Promise<void> {
    this.#ends.get(name)?.();
    await setImmediate();
  }
}

it('gives one key no more than its share, and another a slot at once', async () => {
  const tasks = new Watched(new FairSlots({ total: 4, perKey: 2 }));
  await tasks.start('a', 'a1', 'a2', 'a3', 'a4', 'a5');
  await tasks.start('b', 'b1');
  expect(tasks.started).toEqual(['a1', 'a2', 'b1']);
});

it('lets keys take turns while all slots are taken', async () => {
  const tasks = new Watched(new FairSlots({ total: 2, perKey: 2 }));
  await tasks.start('a', 'a1', 'a2', 'a3', 'a4');
  await tasks.start('b', 'b1', 'b2');
  await tasks.start('c', 'c1');
  for (const name of ['a1', 'a2', 'a3', 'b1', 'c1']) await tasks.end(name);
  expect(tasks.started).toEqual(['a1', 'a2', 'a3', 'b1', 'c1', 'a4', 'b2']);
});

it('gives the slot of a task that fails to the next', async () => {
  const slots = new FairSlots({ total: 1, perKey: 1 });
  const failed = slots.run('a', () => Promise.reject(new Error('no answer')));
  const next = slots.run('b', async () => 'done');
  await expect(failed).rejects.toThrow('no answer');
  expect(await next).toBe('done');
});
