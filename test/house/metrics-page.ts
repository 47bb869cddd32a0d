/**
 * `node test/house/metrics-page.ts` writes docs/reference/metrics.md from what the programs register; with
 * `--check` it writes nothing and fails when the page differs.
 */
import { Registry } from 'prom-client';
import { BUILD_INFO } from '../../src/api/v1alpha1/names.ts';
import { RefusalReport } from '../../src/dashboard-server/refusal-report.ts';
import { parseConfig } from '../../src/operator/config.ts';
import { createOperator } from '../../src/operator/operator.ts';
import { systemClock } from '../../src/platform/runtime/clock.ts';
import { silentLogger } from '../../src/platform/telemetry/log.ts';
import { createMetrics } from '../../src/platform/telemetry/metrics.ts';
import { registerBuildInfo } from '../../src/platform/telemetry/process-metrics.ts';
import { MemoryKubeClient } from '../support/memory-kube-client.ts';
import { metricsAtRest } from '../support/presence-parts.ts';
import { keepGenerated } from './generated-file.ts';

const NAME = 'docs/reference/metrics.md';

const INTRODUCTION = `# Metrics, probes and logs

Both programs serve port 9090: \`/metrics\` for Prometheus, \`/healthz\` for the liveness probe, \`/readyz\` for the readiness
probe. Add \`?verbose\` to list every check by name, or request a single one: \`/healthz/event-loop\`.

## Probes of the operator

| check | in | fails when |
|---|---|---|
| \`event-loop\` | \`/healthz\` | The event loop has not run for longer than the duration of a lease. |
| \`watch-KIND\` | \`/healthz\` | A watch was silent for longer than its watchdog allows, and was not started again. |
| \`controller-NAME\` | \`/healthz\` | A reconcile has run for longer than twice its time limit. |
| \`cache-KIND\` | \`/readyz\` | The first list of this kind is not complete. The answer has the cause: RBAC, a missing kind, or the connection to the API server. |

A process that waits for the lease is ready: its caches are filled.

## Logs

Logs are JSON, one object per line. Lines of a reconcile have \`controller\`, \`namespace\`, \`name\` and \`reconcileID\`. Fields that
contain passwords and tokens are removed by name. \`SIGUSR2\` switches the operator to level \`debug\`, and the next one back, without
a restart:

\`\`\`sh
kubectl -n presence-system exec POD -- node -e 'process.kill(1, "SIGUSR2")'
\`\`\`

POD is the holder of the Lease: \`kubectl -n presence-system get lease\`.
`;

function table(registry: Registry, keep: (name: string) => boolean): string {
  const rows = registry
    .getMetricsAsArray()
    .filter(({ name }) => keep(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((metric) => {
      const { name, help, type, labelNames } = metric as unknown as {
        name: string;
        help: string;
        type?: string;
        labelNames: string[];
      };
      const kind = type ?? metric.constructor.name.toLowerCase();
      return `| \`${name}\` | ${kind} | ${labelNames.map((label) => `\`${label}\``).join(', ')} | ${help} |`;
    });
  return ['| metric | type | labels | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

/** Both programs also report the process itself; those names are prom-client's. */
const isOurs = (name: string): boolean => !/^(process|nodejs)_/.test(name);

/** What the programs register, without the metrics of the process. */
export function registries(): { operator: Registry; presence: Registry; dashboard: Registry } {
  const metrics = createMetrics({ processMetrics: false });
  const config = parseConfig({ PRESENCE_IMAGE: 'presence:page', POLICIES_CONFIG_MAP: 'policies' });
  createOperator({
    config,
    client: new MemoryKubeClient(),
    clock: systemClock,
    log: silentLogger(),
    metrics,
    identity: 'page',
    zoneData: { version: '2026c', asOf: '2026-03-01', runtimeTzdb: '2026c' },
  });
  const operator = metrics.registry;
  const presence = metricsAtRest().registry;
  registerBuildInfo(operator, { name: BUILD_INFO, program: 'operator', version: '0.0.0', node: 'v0.0.0' });
  registerBuildInfo(presence, { name: BUILD_INFO, program: 'presence', version: '0.0.0', node: 'v0.0.0' });
  const dashboard = new Registry();
  new RefusalReport({ registry: dashboard, log: silentLogger(), clock: systemClock });
  registerBuildInfo(dashboard, { name: BUILD_INFO, program: 'dashboard', version: '0.0.0', node: 'v0.0.0' });
  return { operator, presence, dashboard };
}

export function metricsPage(): string {
  const { operator, presence, dashboard } = registries();
  return `${INTRODUCTION}
## Metrics of the operator

Metrics have the names of controller-runtime and client-go where these exist, so their dashboards and alerts work. In addition there are
\`process_*\` and \`nodejs_*\`, which include the lag of the event loop. \`promtool check metrics\` accepts both programs.

Only the leader reports \`presence_cluster_*\`, \`presence_slo_*\` and \`presence_redis_*\`, so that a sum counts each PresenceCluster once.
It reads them from its caches and from the \`INFO\` that each reconcile asks for. Series of a deleted PresenceCluster end with it. Those of a
Redis pod end two minutes after the operator last looked at it.

${table(operator, isOurs)}

## Metrics of the presence server

${table(presence, isOurs)}

## Metrics of the dashboard in the cluster

With \`dashboard.enabled\` of the chart, on port 9090 as well. The log has one line in ten seconds for each status and kind; \`notLogged\`
counts those between.

${table(dashboard, isOurs)}
`;
}

if (import.meta.main) {
  keepGenerated(NAME, metricsPage());
  // The presence server samples the lag of the event loop for as long as it runs.
  process.exit();
}
