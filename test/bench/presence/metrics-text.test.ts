import { Counter, Histogram, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { added, bucketOf, metricLines } from './metrics-text.ts';

it('reads what prom-client writes, and what was added since', async () => {
  const registry = new Registry();
  const hits = new Counter({ name: 'hits_total', help: 'h', labelNames: ['of'], registers: [registry] });
  hits.inc({ of: 'a' }, 3);
  const before = await registry.metrics();
  hits.inc({ of: 'a' }, 2);
  hits.inc({ of: 'b' });
  const after = await registry.metrics();
  expect(metricLines(before, 'hits_total')).toEqual([{ labels: { of: 'a' }, value: 3 }]);
  expect([...added([before], [after, after], 'hits_total', ({ of }) => of ?? '')]).toEqual([
    ['a', 7],
    ['b', 2],
  ]);
});

it('finds the bucket of a percentile', async () => {
  const registry = new Registry();
  const wait = new Histogram({ name: 'w', help: 'h', buckets: [0.1, 1], registers: [registry] });
  const empty = await registry.metrics();
  for (let i = 0; i < 99; i++) wait.observe(0.05);
  wait.observe(7);
  const buckets = (text: string) => added([], [text], 'w_bucket', ({ le }) => le ?? '');
  expect(bucketOf(buckets(await registry.metrics()), 0.99)).toBe(0.1);
  expect(bucketOf(buckets(await registry.metrics()), 0.995)).toBe(Number.POSITIVE_INFINITY);
  expect(bucketOf(buckets(empty), 0.5)).toBeUndefined();
});
