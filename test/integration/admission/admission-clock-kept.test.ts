import { execFile } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LeaseState } from '../../../src/domain/freeze/clock/lease-state.ts';
import { clockCheckName, LeaseClock } from '../../../src/operator/freeze-clock/lease-clock.ts';
import { createKubeClient, type KubeClient } from '../../../src/platform/kube/client.ts';
import { loadKubeConfig } from '../../../src/platform/kube/kubeconfig.ts';
import { systemClock } from '../../../src/platform/runtime/clock.ts';
import { chartDirectory } from '../../chart/helm.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { operatorKubeconfig } from './chart-operator.ts';
import { ADMIN, type Answer, type PolicyServer, RELEASE, startPolicyServer, until } from './policy-server.ts';
import { tryDelete } from './tries.ts';
import {
  makeWorld,
  RIGHTS,
  renewalSeen,
  renewLease,
  renewSeenLease,
  window,
  writeFreeze,
} from './wedding-world.ts';

/**
 * An API server stops following Leases for good when no binding names a Lease for a second (kubernetes#130887). The chart leaves one
 * that does, and the operator finds out where the clock stands all the same.
 */

const HOUR = 3600;
const API = '/apis/admissionregistration.k8s.io/v1';
const KEPT = `clock-check.${RELEASE.name}.${RELEASE.namespace}`;
const CHECK = { namespace: RELEASE.namespace, name: clockCheckName(RELEASE.name) };
const LOOKS_AGAIN_MS = 10_000;

let server: PolicyServer;
let asOperator: KubeClient | undefined;

beforeAll(async () => {
  server = await startPolicyServer(RIGHTS, { policies: false });
  // As people install it, so that helm also takes it away.
  await install();
  await makeWorld(server);
});

afterAll(async () => {
  await asOperator?.close();
  await server?.stop();
});

async function helm(...args: string[]): Promise<void> {
  const { helm: program } = await ensureTools();
  const where = ['-n', RELEASE.namespace, '--kubeconfig', server.kinds.server.kubeconfig];
  await new Promise<void>((resolve, reject) => {
    execFile(program, [...args, ...where], (error, _stdout, stderr) =>
      error ? reject(new Error(stderr || error.message)) : resolve(),
    );
  });
}

/** Takes over what {@link startPolicyServer} applied without helm. */
const install = (...values: string[]): Promise<void> =>
  helm(
    'upgrade',
    '--install',
    '--take-ownership',
    '--force-conflicts',
    '--reset-values',
    RELEASE.name,
    chartDirectory('presence-operator'),
    ...values,
  );

const frozen = ({ code, message }: Answer): boolean =>
  code === 403 && message.includes('clock-deletes') && message.includes('is frozen until');

const seen = (): Promise<string | undefined> => renewalSeen(server);
const follows = (): Promise<void> => renewSeenLease(server);
const uninstall = (): Promise<void> => helm('uninstall', RELEASE.name);

/** Returns when no policy judges by a Lease any more. */
async function takeClockAway(way: () => Promise<void>, also: readonly string[] = []): Promise<void> {
  await way();
  for (const plural of also) {
    await server.must(ADMIN, { method: 'DELETE', path: `${API}/${plural}/${KEPT}` });
  }
  await until('nothing is refused', async () => (await tryDelete(server, ADMIN)).code === 200);
  // The API server judges without the one that was taken away last, so without all of them.
  if (also.length > 0) await until('nothing answers', async () => (await seen()) === undefined);
}

describe('the clock of the policies', () => {
  it.each<[string, () => Promise<void>]>([
    ['was uninstalled', uninstall],
    ['had no Lease', () => install('--set', 'admissionPolicies.clock.leaseName=')],
  ])('goes on after the chart %s for a while', async (_what, way) => {
    await writeFreeze(server, { windows: [window(-HOUR, HOUR)] });
    expect(await tryDelete(server, ADMIN)).toSatisfy(frozen);
    await takeClockAway(way);
    await install();
    await until('it refuses again', async () => frozen(await tryDelete(server, ADMIN)));
    await follows();
    // By the Lease: what ends with it, ends.
    await renewLease(server, new Date(Date.now() + 2 * HOUR * 1000));
    await until('the freeze is over', async () => (await tryDelete(server, ADMIN)).code === 200);
  });

  it('stands when the kept binding was taken away too, the operator finds that, and a restart cures it', async () => {
    await renewLease(server, new Date(Date.now() - HOUR * 1000));
    await until('it is seen', async () => Date.parse((await seen()) ?? '') < Date.now());
    const standing = await seen();
    await takeClockAway(uninstall, ['validatingadmissionpolicybindings', 'validatingadmissionpolicies']);
    await install();
    await until('the policies answer', async () => (await seen()) !== undefined);
    await renewLease(server);

    const client = createKubeClient({
      config: loadKubeConfig({ path: await operatorKubeconfig(server) }),
      clock: systemClock,
    });
    asOperator = client;
    const operator = leaseClock(client);
    await until('the operator finds it', async () => (await operator()).kind === 'NotSeen');
    expect(await operator()).toMatchObject({ reason: 'ClockStands', renewTime: standing });

    await server.kinds.server.stopServer();
    await server.kinds.server.startServer();
    await until(
      'it follows again',
      async () =>
        await follows().then(
          () => true,
          () => false,
        ),
    );
    const next = leaseClock(client);
    await until('the next operator sees the Lease', async () => (await next()).kind === 'Renewed');
    for (let looks = 0; looks < 5; looks++) expect((await next()).kind).not.toBe('NotSeen');
  });
});

/** The operator's own, with its rights; each look is ten seconds after the one before. */
function leaseClock(client: KubeClient): () => Promise<LeaseState> {
  let nowMs = 0;
  const clock = { now: () => new Date(), monotonicMs: () => nowMs };
  const lease = { namespace: 'kube-system', name: 'kube-controller-manager' };
  const leases = new LeaseClock({ client, lease, check: CHECK, clock });
  return async () => {
    await renewLease(server);
    nowMs += LOOKS_AGAIN_MS;
    return leases.look();
  };
}
