import { describe, expect, it } from 'vitest';
import { OneAtATime } from './one-at-a-time.ts';

const never = new AbortController().signal;

describe('acts one at a time', () => {
  it('follow one another in order, also after one that fails', async () => {
    const turns = new OneAtATime();
    const heard: string[] = [];
    const first = Promise.withResolvers<void>();
    const one = turns.run(never, async () => {
      heard.push('one begins');
      await first.promise;
      heard.push('one ends');
      throw new Error('one fails');
    });
    const two = turns.run(never, async () => heard.push('two'));
    await Promise.resolve();
    first.resolve();
    await expect(one).rejects.toThrow('one fails');
    await two;
    expect(heard).toEqual(['one begins', 'one ends', 'two']);
  });

  it('do not begin when their signal is aborted while they wait', async () => {
    const turns = new OneAtATime();
    const stop = new AbortController();
    const first = Promise.withResolvers<void>();
    const one = turns.run(never, () => first.promise);
    let began = false;
    const two = turns.run(stop.signal, async () => {
      began = true;
    });
    stop.abort(new Error('the controller stops'));
    first.resolve();
    await one;
    await expect(two).rejects.toThrow('the controller stops');
    expect(began).toBe(false);
  });
});
