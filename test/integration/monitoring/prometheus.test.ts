import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { programOptions } from '../../../src/bundle/bundle-options.ts';
import type { Rule } from '../../../src/monitoring/alerts/alert.ts';
import { INTERVAL } from '../../../src/monitoring/dashboards/dashboard.ts';
import { DASHBOARDS } from '../../../src/monitoring/dashboards/dashboard-files.ts';
import { repository } from '../../cluster/paths.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { fencedBlocks } from '../../house/markdown.ts';
import { eventually } from '../../support/eventually.ts';
import { removeDirectory } from '../../support/remove-directory.ts';
import { freePorts } from '../free-ports.ts';
import { type InstalledKinds, startWithKinds } from '../installed-kinds.ts';
import { type PodProcess, startPodProcess } from '../presence/presence-pods.ts';
import { type RedisClusterProcesses, startRedisCluster } from '../redis/redis-cluster-processes.ts';
import { type ActiveAlert, PrometheusProcess } from './prometheus-process.ts';
import { promtool } from './promtool.ts';

/** For a loaded machine; nothing is promised by it. */
const WITHIN_SECONDS = 90;
const PERSON = { fieldManager: 'person', force: true } as const;
const OF_CLUSTER = { namespace: 'weddings', presencecluster: 'wedsync' } as const;

let directory: string;
let kinds: InstalledKinds;
let redis: RedisClusterProcesses;
let server: PodProcess;
let operator: ChildProcess;
let operatorPort: number;
let prometheus: PrometheusProcess;

const read = (file: string): string => readFileSync(path.join(repository, file), 'utf8');

/** The rules as they are shipped; an alert waits one second where it would wait minutes. Nothing else is changed. */
function impatientRules(): object {
  const groupsOf = (file: string): { name: string; rules: Rule[] }[] =>
    parse(read(`manifests/monitoring/${file}`)).groups;
  const impatient = (rule: Rule): Rule => (rule.for === undefined ? rule : { ...rule, for: '1s' });
  const alerts = groupsOf('alerts.yaml').map(({ name, rules }) => ({ name, rules: rules.map(impatient) }));
  return { groups: [...alerts, ...groupsOf('recording-rules.yaml')] };
}

function honorsLabels(job: string): boolean {
  const { scrape_configs: jobs } = parse(read('manifests/monitoring/prometheus-scrape.yaml'));
  return jobs.find((each: { job_name: string }) => each.job_name === job).honor_labels === true;
}

/** The program of the image, against the API server. */
function startOperator(): ChildProcess {
  const child = spawn(process.execPath, ['--optimize-for-size', path.join(directory, 'operator.js')], {
    env: {
      ...process.env,
      KUBECONFIG: kinds.server.kubeconfig,
      PRESENCE_IMAGE: 'presence:1',
      METRICS_PORT: String(operatorPort),
      LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const endWithParent = (): void => void child.kill('SIGKILL');
  process.once('exit', endWithParent);
  child.once('exit', () => process.removeListener('exit', endWithParent));
  return child;
}

async function stopOperator(): Promise<void> {
  const ended = once(operator, 'exit');
  operator.kill('SIGTERM');
  await ended;
}

async function makeCluster(timeZone: string): Promise<void> {
  const metadata = { name: 'wedsync', namespace: 'weddings' };
  const apiVersion = 'presence.wedsync.io/v1alpha1';
  await kinds.client.apply({ apiVersion, kind: 'PresenceCluster', metadata, spec: { timeZone } }, PERSON);
}

async function startServer(): Promise<void> {
  const { valkeyServer } = await ensureTools();
  redis = await startRedisCluster({ server: valkeyServer, primaries: 3 });
  server = await startPodProcess(redis.nodes);
}

async function startKinds(): Promise<void> {
  kinds = await startWithKinds();
  for (const name of ['presence-system', 'weddings'])
    await kinds.client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, PERSON);
}

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'monitored-'));
  [operatorPort = 0] = await freePorts('127.0.0.1', 1);
  const bundles = programOptions(repository, directory).map((options) => build(options));
  await Promise.all([startKinds(), startServer(), ...bundles]);
  operator = startOperator();
  prometheus = await PrometheusProcess.start(
    [
      {
        job: 'presence-operator',
        address: `127.0.0.1:${operatorPort}`,
        labels: { namespace: 'presence-system', pod: 'operator-0' },
        honorLabels: honorsLabels('presence-operator'),
      },
      {
        job: 'presence',
        address: `127.0.0.1:${server.adminPort}`,
        labels: { ...OF_CLUSTER, pod: 'presence-0' },
        honorLabels: honorsLabels('presence'),
      },
    ],
    impatientRules(),
  );
}, 600_000);

