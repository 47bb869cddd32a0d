import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Condition } from '../../../src/api/schema/fields.ts';
import { API_VERSION } from '../../../src/api/schema/group.ts';
import { type ChartOperator, startChartOperator } from './chart-operator.ts';
import { ADMIN, MERGE_PATCH, type PolicyServer, startPolicyServer, until } from './policy-server.ts';
import {
  CLUSTER,
  core,
  inSeconds,
  keepLease,
  LEASE_PATH,
  NAMESPACE_PATH,
  ours,
  RIGHTS,
} from './wedding-world.ts';

const HOUR = 3600;
const SECOND_CLUSTER = 'second';
const WINDOWS = 'presence.wedsync.io/freeze-windows.';
const OVERRIDES = 'presence.wedsync.io/freeze-overrides.';

let server: PolicyServer;
let operator: ChartOperator;
let controlPlane: ReturnType<typeof keepLease>;

const get = async (path: string) => (await server.ask(ADMIN, { method: 'GET', path })).body;
const patch = (path: string, body: object) =>
  server.must(ADMIN, { method: 'PATCH', path, type: MERGE_PATCH, body });
const annotationsOf = async (path = NAMESPACE_PATH): Promise<Record<string, string>> =>
  (await get(path)).metadata.annotations ?? {};
const ourKeys = async () =>
  Object.keys(await annotationsOf())
    .filter((key) => key.startsWith('presence.wedsync.io/'))
    .sort();
const manual = (from: number, end: number) => ({
  windows: [{ name: 'audit', from: inSeconds(from), until: inSeconds(end), reason: 'auditors are here' }],
});
let touches = 0;

/** The condition, after another pass of the operator. */
async function freezeClock(): Promise<Condition | undefined> {
  await patch(ours('presenceclusters', CLUSTER), { metadata: { annotations: { touched: `${++touches}` } } });
  const { status } = await get(ours('presenceclusters', CLUSTER));
  return status?.conditions?.find(({ type }: Condition) => type === 'FreezeClock');
}

async function makeCluster(name: string, freeze: object): Promise<void> {
  const spec = { timeZone: 'UTC', freeze };
  const body = { apiVersion: API_VERSION, kind: 'PresenceCluster', metadata: { name }, spec };
  await server.must(ADMIN, { method: 'POST', path: ours('presenceclusters'), body });
}

beforeAll(async () => {
  server = await startPolicyServer(RIGHTS);
  controlPlane = keepLease(server);
  operator = await startChartOperator(server);
  await patch(NAMESPACE_PATH, { metadata: { annotations: { team: 'weddings' } } });
  await makeCluster(CLUSTER, manual(-HOUR, HOUR));
});

afterAll(async () => {
  await operator?.stop();
  await controlPlane?.stop();
  await server?.stop();
});

describe('an operator that sees the Lease', () => {
  const service = core('services', `${CLUSTER}-presence`);
  const refusal = async () => {
    const { code, message } = await server.ask(ADMIN, { method: 'DELETE', path: service, dryRun: true });
    return code === 403 ? message : `${code}`;
  };

  it('writes the windows beside the RolloutFreeze, and the clock takes over from the phase', async () => {
    await until('the Service is there', async () => (await get(service)).spec !== undefined);
    await until('the clock refuses', async () => (await refusal()).includes('clock-deletes'));
    expect(await refusal()).toContain('is frozen until');
    const { windows } = (await get(ours('rolloutfreezes', CLUSTER))).spec;
    const lines = (await annotationsOf())[`${WINDOWS}${CLUSTER}`]?.split('\n') ?? [];
    expect(lines[0]).toMatch(new RegExp(`^seen=${windows[0].from} floor=[0-9]+$`));
    expect(lines.slice(1)).toEqual([`${windows[0].from}/${windows[0].until} ${windows[0].reason}`]);
    await until('it says so', async () => (await freezeClock())?.status === 'True');
  });

  it('opens it for the holder of an override, where the clock reads that', async () => {
    const body = {
      apiVersion: API_VERSION,
      kind: 'RolloutOverride',
      metadata: { name: 'incident' },
      spec: {
        presenceClusterName: CLUSTER,
        requestedBy: ADMIN.user,
        reason: 'the service has to go',
        ticket: 'OPS 1',
        expiresAt: inSeconds(HOUR),
        scope: ['Delete'],
      },
    };
    await server.must(ADMIN, { method: 'POST', path: ours('rolloutoverrides'), body });
    await until('it is open', async () => (await refusal()) === '200');
    expect((await annotationsOf())[`${OVERRIDES}${CLUSTER}`]).toMatch(
      new RegExp(`^until=[^ ]+Z scope=Delete name=incident ticket=OPS_1 user=${ADMIN.user}$`),
    );
    await server.must(ADMIN, { method: 'DELETE', path: ours('rolloutoverrides', 'incident') });
    await until('it is closed', async () => (await refusal()).includes('clock-deletes'));
    await until('one is left', async () => (await ourKeys()).join() === `${WINDOWS}${CLUSTER}`);
  });

  it('lets the phase rule while there is no Lease, and says so', async () => {
    await controlPlane.stop();
    await server.must(ADMIN, { method: 'DELETE', path: LEASE_PATH });
    await until('it says so', async () => (await freezeClock())?.reason === 'LeaseNotFound');
    await until('the annotations are gone', async () => (await ourKeys()).length === 0);
    // The API server judges by what its caches hold, which is a little older than what it shows.
    await until('the phase refuses', async () => (await refusal()).includes('freeze-deletes'));
    controlPlane = keepLease(server);
    await until('it is back', async () => (await freezeClock())?.status === 'True');
    await until('the clock refuses', async () => (await refusal()).includes('clock-deletes'));
  });

  it('takes the annotations away with the last PresenceCluster, and nothing else', async () => {
    await makeCluster(SECOND_CLUSTER, manual(HOUR, 2 * HOUR));
    await until('both are there', async () => (await ourKeys()).length === 2);
    await patch(ours('presenceclusters', CLUSTER), { spec: { freeze: { windows: [] } } });
    await until('it is open', async () => (await refusal()) === '200');
    await server.must(ADMIN, { method: 'DELETE', path: ours('presenceclusters', CLUSTER) });
    await until('one is gone', async () => (await ourKeys()).join() === `${WINDOWS}${SECOND_CLUSTER}`);
    await operator.stop();
    await server.must(ADMIN, { method: 'DELETE', path: ours('presenceclusters', SECOND_CLUSTER) });
    operator = await startChartOperator(server);
    await until('the next operator clears up', async () => (await ourKeys()).length === 0);
    expect(await annotationsOf()).toMatchObject({ team: 'weddings' });
    const others = await annotationsOf('/api/v1/namespaces/unprotected');
    expect(Object.keys(others).filter((key) => key.startsWith('presence.wedsync.io/'))).toEqual([]);
  });

  it('logs no refusal on the way', () => {
    expect(operator.log.filter((line) => /freeze annotations|Forbidden/.test(line))).toEqual([]);
  });
});
