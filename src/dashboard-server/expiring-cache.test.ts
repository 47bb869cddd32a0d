import { expect, it } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { ExpiringCache } from './expiring-cache.ts';

const cacheOf = (clock = new ManualClock()) =>
  new ExpiringCache<string>({ clock, keepMs: 1000, mostEntries: 3, mostBytes: 100 });

it('forgets the oldest for the number of entries', () => {
  const cache = cacheOf();
  for (const key of ['a', 'b', 'c', 'd']) cache.set(key, key, 1);
  expect([cache.has('a'), cache.has('b'), cache.has('d'), cache.bytes]).toEqual([false, true, true, 3]);
});

it('forgets the oldest for the number of bytes, as many as it takes', () => {
  const cache = cacheOf();
  cache.set('a', 'a', 40);
  cache.set('b', 'b', 40);
  cache.set('c', 'c', 90);
  expect([cache.has('a'), cache.has('b'), cache.get('c'), cache.bytes]).toEqual([false, false, 'c', 90]);
});

it('does not keep what is larger than all of it, and loses nothing else for it', () => {
  const cache = cacheOf();
  cache.set('a', 'a', 10);
  cache.set('large', 'large', 101);
  expect([cache.get('a'), cache.get('large'), cache.bytes]).toEqual(['a', undefined, 10]);
});

it('counts an entry that is replaced or removed once', () => {
  const cache = cacheOf();
  cache.set('a', 'a', 10);
  cache.set('a', 'b', 20);
  expect([cache.get('a'), cache.bytes]).toEqual(['b', 20]);
  cache.delete('a');
  cache.delete('a');
  expect(cache.bytes).toBe(0);
});

it('gives no answer that is too old, and knows that there was one', async () => {
  const clock = new ManualClock();
  const cache = cacheOf(clock);
  cache.set('a', 'a', 1);
  await clock.advance(1000);
  expect([cache.get('a'), cache.has('a')]).toEqual([undefined, true]);
});