afterAll(async () => {
  await prometheus?.stop();
  if (operator) await stopOperator();
  server?.kill('SIGKILL');
  await redis?.close();
  await kinds?.stop();
  await removeDirectory(directory);
});

async function firing(alert: string): Promise<ActiveAlert | undefined> {
  const alerts = await prometheus.alerts();
  return alerts.find(({ labels, state }) => labels.alertname === alert && state === 'firing');
}

function untilFires(alert: string): Promise<ActiveAlert> {
  return eventually({ what: `${alert} fires`, withinSeconds: WITHIN_SECONDS }, () => firing(alert));
}

function untilQuiet(alert: string): Promise<true> {
  return eventually(
    { what: `${alert} ends`, withinSeconds: WITHIN_SECONDS },
    async () => (await firing(alert)) === undefined,
  );
}

it('alerts fire by their faults and end with them, on what real programs report', async () => {
  await untilQuiet('PresenceOperatorHasNoLeader');
  await untilQuiet('PresenceCanaryFails');

  await makeCluster('Mars/Olympus');
  const refused = await untilFires('PresenceSpecNotAccepted');
  expect(refused.labels).toMatchObject({ ...OF_CLUSTER, severity: 'warning' });
  expect(refused.annotations.summary).toContain('PresenceCluster weddings/wedsync');
  await makeCluster('Europe/London');
  await untilQuiet('PresenceSpecNotAccepted');

  const [hung] = redis.primaries;
  hung?.pause();
  expect((await untilFires('PresenceCanaryFails')).labels).toMatchObject({
    ...OF_CLUSTER,
    severity: 'critical',
  });
  hung?.resume();
  await untilQuiet('PresenceCanaryFails');

  await stopOperator();
  await untilFires('PresenceOperatorHasNoLeader');
  operator = startOperator();
  await untilQuiet('PresenceOperatorHasNoLeader');
});

it('every rule is evaluated without an error, and every expression of dashboards and docs is understood', async () => {
  await eventually({ what: 'every rule was evaluated', withinSeconds: WITHIN_SECONDS }, async () =>
    (await prometheus.rules()).every(({ health }) => health !== 'unknown'),
  );
  expect((await prometheus.rules()).filter(({ health }) => health !== 'ok')).toEqual([]);
  const panels = DASHBOARDS.flatMap(({ rows }) => rows.flatMap((row) => row.panels));
  for (const { expr } of panels.flatMap(({ queries }) => queries)) {
    const bound = expr.replaceAll(INTERVAL, '1m').replaceAll(/\$(namespace|presencecluster)/g, '.*');
    await prometheus.query(bound);
  }
  const [documented = ''] = fencedBlocks(read('docs/how-to/monitoring.md'), 'promql');
  for (const example of documented.split('\n\n')) await prometheus.query(example);
  await expect(prometheus.query('sum by (')).rejects.toThrow('parse error');
});

it('promtool finds no fault in what the programs report', async () => {
  for (const port of [operatorPort, server.adminPort]) {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(text).toContain('presence_build_info{');
    expect(await promtool(['check', 'metrics'], repository, text)).toEqual({ code: 0, printed: '' });
  }
});
