import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownType } from '../../../src/operator/objects/kinds.ts';
import { builtin, type KubeObject } from '../../../src/platform/kube/resource.ts';
import { createRedisAdmin, type RedisAdmin } from '../../../src/platform/redis/admin.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { type RedisProcess, startRedisProcesses, stopRedisProcesses } from '../redis/redis-processes.ts';
import { OperatorWorld, PERSON, type RunningOperator } from './operator-world.ts';

const QUIET = '2027-06-01T10:00:00Z';
const NAMESPACE = 'redis';
const REDIS_PORT = 6379;
const SHARDS = [0, 1, 2];
/** By shard and ordinal; a loopback address a pod, because every pod listens on the same port. */
const hostOf = (shard: number, ordinal: number) => `127.41.${shard}.${ordinal + 1}`;
const PODS = SHARDS.flatMap((shard) => [0, 1].map((ordinal) => ({ shard, ordinal })));
const nameOf = ({ shard, ordinal }: { shard: number; ordinal: number }) =>
  `wedsync-redis-${shard}-${ordinal}`;

let world: OperatorWorld;
let operator: RunningOperator;
let admin: RedisAdmin;
let processes: RedisProcess[] = [];

beforeAll(async () => {
  const { valkeyServer } = await ensureTools();
  [world, processes] = await Promise.all([
    OperatorWorld.start(),
    startRedisProcesses({
      server: valkeyServer,
      count: PODS.length,
      port: REDIS_PORT,
      hosts: PODS.map(({ shard, ordinal }) => hostOf(shard, ordinal)),
    }),
  ]);
  admin = createRedisAdmin({
    username: 'default',
    password: '',
    connectTimeoutMs: 10_000,
    commandTimeoutMs: 10_000,
  });
  world.clock.set(QUIET);
  operator = world.startOperator();
  await world.makeNamespace(NAMESPACE);
  await world.makeCluster(NAMESPACE);
}, 600_000);

afterAll(async () => {
  admin?.close();
  await world?.close();
  await stopRedisProcesses(processes);
});

/** What the kubelet would do with the mounted ACL file: the users of the Secret, in each server. */
async function giveUsers(): Promise<void> {
  const acl = await world.until('the Secret is there', async () => {
    const secret = await world.client.get(builtin.Secret, NAMESPACE, 'wedsync-redis-acl');
    return (secret as { data?: Record<string, string> } | undefined)?.data?.['users.acl'];
  });
  const lines = Buffer.from(acl, 'base64').toString().trim().split('\n');
  for (const { host, port } of processes)
    for (const line of lines.filter((text) => !text.startsWith('user default')))
      await admin.execute({ host, port }, ['ACL', 'SETUSER', ...line.split(' ').slice(1)]);
}

/** What the StatefulSet controller and the kubelet would do: a pod of the current template that is ready. */
async function makePod(shard: number, ordinal: number, revision: string): Promise<void> {
  const name = nameOf({ shard, ordinal });
  const statefulSet = await world.until(`the StatefulSet of ${name}`, async () =>
    world.client.get(builtin.StatefulSet, NAMESPACE, `wedsync-redis-${shard}`),
  );
  const { template } = statefulSet.spec as { template: { metadata: { labels: object }; spec: object } };
  const labels = { ...template.metadata.labels, 'controller-revision-hash': revision };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: NAMESPACE, labels } };
  await world.client.create({ ...pod, spec: template.spec } as KubeObject, PERSON);
  const conditions = [{ type: 'Ready', status: 'True' }];
  const podIP = hostOf(shard, ordinal);
  const status = { phase: 'Running', podIP, podIPs: [{ ip: podIP }], conditions };
  await world.client.patch(builtin.Pod, NAMESPACE, name, { status }, { ...PERSON, subresource: 'status' });
}

/** What the StatefulSet controller says of the newest template. */
async function setUpdateRevision(shard: number, updateRevision: string): Promise<void> {
  const name = `wedsync-redis-${shard}`;
  const found = await world.client.get(builtin.StatefulSet, NAMESPACE, name);
  const status = { replicas: 2, observedGeneration: found?.metadata.generation, updateRevision };
  const options = { ...PERSON, subresource: 'status' };
  await world.client.patch(builtin.StatefulSet, NAMESPACE, name, { status }, options);
}

async function podUids(): Promise<Map<string, string | undefined>> {
  const { items } = await world.client.list(builtin.Pod, { namespace: NAMESPACE });
  return new Map(items.map(({ metadata }) => [metadata.name, metadata.uid]));
}

async function roleOf(shard: number, ordinal: number): Promise<unknown> {
  const reply = await admin.execute({ host: hostOf(shard, ordinal), port: REDIS_PORT }, ['ROLE']);
  return Array.isArray(reply) ? reply[0] : undefined;
}

const ACL_SECRET = 'wedsync-redis-acl';

async function aclSecret(): Promise<KubeObject & { data: Record<string, string> }> {
  const found = await world.client.get(builtin.Secret, NAMESPACE, ACL_SECRET);
  return found as KubeObject & { data: Record<string, string> };
}

