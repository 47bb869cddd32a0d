import { readFileSync } from 'node:fs';
import packageJson from '../../package.json' with { type: 'json' };
import { BUILD_INFO } from '../api/v1alpha1/names.ts';
import { readPageScript } from '../dashboard-feed/page-script.ts';
import { parseZoneText } from '../domain/calendar/zones/zone-data.ts';
import { useZones, zonesInForce } from '../domain/calendar/zones/zones-in-force.ts';
import { createKubeClient } from '../platform/kube/client.ts';
import { loadKubeConfig } from '../platform/kube/kubeconfig.ts';
import { systemClock } from '../platform/runtime/clock.ts';
import { createDebugToggle, createLogger, type LogLevel } from '../platform/telemetry/log.ts';
import { createMetrics } from '../platform/telemetry/metrics.ts';
import { createProbeServer } from '../platform/telemetry/probes.ts';
import { registerBuildInfo } from '../platform/telemetry/process-metrics.ts';
import { type DashboardConfig, parseConfig } from './config.ts';
import { CLIENT_TYPES, createDashboardProgram } from './dashboard-program.ts';
import type { ProxyOptions } from './proxy-identity.ts';
import { RefusalReport } from './refusal-report.ts';

const { version } = packageJson;

/** The dashboard in the cluster: reads the environment, serves until SIGTERM. */
async function main(): Promise<void> {
  const config = parseConfig(process.env);
  const levelSwitch: { level: LogLevel } = { level: config.logLevel };
  const log = createLogger({ name: 'presence-dashboard', level: levelSwitch.level, levelSwitch });
  process.on('SIGUSR2', createDebugToggle({ levelSwitch, clock: systemClock, log }));
  if (config.zoneDataFile !== undefined) useZoneFile(config.zoneDataFile);
  const metrics = createMetrics();
  registerBuildInfo(metrics.registry, {
    name: BUILD_INFO,
    program: 'dashboard',
    version,
    node: process.version,
  });
  const client = createKubeClient({
    config: loadKubeConfig(),
    clock: systemClock,
    types: CLIENT_TYPES,
    userAgent: 'presence-dashboard',
    metrics: metrics.client,
  });
  const dashboard = createDashboardProgram({
    client,
    clock: systemClock,
    version,
    namespaces: config.watchNamespaces,
    script: await readPageScript(),
    port: config.port,
    proxy: proxyOf(config),
    report: new RefusalReport({ registry: metrics.registry, log, clock: systemClock }),
  });
  const probes = createProbeServer({
    port: config.metricsPort,
    registry: metrics.registry,
    live: {},
    ready: { caches: () => dashboard.state.checkReady() },
    log,
  });
  const stopped = new Promise<string>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  });
  await probes.start();
  const port = await dashboard.start();
  const tzdb = zonesInForce().version;
  log.info({ port, namespaces: config.watchNamespaces, tzdb }, 'presence-dashboard serves');
  log.info({ signal: await stopped }, 'presence-dashboard ends');
  await dashboard.stop();
  await probes.stop();
  await client.close();
}

function useZoneFile(file: string): void {
  try {
    useZones(parseZoneText(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new Error(`ZONE_DATA_FILE ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function proxyOf({ proxy }: DashboardConfig): ProxyOptions | undefined {
  if (proxy === undefined) return undefined;
  const { secretFile, ...headers } = proxy;
  const secret = readFileSync(secretFile, 'utf8').trim();
  if (secret === '') throw new Error(`PROXY_SECRET_FILE ${secretFile}: the file is empty`);
  return { ...headers, secret };
}

await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
