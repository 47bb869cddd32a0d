import { randomBytes } from 'node:crypto';
import { PRESENCE_CLUSTER } from '../../api/v1alpha1/kinds.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { withCluster } from '../context/cluster-client.ts';
import type { ClusterTarget, DashboardRequest } from '../context/context.ts';
import { CliFailure } from '../context/failure.ts';
import { DashboardServer } from './dashboard-server.ts';
import { DashboardState } from './dashboard-state.ts';

const TOKEN_BYTES = 16;

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
    const state = new DashboardState({ client, clock, version, namespace });
    const token = randomBytes(TOKEN_BYTES).toString('hex');
    const server = new DashboardServer({ state, script, token, port });
    const listening = await server.start().catch((error: unknown) => {
      throw new CliFailure(`--port ${port}: ${error instanceof Error ? error.message : String(error)}`);
    });
    state.start();
    try {
      onReady(`http://127.0.0.1:${listening}/#token=${token}`);
      await aborted(signal);
    } finally {
      await state.stop();
      await server.stop();
    }
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
