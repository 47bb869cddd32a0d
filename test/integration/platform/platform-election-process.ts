import { createKubeClient } from '../../../src/platform/kube/client.ts';
import { loadKubeConfig } from '../../../src/platform/kube/kubeconfig.ts';
import { createLeaderElector } from '../../../src/platform/kube/leader-election.ts';
import { builtin } from '../../../src/platform/kube/resource.ts';
import { type Clock, systemClock } from '../../../src/platform/runtime/clock.ts';
import { silentLogger } from '../../../src/platform/telemetry/log.ts';

/**
 * A process as an operator is one: it asks for a lease and, while it leads, writes its identity and a count into
 * one ConfigMap every few milliseconds. It says `leads` when it is elected, ends with 0 after SIGTERM
 * and with 1 when leadership is lost.
 */
export interface ElectionProcessSettings {
  kubeconfig: string;
  identity: string;
  /** Name of the lease and of the ConfigMap. */
  name: string;
  /** Added to the wall clock. */
  clockOffsetMs: number;
  /** 15/10/2 s when absent. */
  times?: { leaseMs: number; renewDeadlineMs: number; retryMs: number } | undefined;
}

/** Short against the lease, long enough that ten such processes leave the API server some room. */
const PAUSE_MS = 20;

const settings = JSON.parse(process.argv[2] ?? '{}') as ElectionProcessSettings;
const { identity, name } = settings;
const clock: Clock = {
  ...systemClock,
  now: () => new Date(systemClock.now().getTime() + settings.clockOffsetMs),
};
const client = createKubeClient({
  config: loadKubeConfig({ path: settings.kubeconfig }),
  clock,
  userAgent: identity,
});
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort(new Error('SIGTERM')));
const election = createLeaderElector({
  client,
  namespace: 'default',
  name,
  identity,
  clock,
  log: silentLogger(),
  onLost: () => {
    process.exitCode = 1;
    stop.abort(new Error('leadership lost'));
  },
  ...settings.times,
});
const fenced = client.scoped({ fence: () => election.fence(), signal: election.lost });

async function writeUntilStopped(): Promise<void> {
  for (let count = 1; !stop.signal.aborted; count++) {
    const patch = { data: { identity, count: String(count) } };
    // A failed write is the next one's business; the fence and the API server decide, not this loop.
    await fenced
      .patch(builtin.ConfigMap, 'default', name, patch, { fieldManager: identity })
      .catch(() => undefined);
    await clock.sleep(PAUSE_MS);
  }
}

election.start();
await Promise.race([
  election.elected().then(() => {
    process.stdout.write('leads\n');
    return writeUntilStopped();
  }),
  new Promise((resolve) => stop.signal.addEventListener('abort', resolve)),
]);
await election.stop();
await client.close();
process.exit();
