import { expect, it } from 'vitest';
import { Freshness, STALE_AFTER_MS } from './freshness.ts';

it('tells once that the state is old, however long that lasts, and once that it is fresh again', () => {
  const told: number[] = [];
  const heartbeat = { ageMs: 0 };
  const freshness = new Freshness('w', heartbeat, {
    announce: (message) => void told.push((message as { staleMs: number }).staleMs),
  });
  for (const ageMs of [STALE_AFTER_MS, STALE_AFTER_MS + 400.4, STALE_AFTER_MS + 1_400]) {
    heartbeat.ageMs = ageMs;
    freshness.unconfirmed();
  }
  expect(told).toEqual([STALE_AFTER_MS + 400]);
  expect(freshness.staleMs).toBe(STALE_AFTER_MS + 1_400);
  heartbeat.ageMs = 0;
  for (let beat = 0; beat < 2; beat++) freshness.confirmed();
  expect(told).toEqual([STALE_AFTER_MS + 400, 0]);
  expect(freshness.staleMs).toBeUndefined();
});
