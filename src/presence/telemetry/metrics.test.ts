import { performance } from 'node:perf_hooks';
import { afterEach, expect, it, vi } from 'vitest';
import { metricsAtRest } from '../../../test/support/presence-parts.ts';
import { ERROR_CODES, type ErrorCode } from '../../api/protocol/codes.ts';
import { SEEN_WITHIN_MS } from '../../api/v1alpha1/slo/slo.ts';
import { CANARY_LOST_AFTER_MS } from './canary.ts';
import { PROPAGATION_SECONDS } from './metrics.ts';

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

it('counts joins that fail by the service, each code from 0, and no refusal that is about the client', async () => {
  const metrics = metricsAtRest();
  for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) metrics.notJoined(code);
  metrics.notJoined('unavailable');
  const text = await metrics.registry.getSingleMetricAsString('presence_failed_joins_total');
  expect(text.split('\n').filter((line) => !line.startsWith('#'))).toEqual([
    'presence_failed_joins_total{code="unavailable"} 2',
    'presence_failed_joins_total{code="internal"} 1',
    'presence_failed_joins_total{code="over_capacity"} 1',
  ]);
});

it('has a bound for each delay that an objective can have, and for a lost change', () => {
  for (const ms of [...SEEN_WITHIN_MS, CANARY_LOST_AFTER_MS])
    expect(PROPAGATION_SECONDS).toContain(ms / 1_000);
});
