import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtin } from '../../../src/platform/kube/resource.ts';
import { createRedisAdmin, type RedisAdmin } from '../../../src/platform/redis/admin.ts';
import { servedCertificate } from '../../../src/platform/tls/served-certificate.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { OperatorWorld, type RunningOperator } from './operator-world.ts';
import { PODS, RedisPods, textsOf } from './redis-pods.ts';

const NAMESPACE = 'plain';
const REDIS_PORT = 6379;
const BUS_PORT = 16_379;
/** Of a look at what a server shows: that a loaded machine answers late is no finding. */
const TIMEOUT_MS = 10_000;

let world: OperatorWorld;
let operator: RunningOperator;
let pods: RedisPods;
let admin: RedisAdmin | undefined;

beforeAll(async () => {
  const tools = await ensureTools();
  world = await OperatorWorld.start();
  pods = await RedisPods.in(world, tools.valkeyServer, NAMESPACE, '127.44');
  operator = world.startOperator();
  await world.makeNamespace(NAMESPACE);
}, 600_000);

afterAll(async () => {
  admin?.close();
  await operator?.stop();
  await pods?.close();
  await world?.close();
});

const secret = async (name: string) =>
  textsOf(await world.client.get(builtin.Secret, NAMESPACE, `wedsync-redis-${name}`));

describe('a PresenceCluster whose clients connect in the clear', () => {
  it('is formed over a bus that shows a certificate of its own authority', async () => {
    await world.makeCluster(NAMESPACE);
    await world.until('the objects are there', async () => (await world.children(NAMESPACE)).size >= 17);
    await pods.mountSecrets();
    for (const { shard, ordinal } of PODS) await pods.run(shard, ordinal);
    await world.until('it is steady', async () => {
      return (await world.cluster(NAMESPACE)).status?.redis?.state === 'Steady';
    });
    const { 'tls.crt': certificate } = await secret('tls');
    for (const { shard, ordinal } of PODS) {
      const host = pods.hostOf(shard, ordinal);
      const served = await servedCertificate({ host, port: BUS_PORT, timeoutMs: TIMEOUT_MS });
      expect(served.toString()).toBe(certificate);
    }
    await world.untilCondition(NAMESPACE, 'CertificatesCurrent', 'True Current');
    await world.untilStatus('all parameters are as they should be', NAMESPACE, ({ redis }) => {
      expect(redis?.config?.live).toEqual([]);
    });
    expect(await world.failedRedisSteps(NAMESPACE)).toEqual([]);
  });

  it('is brought back to it when one server is changed by hand', async () => {
    const login = { username: 'operator', password: (await secret('acl'))['operator-password'] ?? '' };
    admin = createRedisAdmin({ ...login, connectTimeoutMs: TIMEOUT_MS, commandTimeoutMs: TIMEOUT_MS });
    const address = { host: pods.hostOf(1, 1), port: REDIS_PORT };
    await admin.execute(address, ['CONFIG', 'SET', 'tls-cluster', 'no']);
    await world.until('it is on again', async () => {
      const reply = await admin?.execute(address, ['CONFIG', 'GET', 'tls-cluster']);
      return JSON.stringify(reply) === JSON.stringify(['tls-cluster', 'yes']);
    });
    await world.until('an event reports it', async () =>
      (await world.events(NAMESPACE)).some((event) =>
        event.includes('Set on running servers: tls-cluster yes'),
      ),
    );
  });
});
