import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client';

/**
 * Gauges of prom-client whose names end as those of counters must, which `promtool check metrics` reports. The same numbers
 * are in `nodejs_active_handles`, `nodejs_active_requests` and `nodejs_active_resources`, by type.
 */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/**
 * The process metrics of Node, in a registry of its own.
 *
 * @param lagSampleMs how often the lag of the event loop is sampled; 10 ms when left out
 */
export function collectProcessMetrics(registry: Registry, lagSampleMs?: number): void {
  collectDefaultMetrics(
    lagSampleMs === undefined
      ? { register: registry }
      : { register: registry, eventLoopMonitoringPrecision: lagSampleMs },
  );
  for (const name of MISNAMED) registry.removeSingleMetric(name);
}

export interface Build {
  /** Name of the metric. */
  readonly name: string;
  readonly program: string;
  readonly version: string;
  /** Version of Node. */
  readonly node: string;
}

/** Which version runs, as labels of a gauge that is always 1. */
export function registerBuildInfo(registry: Registry, { name, program, version, node }: Build): void {
  new Gauge({
    name,
    help: 'Always 1; program, its version and that of Node.',
    labelNames: ['program', 'version', 'node_version'],
    registers: [registry],
  }).set({ program, version, node_version: node }, 1);
}
