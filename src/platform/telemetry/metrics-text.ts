import { setImmediate } from 'node:timers/promises';
import type { Registry } from 'prom-client';
import { ReadMetric } from './read-metric.ts';

/**
 * All metrics in the text format of Prometheus, part by part, with a turn of the event loop after each: with a thousand objects the
 * whole text is megabytes, and timers must not wait for it.
 */
export async function* metricsText(registry: Registry): AsyncGenerator<string> {
  for (const { name } of registry.getMetricsAsArray()) {
    const metric: unknown = registry.getSingleMetric(name);
    const parts =
      metric instanceof ReadMetric ? metric.parts() : [`${await registry.getSingleMetricAsString(name)}\n`];
    for (const part of parts) {
      yield part;
      await setImmediate();
    }
  }
}
