import { expect, it } from 'vitest';
import { JoinedRequests, MOST_WAITING_PER_ANSWER } from './joined-requests.ts';

const BUSY = expect.objectContaining({ code: 503, message: expect.stringContaining('Try again') });

it('asks once for all that wait for the same answer', async () => {
  const joined = new JoinedRequests<string>(10);
  let asked = 0;
  const ask = async (): Promise<string> => `answer ${++asked}`;
  expect(await Promise.all([joined.run('a', ask), joined.run('a', ask)])).toEqual(['answer 1', 'answer 1']);
  expect(await joined.run('a', ask)).toBe('answer 2');
});

it('refuses when too many wait, and answers again once they have their answers', async () => {
  const joined = new JoinedRequests<string>(2);
  const { promise, resolve } = Promise.withResolvers<string>();
  const waiting = [joined.run('a', () => promise), joined.run('b', () => promise)];
  await expect(joined.run('a', () => promise)).rejects.toEqual(BUSY);
  await expect(joined.run('c', () => promise)).rejects.toEqual(BUSY);
  resolve('yes');
  expect(await Promise.all(waiting)).toEqual(['yes', 'yes']);
  expect(await joined.run('c', () => promise)).toBe('yes');
});

it('leaves places for others when one answer is waited for often', async () => {
  const joined = new JoinedRequests<string>(2 * MOST_WAITING_PER_ANSWER);
  const { promise, resolve } = Promise.withResolvers<string>();
  const waiting = Array.from({ length: MOST_WAITING_PER_ANSWER }, () => joined.run('a', () => promise));
  await expect(joined.run('a', () => promise)).rejects.toEqual(BUSY);
  const other = joined.run('b', async () => 'mine');
  expect(await other).toBe('mine');
  resolve('yes');
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(['yes']));
});

it('gives the place back when the answer cannot be had', async () => {
  const joined = new JoinedRequests<string>(1);
  await expect(joined.run('a', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
  expect(await joined.run('a', async () => 'here')).toBe('here');
});
