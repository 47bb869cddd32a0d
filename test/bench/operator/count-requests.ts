import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Condition } from '../../../src/api/schema/fields.ts';
import { ownType } from '../../../src/operator/objects/kinds.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { type InstalledKinds, startWithKinds } from '../../integration/installed-kinds.ts';
import { StartingPods } from '../../integration/operator/starting-pods.ts';
import { type LoggedRequest, makeRequestLog } from '../../integration/request-log.ts';
import { eventually } from '../../support/eventually.ts';
import { OperatorProcess } from './operator-process.ts';

/** The user of the operator: it has a token of its own, so its requests are not those of the bench. */
const OPERATOR = 'visitor';
const NAMESPACE = 'count';
const WITHIN_SECONDS = 180;
/** What the operator writes after it has said Ready: events, and the rest of the status. */
const TAIL_MS = 5_000;

export interface CountOptions {
  /** A working tree with its packages. */
  readonly root: string;
  /** First two bytes of the loopback addresses of the Redis servers. */
  readonly network: string;
  /** How long the steady PresenceCluster is looked at afterwards. */
  readonly restSeconds: number;
}

/** What the operator does while nothing happens. */
export interface RestCounts {
  readonly seconds: number;
  /** Requests for whatever, leader election included. */
  readonly requests: readonly LoggedRequest[];
  readonly passes: number;
  readonly cpuSeconds: number;
}

export interface RequestCounts {
  /** Seconds from the apply to Ready. */
  readonly seconds: number;
  /** Requests for the one PresenceCluster: those in its namespace, and of its Namespace. */
  readonly requests: readonly LoggedRequest[];
  /** Passes of the main controller. */
  readonly passes: number;
  /** Processor time of the operator, in seconds. */
  readonly cpuSeconds: number;
  readonly rest: RestCounts;
}

/**
 * Requests of the operator from the apply of one PresenceCluster until some seconds after it is Ready, by the audit log of a real
 * API server.
 */
export async function countRequests({ root, network, restSeconds }: CountOptions): Promise<RequestCounts> {
  const { valkeyServer } = await ensureTools();
  const log = await makeRequestLog();
  const kinds = await startWithKinds({ flags: log.flags, crds: pathToFileURL(`${root}/crds/`) });
  let operator: OperatorProcess | undefined;
  let pods: StartingPods | undefined;
  try {
    operator = await OperatorProcess.start({
      bundle: path.join(root, 'src/operator/main.ts'),
      kubeconfig: await kubeconfigOfOperator(kinds),
      podName: 'count-0',
    });
    await operator.ready();
    const until = <T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> =>
      eventually({ what, withinSeconds: WITHIN_SECONDS }, look);
    const { client } = kinds;
    await client.apply(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
      { fieldManager: 'bench' },
    );
    await sleep(2_000);
    pods = await StartingPods.in({ client, until }, valkeyServer, NAMESPACE, network);
    const before = await reading(operator);
    const startedMs = Date.now();
    await client.create(
      {
        apiVersion: 'presence.wedsync.io/v1alpha1',
        kind: 'PresenceCluster',
        metadata: { name: 'wedsync', namespace: NAMESPACE },
        spec: { timeZone: 'UTC', scaling: { baselineReplicas: 2 } },
      },
      { fieldManager: 'bench' },
    );
    await pods.start();
    await until('the PresenceCluster is Ready', () => isReady(kinds));
    const seconds = (Date.now() - startedMs) / 1000;
    await sleep(TAIL_MS);
    const ready = await reading(operator);
    const readyMs = Date.now();
    await sleep(restSeconds * 1_000);
    const after = await reading(operator);
    const ofOperator = (await log.all()).filter(({ user, atMs }) => user === OPERATOR && atMs >= startedMs);
    return {
      seconds,
      requests: ofOperator.filter(({ atMs, namespace, resource, name }) => {
        const isForIt = namespace === NAMESPACE || (resource === 'namespaces' && name === NAMESPACE);
        return isForIt && atMs < readyMs;
      }),
      passes: ready.passes - before.passes,
      cpuSeconds: ready.cpuSeconds - before.cpuSeconds,
      rest: {
        seconds: restSeconds,
        requests: ofOperator.filter(({ atMs }) => atMs >= readyMs && atMs < readyMs + restSeconds * 1_000),
        passes: after.passes - ready.passes,
        cpuSeconds: after.cpuSeconds - ready.cpuSeconds,
      },
    };
  } finally {
    await operator?.end('SIGKILL');
    await pods?.close();
    await kinds.stop();
    await log.remove();
  }
}

/** Passes of the main controller, and processor time, so far. */
async function reading(operator: OperatorProcess): Promise<{ passes: number; cpuSeconds: number }> {
  const samples = await operator.samples();
  const passes = samples.sum('controller_runtime_reconcile_total', { controller: 'presencecluster' });
  return { passes, cpuSeconds: operator.cpuSeconds() };
}

async function isReady({ client }: InstalledKinds): Promise<boolean> {
  const found = await client.get(ownType('PresenceCluster'), NAMESPACE, 'wedsync');
  const { conditions = [] } = (found?.status ?? {}) as { conditions?: Condition[] };
  const ready = conditions.find(({ type }) => type === 'Ready');
  if (ready?.status === 'False') throw new Error(`${ready.reason}: ${ready.message}`);
  return ready?.status === 'True';
}

async function kubeconfigOfOperator({ server, client }: InstalledKinds): Promise<string> {
  const rbac = 'rbac.authorization.k8s.io';
  await client.apply(
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'operator' },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ apiGroup: rbac, kind: 'User', name: OPERATOR }],
    },
    { fieldManager: 'bench' },
  );
  const config = JSON.parse(await readFile(server.kubeconfig, 'utf8')) as object;
  const file = `${server.kubeconfig}-operator`;
  await writeFile(file, JSON.stringify({ ...config, 'current-context': OPERATOR }));
  return file;
}
