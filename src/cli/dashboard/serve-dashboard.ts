import { randomBytes } from 'node:crypto';
import { PRESENCE_CLUSTER } from '../../api/v1alpha1/kinds.ts';
import { DashboardServer } from '../../dashboard-feed/dashboard-server.ts';
import { DashboardState } from '../../dashboard-feed/dashboard-state.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { withCluster } from '../context/cluster-client.ts';
import type { ClusterTarget, DashboardRequest } from '../context/context.ts';
import { aborted, checkLoopbackHost, LOOPBACK, localGate, startOn } from './loopback.ts';

const TOKEN_BYTES = 16;
/** One person looks here, with as many views as there are places. */
const STREAMS = 500;

export interface ServeOptions extends DashboardRequest {
  clock: Clock;
  version: string;
  target: ClusterTarget;
  /** The script of the page. */
  script: Uint8Array;
  signal: AbortSignal;
}

/**
 * Serves the dashboard with the rights of the kubeconfig until the signal.
 *
 * @throws {CliFailure} when there are no credentials, PresenceClusters may not be read, or the port is taken
 */
export function serveDashboard(options: ServeOptions): Promise<void> {
  const { clock, version, target, script, port, onReady, signal } = options;
  return withCluster(clock, version, target, async ({ client, namespace: current }) => {
    const namespace = target.allNamespaces ? undefined : current;
    // A kubeconfig that may not do this would only show an empty page.
    await client.list(PRESENCE_CLUSTER, { namespace, limit: 1, signal });
    const state = new DashboardState({
      client,
      clock,
      version,
      namespaces: namespace === undefined ? [] : [namespace],
      readsHistory: true,
      isInCluster: false,
    });
    const token = randomBytes(TOKEN_BYTES).toString('hex');
    const server = new DashboardServer({
      clock,
      state,
      script,
      gate: localGate(token),
      host: LOOPBACK,
      port,
      streamsPerViewer: STREAMS,
      checkHost: checkLoopbackHost,
    });
    const listening = await startOn(port, () => server.start());
    state.start();
    try {
      onReady(`http://${LOOPBACK}:${listening}/#token=${token}`);
      await aborted(signal);
    } finally {
      await state.stop();
      await server.stop();
    }
  });
}
