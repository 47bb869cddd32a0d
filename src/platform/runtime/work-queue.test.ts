import { describe, expect, it } from 'vitest';
import { ManualClock, settle } from '../../../test/support/manual-clock.ts';
import { createWorkQueue, type WorkQueue } from './work-queue.ts';

function setUp(): { clock: ManualClock; queue: WorkQueue } {
  const clock = new ManualClock();
  return { clock, queue: createWorkQueue({ clock }) };
}

/** Takes and finishes everything that is ready. */
async function drain(queue: WorkQueue): Promise<string[]> {
  const keys: string[] = [];
  while (queue.depth > 0) {
    const key = await queue.take();
    if (key === undefined) break;
    keys.push(key);
    queue.done(key);
  }
  return keys;
}

describe('order', () => {
  it('serves a key once, first come first served', async () => {
    const { queue } = setUp();
    for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key);
    expect(await drain(queue)).toEqual(['a', 'b', 'c']);
  });

  it('serves normal keys before low ones and raises a low key that becomes normal', async () => {
    const { queue } = setUp();
    for (const key of ['bulk-1', 'bulk-2', 'bulk-3']) queue.add(key, { priority: 'low' });
    queue.add('live');
    queue.add('bulk-3');
    queue.add('live', { priority: 'low' });
    expect(await drain(queue)).toEqual(['live', 'bulk-3', 'bulk-1', 'bulk-2']);
  });

  it('hands a key to a worker that was waiting', async () => {
    const { queue } = setUp();
    const taken = queue.take();
    queue.add('a');
    expect(await taken).toBe('a');
  });
});

describe('a key in process', () => {
  it('is not handed out again until it is done, and then once', async () => {
    const { queue } = setUp();
    queue.add('a');
    await queue.take();
    queue.add('a');
    queue.add('a');
    expect(queue.depth).toBe(0);
    queue.done('a');
    expect(await drain(queue)).toEqual(['a']);
  });

  it('keeps the highest priority it was added with meanwhile', async () => {
    const { queue } = setUp();
    queue.add('a');
    await queue.take();
    queue.add('a', { priority: 'low' });
    queue.add('a');
    queue.add('z', { priority: 'low' });
    queue.add('m');
    queue.done('a');
    expect(await drain(queue)).toEqual(['m', 'a', 'z']);
  });

  it('runs once more for a delay that ends while it is in process', async () => {
    const { clock, queue } = setUp();
    queue.add('a');
    await queue.take();
    queue.addAfter('a', 100);
    await clock.advance(100);
    expect(queue.depth).toBe(0);
    queue.done('a');
    expect(await drain(queue)).toEqual(['a']);
  });
});

describe('delays', () => {
  it('keeps the earliest of several', async () => {
    const { clock, queue } = setUp();
    queue.addAfter('a', 1000);
    queue.addAfter('a', 300);
    queue.addAfter('a', 2000);
    await clock.advance(299);
    expect(queue.depth).toBe(0);
    await clock.advance(1);
    expect(await drain(queue)).toEqual(['a']);
    await clock.advance(5000);
    expect(queue.depth).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('is brought forward by an add, which drops the delay', async () => {
    const { clock, queue } = setUp();
    queue.addAfter('a', 1000);
    queue.add('a');
    expect(await drain(queue)).toEqual(['a']);
    expect(clock.pending).toBe(0);
  });

  it('carries the higher priority over from the delay', async () => {
    const { queue } = setUp();
    queue.addAfter('a', 1000);
    queue.add('b', { priority: 'low' });
    queue.add('a', { priority: 'low' });
    expect(await drain(queue)).toEqual(['a', 'b']);
  });

  it('does not delay a key that is ready', async () => {
    const { queue } = setUp();
    queue.add('a');
    queue.addAfter('a', 1000);
    expect(await drain(queue)).toEqual(['a']);
  });

  it('refuses an instant that is none, and keeps the one it had', async () => {
    const { clock, queue } = setUp();
    queue.addAt('a', new Date(clock.now().getTime() + 1_000));
    expect(() => queue.addAt('a', new Date(Number.NaN))).toThrow(RangeError);
    expect(() => queue.addAt('b', new Date(Number.NaN))).toThrow(RangeError);
    await clock.advance(1_000);
    expect(await drain(queue)).toEqual(['a']);
    expect(clock.pending).toBe(0);
  });

  it('refuses a delay that is not a number and accepts one of the past', async () => {
    const { queue } = setUp();
    expect(() => queue.addAfter('a', Number.NaN)).toThrow(RangeError);
    queue.addAfter('a', -5);
    expect(await drain(queue)).toEqual(['a']);
  });
});

describe('back-off', () => {
  it('doubles from 5 ms to 1000 s and starts again after forget', async () => {
    const { clock, queue } = setUp();
    for (let failure = 0; failure < 20; failure++) {
      const expected = Math.min(5 * 2 ** failure, 1_000_000);
      queue.addRateLimited('a');
      await clock.advance(expected - 1);
      expect(queue.depth).toBe(0);
      await clock.advance(1);
      expect(await drain(queue)).toEqual(['a']);
    }
    expect(queue.failures('a')).toBe(20);
    queue.forget('a');
    queue.addRateLimited('a');
    await clock.advance(5);
    expect(await drain(queue)).toEqual(['a']);
  });

  it('keeps the priority that the key had, so that failing bulk work does not overtake live changes', async () => {
    const { clock, queue } = setUp();
    queue.add('bulk', { priority: 'low' });
    queue.add('raised', { priority: 'low' });
    for (const key of [await queue.take(), await queue.take()] as string[]) {
      queue.addRateLimited(key);
      if (key === 'raised') queue.add(key);
      queue.done(key);
    }
    await clock.advance(5);
    queue.add('live');
    expect(await drain(queue)).toEqual(['raised', 'live', 'bulk']);
  });

  it('waits at least as long as somebody asked', async () => {
    const { clock, queue } = setUp();
    queue.addRateLimited('a', { atLeastMs: 3000 });
    await clock.advance(2999);
    expect(queue.depth).toBe(0);
    await clock.advance(1);
    expect(queue.depth).toBe(1);
  });
});

describe('shut down', () => {
  it('gives out nothing more, takes nothing in, and lets what is in process finish', async () => {
    const { clock, queue } = setUp();
    queue.add('running');
    expect(await queue.take()).toBe('running');
    const waiting = queue.take();
    queue.addAfter('later', 10);
    queue.shutDown();
    expect(await waiting).toBeUndefined();
    queue.add('new');
    queue.add('running');
    await clock.advance(100);
    expect(queue.depth).toBe(0);
    let idle = false;
    void queue.idle().then(() => {
      idle = true;
    });
    await settle();
    expect(idle).toBe(false);
    queue.done('running');
    await settle();
    expect(idle).toBe(true);
    expect(await queue.take()).toBeUndefined();
    expect(clock.pending).toBe(0);
  });
});

it('tells how long work has been going on', async () => {
  const { clock, queue } = setUp();
  queue.add('a');
  await queue.take();
  await clock.advance(2000);
  queue.add('b');
  await queue.take();
  await clock.advance(1000);
  queue.add('c');
  expect(queue.snapshot()).toEqual({ depth: 1, unfinishedSeconds: 4, longestRunningSeconds: 3 });
});
