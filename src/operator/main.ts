import { randomUUID } from 'node:crypto';
import packageJson from '../../package.json' with { type: 'json' };
import { BUILD_INFO } from '../api/v1alpha1/names.ts';
import { zoneDataFinding } from '../domain/calendar/zones/zone-data-age.ts';
import { useZones, zonesInForce } from '../domain/calendar/zones/zones-in-force.ts';
import { createWarningLog } from '../platform/kube/api-warnings.ts';
import { createKubeClient } from '../platform/kube/client.ts';
import { loadKubeConfig } from '../platform/kube/kubeconfig.ts';
import { systemClock } from '../platform/runtime/clock.ts';
import { createDebugToggle, createLogger, type LogLevel } from '../platform/telemetry/log.ts';
import { createMetrics } from '../platform/telemetry/metrics.ts';
import { createProbeServer } from '../platform/telemetry/probes.ts';
import { registerBuildInfo } from '../platform/telemetry/process-metrics.ts';
import { parseConfig } from './config.ts';
import { CLIENT_TYPES } from './objects/kinds.ts';
import { createOperator } from './operator.ts';
import { readZoneDataFile } from './zone-data.ts';

/** The operator: reads the environment, runs until SIGTERM, ends when leadership is lost. */
async function main(): Promise<void> {
  const config = parseConfig(process.env);
  const levelSwitch = { level: config.logLevel as LogLevel };
  const log = createLogger({ name: 'presence-operator', level: levelSwitch.level, levelSwitch });
  process.on('SIGUSR2', createDebugToggle({ levelSwitch, clock: systemClock, log }));
  if (config.zoneDataFile !== undefined) useZones(readZoneDataFile(config.zoneDataFile));
  const metrics = createMetrics();
  registerBuildInfo(metrics.registry, {
    name: BUILD_INFO,
    program: 'operator',
    version: packageJson.version,
    node: process.version,
  });
  const client = createKubeClient({
    config: loadKubeConfig(),
    clock: systemClock,
    types: CLIENT_TYPES,
    userAgent: 'presence-operator',
    metrics: metrics.client,
    onWarning: createWarningLog(log, () => metrics.client.warned()),
  });
  const identity = `${config.podName}_${randomUUID()}`;
  const { version: tzdb, asOf } = zonesInForce();
  const zoneData = { version: tzdb, asOf, runtimeTzdb: process.versions.tz ?? 'unknown' };
  const zones = zoneDataFinding(zoneData, systemClock.now());
  const operator = createOperator({
    config,
    client,
    clock: systemClock,
    log,
    metrics,
    identity,
    zoneData,
  });
  const { manager } = operator;
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => stop.abort(new Error(`got ${signal}`)));
  }
  const probes = createProbeServer({
    port: config.metricsPort,
    registry: metrics.registry,
    live: manager.liveChecks,
    ready: manager.readyChecks,
    log,
  });
  const port = await probes.start();
  log.info({ port, namespaces: config.watchNamespaces, tzdb }, 'presence-operator starts');
  if (zones.reason !== 'Current') log.warn({ tzdb }, zones.message);
  try {
    await manager.run(stop.signal);
  } catch (error) {
    log.fatal({ err: error }, 'the operator ends');
    process.exitCode = 1;
  } finally {
    operator.close();
    await probes.stop();
    await client.close();
  }
}

await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
