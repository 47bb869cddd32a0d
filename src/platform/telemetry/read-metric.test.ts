import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { metricsText } from './metrics-text.ts';
import { type Reading, registerReadMetric } from './read-metric.ts';

const X = { name: 'x', help: 'Of x.', type: 'gauge', labelNames: ['name'] } as const;

async function partsOf(registry: Registry): Promise<string[]> {
  const parts: string[] = [];
  for await (const part of metricsText(registry)) parts.push(part);
  return parts;
}

it('has the samples of now and no others, in parts as in one text', async () => {
  const registry = new Registry();
  let readings: Reading[] = [
    { labels: { name: 'a"b\\c\nd' }, value: 1 },
    { labels: { name: 'none' }, value: Number.NaN },
    { labels: {}, value: 2 },
  ];
  registerReadMetric(registry, { ...X, read: () => readings });
  registerReadMetric(registry, { ...X, name: 'y_total', type: 'counter', read: () => [] });
  const text = String.raw`# HELP x Of x.
# TYPE x gauge
x{name="a\"b\\c\nd"} 1
x 2

# HELP y_total Of x.
# TYPE y_total counter
`;
  expect(await registry.metrics()).toBe(text);
  expect((await partsOf(registry)).join('')).toBe(text.replace('\n\n', '\n'));
  readings = [];
  expect((await partsOf(registry))[0]).toBe('# HELP x Of x.\n# TYPE x gauge\n');
});

it('is written a little at a time, and what else there is to do comes in between', async () => {
  const registry = new Registry();
  const readings = Array.from({ length: 10_000 }, (_, index) => ({
    labels: { name: String(index) },
    value: index,
  }));
  registerReadMetric(registry, { ...X, read: () => readings });
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  const parts = await partsOf(registry);
  clearInterval(timer);
  expect(parts.length).toBeGreaterThan(10);
  expect(parts.join('').split('\n')).toHaveLength(10_003);
  expect(turns).toBeGreaterThan(0);
});
