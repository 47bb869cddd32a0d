import { expect, it } from 'vitest';
import { RequestLimits } from './request-limits.ts';

it('answers a burst of three connections and then their rate, each user apart', () => {
  const limits = new RequestLimits({ perSecond: 20, burst: 60 });
  const passed = (user: string, nowMs: number) =>
    Array.from({ length: 300 }, () => limits.take(user, nowMs)).filter((isTaken) => isTaken);
  expect(passed('mad', 0)).toHaveLength(180);
  expect(passed('mad', 1_000)).toHaveLength(60);
  expect(limits.take('eve', 1_000)).toBe(true);
});
