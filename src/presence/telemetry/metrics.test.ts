import { performance } from 'node:perf_hooks';
import { afterEach, expect, it, vi } from 'vitest';
import { metricsAtRest } from '../../../test/support/presence-parts.ts';

afterEach(() => vi.restoreAllMocks());

it('counts three caches apart, cold in the first five minutes of the server and warm from then on', async () => {
  const startedAt = performance.now();
  const now = vi.spyOn(performance, 'now');
  now.mockReturnValue(startedAt);
  const metrics = metricsAtRest();
  metrics.cache('snapshot', 'miss');
  now.mockReturnValue(startedAt + 299_999);
  metrics.cache('authorization', 'miss');
  now.mockReturnValue(startedAt + 300_000);
  metrics.cache('snapshot', 'hit');
  metrics.cache('wedding', 'hit');
  metrics.cache('wedding', 'hit');
  const text = await metrics.registry.getSingleMetricAsString('presence_cache_requests_total');
  expect(text.split('\n').filter((line) => !line.startsWith('#'))).toEqual([
    'presence_cache_requests_total{cache="snapshot",phase="cold",result="miss"} 1',
    'presence_cache_requests_total{cache="authorization",phase="cold",result="miss"} 1',
    'presence_cache_requests_total{cache="snapshot",phase="warm",result="hit"} 1',
    'presence_cache_requests_total{cache="wedding",phase="warm",result="hit"} 2',
  ]);
});