async function annotate(value: string): Promise<void> {
  const annotations = { 'presence.wedsync.io/rotate-credentials': value };
  await world.client.patch(
    ownType('PresenceCluster'),
    NAMESPACE,
    'wedsync',
    { metadata: { annotations } },
    PERSON,
  );
}

/** Lets the clock show a later time; how long the steps before took is the machine's business. */
function laterByMinutes(count: number): void {
  world.clock.set(new Date(world.clock.now().getTime() + count * 60_000).toISOString());
}

/** Waits until the rotation of passwords is there; undefined: it is over. */
async function phase(wanted: string | undefined): Promise<void> {
  await world.until(`the rotation is ${wanted ?? 'over'}`, async () => {
    const { data } = await aclSecret();
    const text = Buffer.from(data['rotation.json'] ?? '', 'base64').toString() || '{}';
    const { rotation, askedBy } = JSON.parse(text) as { rotation?: { phase: string }; askedBy?: string };
    return askedBy !== undefined && rotation?.phase === wanted;
  });
}

const isSteady = () =>
  world.untilStatus('it is steady', NAMESPACE, ({ redis }) => {
    expect(redis).toMatchObject({ state: 'Steady', slotsCovered: 16384 });
  });

describe('Redis Cluster of a PresenceCluster', () => {
  it('is formed of pods by themselves, with the rights of the operator’s own user', async () => {
    await giveUsers();
    await Promise.all(PODS.map(({ shard, ordinal }) => makePod(shard, ordinal, 'old')));
    await isSteady();
    await world.untilCondition(NAMESPACE, 'RedisAvailable', 'True SlotsCovered');
    await world.untilStatus('every shard has its replica', NAMESPACE, ({ redis }) => {
      expect(redis).toMatchObject({
        slotsCovered: 16384,
        shards: SHARDS.map((index) => ({ index, replicas: [expect.stringContaining(`-redis-${index}-`)] })),
      });
    });
    await world.until('it is told', async () =>
      (await world.events(NAMESPACE)).some((event) => event.includes('forming the Redis Cluster')),
    );
    expect(await world.failedRedisSteps(NAMESPACE)).toEqual([]);
  });

  it('holds the functions that the presence pods call, in every primary', async () => {
    await world.until('all primaries have them', async () => {
      const lists = await Promise.all(
        processes.map(({ host, port }) => admin.execute({ host, port }, ['FUNCTION', 'LIST'])),
      );
      return lists.every((list) => Array.isArray(list) && list.length === 1);
    });
  });

  it('is looked at and not written to while it is steady', async () => {
    // The freeze has a heartbeat every five minutes of the clock.
    world.clock.hold(QUIET);
    await world.untilQuiet(operator, NAMESPACE, 5);
  });

  it('keeps its pods in a freeze, also those of an older template', async () => {
    const before = await podUids();
    await world.makeWedding(NAMESPACE, 'ada-and-grace');
    world.clock.set('2027-06-05T12:00:00Z');
    await setUpdateRevision(0, 'new');
    await world.until('it is held', async () => {
      return (await world.condition(NAMESPACE, 'RolloutHeld')) === 'True HeldByFreeze';
    });
    await world.letPass(operator, NAMESPACE, 1);
    expect(await podUids()).toEqual(before);
    await isSteady();
  });

  it('renews the replica first, hands over, then renews the old primary, and nothing else', async () => {
    const before = await podUids();
    world.clock.set('2027-06-06T05:00:00Z');

    await world.until('a pod is deleted', async () => (await podUids()).size < PODS.length);
    const left = await podUids();
    const deleted = [...before.keys()].filter((name) => !left.has(name));
    expect(deleted).toEqual([expect.toBeOneOf([0, 1].map((ordinal) => nameOf({ shard: 0, ordinal })))]);
    const heir = deleted[0] === nameOf({ shard: 0, ordinal: 0 }) ? 0 : 1;
    const old = 1 - heir;
    // Its server runs on, as a replica.
    expect([await roleOf(0, heir), await roleOf(0, old)]).toEqual(['slave', 'master']);
    await makePod(0, heir, 'new');

    await world.until('the old primary is deleted', async () => {
      return !(await podUids()).has(nameOf({ shard: 0, ordinal: old }));
    });
    expect([await roleOf(0, heir), await roleOf(0, old)]).toEqual(['master', 'slave']);
    expect((await podUids()).size).toBe(PODS.length - 1);
    await makePod(0, old, 'new');

    await world.until('nothing is left to renew', async () => {
      const isDone = (await world.condition(NAMESPACE, 'RolloutHeld')) === 'False NoRolloutHeld';
      return isDone && (await world.cluster(NAMESPACE)).status?.redis?.state === 'Steady';
    });
    const after = await podUids();
    const renewed = [...after].filter(([name, uid]) => before.get(name) !== uid).map(([name]) => name);
    expect(renewed.sort()).toEqual(['wedsync-redis-0-0', 'wedsync-redis-0-1']);
    const told = async (reason: string) =>
      (await world.events(NAMESPACE)).filter((event) => event.split(' ')[1] === reason).length;
    // A server that stood still may have been replaced, or kept from taking over at the first try.
    const troubles = async () => (await told('RedisFailover')) + (await told('RedisStepFailed'));
    // Events are sent beside the passes.
    await world.until('both renewals and the hand-over are told', async () => {
      return (await told('RedisPodRenewed')) >= 2 && (await told('RedisHandOver')) + (await troubles()) >= 1;
    });
    expect(await told('RedisPodRenewed')).toBe(2);
    expect(await told('RedisHandOver')).toBeLessThanOrEqual(1 + (await troubles()));
    await world.until('the heir is the primary', async () => {
      const { status } = await world.cluster(NAMESPACE);
      const heirs = (await troubles()) === 0 ? [heir] : [heir, old];
      const names = heirs.map((ordinal) => nameOf({ shard: 0, ordinal }));
      expect(status?.redis?.shards[0]?.primary).toBeOneOf(names);
      return true;
    });
  });

  it('gives live parameters to servers that were started with others', async () => {
    await world.until('the change is told', async () =>
      (await world.events(NAMESPACE)).some(
        (event) => event.includes('RedisConfigured') && event.includes('maxmemory-policy volatile-ttl'),
      ),
    );
    const haveTimeout = (milliseconds: number) =>
      world.until(`every server has a time-out of ${milliseconds} ms`, async () => {
        const replies = await Promise.all(
          processes.map(({ host, port }) =>
            admin.execute({ host, port }, ['CONFIG', 'GET', 'cluster-node-timeout']),
          ),
        );
        return replies.every((reply) => String(reply) === `cluster-node-timeout,${milliseconds}`);
      });
    await haveTimeout(5000);
    const before = await podUids();
    await world.makeCluster(NAMESPACE, { redis: { profile: 'Fast' } });
    await haveTimeout(2000);
    await world.untilStatus('status says so', NAMESPACE, ({ redis }) => redis?.config?.live.length === 0);
    await world.untilCondition(NAMESPACE, 'RolloutHeld', 'False NoRolloutHeld');
    expect(await podUids()).toEqual(before);
  });

  it('gets new passwords when the annotation asks for them, and restarts nothing', async () => {
    const [before, pods] = [await aclSecret(), await podUids()];
    await annotate('one');
    await phase('Adding');
    expect((await aclSecret()).data['operator-password']).toBe(before.data['operator-password']);
    laterByMinutes(3);
    await phase('Switched');
    const after = await aclSecret();
    for (const user of ['operator', 'presence', 'probe', 'replication'])
      expect(after.data[`${user}-password`]).not.toBe(before.data[`${user}-password`]);
    await isSteady();
    laterByMinutes(11);
    await phase('Removing');
    laterByMinutes(3);
    await phase(undefined);
    await world.until('status says so', async () => {
      return (await world.condition(NAMESPACE, 'CredentialsCurrent')) === 'True Current';
    });
    for (const { host, port } of processes) {
      const reply = await admin.execute({ host, port }, ['ACL', 'GETUSER', 'operator']);
      expect((reply as unknown[])[3]).toHaveLength(1);
    }
    expect(await podUids()).toEqual(pods);
  });

  it('goes on without its Secret, says so, and makes no other one', async () => {
    const kept = await aclSecret();
    await world.client.delete(builtin.Secret, NAMESPACE, ACL_SECRET);
    // What was read of a Secret is good for minutes; a change of the PresenceCluster makes the operator look at once.
    await annotate('two');
    await world.until('it is told', async () => {
      return (await world.condition(NAMESPACE, 'CredentialsCurrent')) === 'False SecretMissing';
    });
    await world.makeCluster(NAMESPACE, { redis: { profile: 'Standard' } });
    await world.until('it goes on with the rest', async () => {
      const [first] = processes;
      const reply = await admin.execute(first ?? { host: '', port: 0 }, [
        'CONFIG',
        'GET',
        'cluster-node-timeout',
      ]);
      return String(reply) === 'cluster-node-timeout,5000';
    });
    await isSteady();
    expect(await world.client.get(builtin.Secret, NAMESPACE, ACL_SECRET)).toBeUndefined();
    const { name, namespace, labels, ownerReferences } = kept.metadata;
    await world.client.create(
      { ...kept, metadata: { name, namespace, labels, ownerReferences } } as KubeObject,
      PERSON,
    );
    await phase('Adding');
  });

  it('is left without a connection when the operator stops', async () => {
    const ofOperator = async () => {
      const lists = await Promise.all(
        processes.map(({ host, port }) => admin.execute({ host, port }, ['CLIENT', 'LIST'])),
      );
      return lists.map(String).filter((list) => list.includes('user=operator')).length;
    };
    // With new passwords, which it was given a moment ago, it connects anew.
    await world.until('it is connected to all', async () => (await ofOperator()) === PODS.length);
    await operator.stop();
    await world.until('all are closed', async () => (await ofOperator()) === 0);
  });
});
