import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { redisShardStatefulSet } from '../../../src/domain/resources/redis-workload.ts';
import { ENGINES } from '../../../src/domain/topology/engine.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { eventually } from '../../support/eventually.ts';
import { presenceCluster } from '../../support/presence-cluster-builder.ts';
import { HUNG_AFTER_MS, TopologyCluster } from './topology-cluster.ts';

const tools = await ensureTools();
const TIMEOUT_MS = 400_000;

interface Probe {
  readonly exec: { readonly command: readonly string[] };
  readonly timeoutSeconds: number;
}

/** The server takes connections and uses a whole core, and no client gets an answer. */
function burn({ host, port }: { host: string; port: number }): void {
  const socket = connect({ host, port });
  socket.on('error', () => {});
  socket.write('EVAL "while true do end" 0\r\n');
}

describe.each([
  { engine: 'valkey' as const, server: tools.valkeyServer, cli: tools.valkeyCli },
  { engine: 'redis' as const, server: tools.redisServer, cli: tools.redisCli },
])('the probes of a $engine pod', { timeout: TIMEOUT_MS }, ({ engine, server, cli }) => {
  let cluster: TopologyCluster;
  afterEach(() => cluster.close());

  const { serverBinary, cliBinary, cliTimeout } = ENGINES[engine];
  const image = { image: 'image', serverBinary, cliBinary, cliTimeout, pullSecrets: [] };
  const owner = presenceCluster();
  const { template } = redisShardStatefulSet(owner, owner.spec, 0, 'config', image).spec as {
    template: { spec: { containers: [{ livenessProbe: Probe; readinessProbe: Probe }] } };
  };
  const [container] = template.spec.containers;

  /** What a kubelet makes of it: success, or failure by the exit code or by the time-out. */
  async function asked(
    { exec, timeoutSeconds }: Probe,
    at: { host: string; port: number },
  ): Promise<'Success' | 'Failure'> {
    const [program = '', ...prefix] = cli;
    const args = [...prefix, '-h', at.host, '-p', String(at.port), ...exec.command.slice(1)];
    const child = spawn(program, args, { env: { REDISCLI_AUTH: 'secret' }, stdio: 'ignore' });
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutSeconds * 1_000);
    const [code] = (await once(child, 'exit')) as [number | null];
    clearTimeout(timer);
    return code === 0 ? 'Success' : 'Failure';
  }

  it('fail for a server that burns a core and does not answer; it is named, and healed by its restart', async () => {
    // 0: the server does not answer BUSY while a script never ends.
    cluster = await TopologyCluster.start(server, { 'busy-reply-threshold': '0' }, HUNG_AFTER_MS);
    const steady = await cluster.converge();
    const replica = cluster.find(steady, 2, 'replica');
    await cluster.send(replica, 'ACL', 'SETUSER', 'probe', 'on', '>secret', '+ping');
    const answers = async () => [
      await asked(container.livenessProbe, replica.process),
      await asked(container.readinessProbe, replica.process),
    ];
    await eventually({ what: 'the probes succeed', withinSeconds: 60 }, async () =>
      (await answers()).every((answer) => answer === 'Success'),
    );

    burn(replica.process);
    await eventually({ what: 'the operator names it', withinSeconds: 60 }, async () =>
      (await cluster.plan()).reason.startsWith(`${replica.pod.pod} does not answer`),
    );
    expect(await answers()).toEqual(['Failure', 'Failure']);

    await replica.process.kill();
    await replica.process.restart();
    const healed = await cluster.converge();
    expect(cluster.find(healed, 2, 'replica')).toBe(replica);
    await cluster.send(replica, 'ACL', 'SETUSER', 'probe', 'on', '>secret', '+ping');
    await eventually({ what: 'the probes succeed again', withinSeconds: 60 }, async () =>
      (await answers()).every((answer) => answer === 'Success'),
    );
  });
});
