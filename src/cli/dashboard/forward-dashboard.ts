import { randomBytes } from 'node:crypto';
import { bearerToken } from '../../platform/kube/kubeconfig.ts';
import { builtin } from '../../platform/kube/resource.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { credentials, withCluster } from '../context/cluster-client.ts';
import type { ClusterTarget, ForwardRequest } from '../context/context.ts';
import { CliFailure } from '../context/failure.ts';
import { aborted, LOOPBACK, startOn } from './loopback.ts';
import { PortForward } from './port-forward.ts';
import { TokenProxy } from './token-proxy.ts';

/** Labels that the chart gives to the Service of the dashboard. */
const SELECTOR = 'app.kubernetes.io/component=dashboard,app.kubernetes.io/part-of=wedsync';
const SERVICE_PORT = 80;
const TOKEN_BYTES = 16;

export interface ForwardOptions extends ForwardRequest {
  clock: Clock;
  version: string;
  target: ClusterTarget;
  /** The program `kubectl`. */
  kubectl: string;
  signal: AbortSignal;
}

/**
 * Opens the dashboard in the cluster until the signal. Its Service is looked for in one namespace only: a
 * user who may put one with the same labels elsewhere would be sent the token.
 *
 * @returns false at once when the kubeconfig has no bearer token
 * @throws {CliFailure} when there is no dashboard, kubectl does not connect, or the port is taken
 */
export async function forwardDashboard(options: ForwardOptions): Promise<boolean> {
  const { clock, target, namespace, kubectl, port, onReady, signal } = options;
  const config = credentials(target);
  const own = await bearerToken(config).catch((error: Error) => {
    throw new CliFailure(`kubeconfig: ${error.message}`);
  });
  if (own === undefined) return false;
  const service = await findService(options);
  const context = target.context === undefined ? [] : [`--context=${target.context}`];
  const file = target.kubeconfig === undefined ? [] : [`--kubeconfig=${target.kubeconfig}`];
  const forward = new PortForward({
    clock,
    command: [kubectl, ...file, ...context, `--namespace=${namespace}`, 'port-forward', `service/${service}`],
    remotePort: SERVICE_PORT,
  });
  const token = randomBytes(TOKEN_BYTES).toString('hex');
  const proxy = new TokenProxy({
    port,
    token,
    upstreamPort: () => forward.port,
    bearer: () => bearerToken(config),
  });
  try {
    await forward.start();
    const listening = await startOn(port, () => proxy.start());
    onReady(`http://${LOOPBACK}:${listening}/#token=${token}`);
    await aborted(signal);
  } finally {
    await forward.stop();
    await proxy.stop();
  }
  return true;
}

function findService({ clock, version, target, namespace }: ForwardOptions): Promise<string> {
  return withCluster(clock, version, target, async ({ client }) => {
    const { items } = await client.list(builtin.Service, { namespace, labelSelector: SELECTOR });
    const [first] = items;
    if (first !== undefined) return first.metadata.name;
    throw new CliFailure(
      `there is no dashboard in namespace ${namespace}: set dashboard.enabled of the chart, or name the namespace of the operator after --in-cluster`,
    );
  });
}
