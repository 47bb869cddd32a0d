import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseConfig } from '../../../src/operator/config.ts';
import { CLIENT_TYPES } from '../../../src/operator/objects/kinds.ts';
import { createOperator } from '../../../src/operator/operator.ts';
import { createKubeClient } from '../../../src/platform/kube/client.ts';
import { loadKubeConfig } from '../../../src/platform/kube/kubeconfig.ts';
import type { Clock } from '../../../src/platform/runtime/clock.ts';
import { systemClock } from '../../../src/platform/runtime/clock.ts';
import { createLogger } from '../../../src/platform/telemetry/log.ts';
import { createMetrics } from '../../../src/platform/telemetry/metrics.ts';
import { CURRENT_ZONE_DATA } from '../../support/presence-cluster-builder.ts';
import { ADMIN, type PolicyServer, RELEASE } from './policy-server.ts';

/** An operator with the rights, and behind the policies, that the chart gives it. */
export interface ChartOperator {
  metrics(): Promise<string>;
  /** Lines of the log so far, as JSON text. */
  log: string[];
  stop(): Promise<void>;
}

let operators = 0;

export async function startChartOperator(
  server: PolicyServer,
  { env = {}, clock = systemClock }: { env?: Record<string, string>; clock?: Clock } = {},
): Promise<ChartOperator> {
  const client = createKubeClient({
    config: loadKubeConfig({ path: await operatorKubeconfig(server) }),
    clock: systemClock,
    types: CLIENT_TYPES,
  });
  const metrics = createMetrics({ processMetrics: false });
  const log: string[] = [];
  const operator = createOperator({
    config: parseConfig({
      PRESENCE_IMAGE: 'presence:1',
      LEADER_ELECTION: 'false',
      OPERATOR_NAMESPACE: RELEASE.namespace,
      FREEZE_CLOCK_LEASE: 'kube-system/kube-controller-manager',
      ...env,
    }),
    client,
    clock,
    metrics,
    identity: `test-${++operators}`,
    zoneData: CURRENT_ZONE_DATA,
    log: createLogger({
      name: 'test',
      level: 'warn',
      destination: { write: (line: string) => void log.push(line) },
    }),
  });
  const end = new AbortController();
  const ended = operator.manager.run(end.signal);
  return {
    metrics: () => metrics.registry.metrics(),
    log,
    stop: async () => {
      end.abort(new Error('the test stops the operator'));
      await ended;
      operator.close();
      await client.close();
    },
  };
}

/** The service account that the chart makes, with a token as its pod would have. */
export async function operatorKubeconfig(server: PolicyServer): Promise<string> {
  const { server: url, ca, kubeconfig } = server.kinds.server;
  const account = `/api/v1/namespaces/${RELEASE.namespace}/serviceaccounts/${RELEASE.name}/token`;
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
  const { body } = await server.must(ADMIN, { method: 'POST', path: account, body: request });
  const file = path.join(path.dirname(kubeconfig), `operator-${operators}.kubeconfig`);
  const cluster = { server: url, 'certificate-authority-data': Buffer.from(ca).toString('base64') };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'operator',
    clusters: [{ name: 'test', cluster }],
    users: [{ name: 'operator', user: { token: body.status.token } }],
    contexts: [{ name: 'operator', context: { cluster: 'test', user: 'operator' } }],
  };
  await writeFile(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}
