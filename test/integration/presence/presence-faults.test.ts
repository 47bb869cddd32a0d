import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PresenceClient } from '../../../src/client/presence-client.ts';
import type { PresenceServer } from '../../../src/presence/server.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { OwnStalls } from '../../support/own-stalls.ts';
import { type RedisClusterProcesses, startRedisCluster } from '../redis/redis-cluster-processes.ts';
import { startRedisProcesses, stopRedisProcesses } from '../redis/redis-processes.ts';
import {
  eventually,
  PATIENCE_MS,
  signToken,
  startPod,
  startPodProcess,
  untilReady,
} from './presence-pods.ts';
import { untilShown } from './presence-views.ts';
import { RawClient } from './raw-client.ts';
import { startTcpBalancer } from './tcp-balancer.ts';

const START_MS = 180_000;
const FAULT_MS = 120_000;
/**
 * docs/presence.md: a lease of 2 s and a beat of 1 s; and what Redis on a loaded machine adds to their sum. The time for which this
 * process stands still, with the server that looks, does not count.
 */
const LOST_WITHIN_MS = 3_000;
const SLACK_MS = 7_000;
const JOINS_EVERY_MS = 250;

describe('faults of presence servers and of Redis', () => {
  let redis: RedisClusterProcesses;
  let pod: PresenceServer;
  let valkeyServer: string[];

  beforeAll(async () => {
    ({ valkeyServer } = await ensureTools());
    redis = await startRedisCluster({ server: valkeyServer, primaries: 3, replicasPerPrimary: 1 });
    pod = await startPod(redis.nodes);
    await untilReady(pod);
  }, START_MS);

  afterAll(async () => {
    await pod?.drain();
    await redis?.close();
  }, START_MS);

  it(
    'shows the people of a killed server as lost within 3 s, all at once, and then one leave each',
    async () => {
      const wedding = 'killed-pod';
      const token = (user: string) => signToken({ user, weddings: [wedding] });
      // Long enough that both are not shown at once where this process stands still.
      const victim = await startPodProcess(redis.nodes, { PRESENCE_RECONNECT_GRACE_SECONDS: '4' });
      await untilReady(victim);
      const ann = await RawClient.join(pod.port, await token('ann'), wedding);
      const users = ['bob', 'cat', 'dan'];
      for (const user of users) await RawClient.join(victim.port, await token(user), wedding);
      for (const user of users) await untilShown(ann, user, 'present undefined', PATIENCE_MS);
      const before = ann.all('diff').length;

      victim.kill('SIGKILL');
      await victim.exited;
      const killedAt = performance.now();
      const stalls = new OwnStalls();
      const lost = await ann.next(
        'diff',
        (diff) =>
          ann.all('diff').indexOf(diff) >= before &&
          diff.changes.some((change) => change.op === 'set' && change.member.state === 'reconnecting'),
      );
      expect(performance.now() - killedAt - stalls.ms).toBeLessThan(LOST_WITHIN_MS + SLACK_MS);
      stalls.stop();
      expect(lost.changes).toHaveLength(users.length);
      expect(lost.changes).toMatchObject(
        users.map(() => ({ member: { reason: 'server_lost', devices: 0 } })),
      );
      const leaves = await eventually(
        () => ann.changes().filter((change) => change.op === 'leave'),
        (seen) => seen.length >= users.length,
      );
      expect(leaves.map((leave) => leave.user).toSorted()).toEqual(users);
      await ann.close();
    },
    FAULT_MS,
  );

  it(
    'drains on SIGTERM: every client has its new connection before it ends the old one, and nobody sees a thing',
    async () => {
      const wedding = 'drained-pod';
      // Clients have half of four fifths of it for their move; it ends when all have gone.
      const going = await startPodProcess(redis.nodes, { PRESENCE_DRAIN_SECONDS: '10' });
      await untilReady(going);
      const service = await startTcpBalancer(going.port);
      const eve = await RawClient.join(
        pod.port,
        await signToken({ user: 'eve', weddings: [wedding] }),
        wedding,
      );
      const users = ['bob', 'cat', 'dan', 'fay'];
      const clients = users.map(
        (user) =>
          new PresenceClient({
            url: `ws://127.0.0.1:${service.port}/v1/presence`,
            token: () => signToken({ user, weddings: [wedding] }),
          }),
      );
      const joined = await Promise.all(clients.map((client) => client.join(wedding, { status: 'working' })));
      await eventually(
        () => eve.changes().length,
        (count) => count === users.length,
      );
      service.target = pod.port;
      going.kill('SIGTERM');
      await eventually(
        () => readiness(going.adminPort),
        (status) => status === 503,
      );
      expect(await going.exited).toBe(0);

      await Promise.all(joined.map((member, index) => member.update({ status: `moved ${users[index]}` })));
      await eventually(
        () => eve.changes().length,
        (count) => count >= 2 * users.length,
      );
      const afterJoins = eve.changes().slice(users.length);
      expect(afterJoins).toHaveLength(users.length);
      for (const change of afterJoins) {
        expect(change).toMatchObject({
          op: 'set',
          member: { state: 'present', status: expect.stringMatching(/^moved /) },
        });
      }
      await Promise.all(clients.map((client) => client.close()));
      await service.close();
      await eve.close();
    },
    FAULT_MS,
  );

  it(
    'closes with 4001 a client that does not go, and shows it as drained',
    async () => {
      const wedding = 'stubborn';
      const going = await startPod(redis.nodes, { PRESENCE_DRAIN_SECONDS: '1' });
      await untilReady(going);
      const eve = await RawClient.join(
        pod.port,
        await signToken({ user: 'eve', weddings: [wedding] }),
        wedding,
      );
      const bob = await RawClient.join(
        going.port,
        await signToken({ user: 'bob', weddings: [wedding] }),
        wedding,
      );
      const drained = going.drain();
      expect((await bob.next('drain')).deadlineMs).toBeLessThan(1_000);
      const late = new RawClient(going.port, await signToken());
      await Promise.all([drained, bob.closed(), late.closed()]);
      expect(bob.closeCode).toBe(4001);
      const diff = await eve.next('diff', (each) =>
        each.changes.some((change) => change.op === 'set' && change.member.state === 'reconnecting'),
      );
      expect(diff.changes).toMatchObject([{ member: { user: 'bob', reason: 'drained' } }]);
      await eve.close();
    },
    FAULT_MS,
  );

  it(
    'keeps everybody through the death of a primary, and loses no update',
    async () => {
      const other = await startPod(redis.nodes);
      await untilReady(other);
      const weddings = ['failover-1', 'failover-2', 'failover-3', 'failover-4', 'failover-5', 'failover-6'];
      const crews = await Promise.all(weddings.map((wedding) => joinPair(wedding, pod.port, other.port)));
      const victim = redis.primaries[0];
      await victim?.kill();
      await Promise.all(crews.map(({ bob }) => bob.update({ status: 'after the failover' })));
      for (const { ann } of crews) {
        const members = await eventually(
          () => [...ann.members.values()],
          (seen) => seen.some((member) => member.user === 'bob' && member.status === 'after the failover'),
          PATIENCE_MS,
        );
        expect(members.map((member) => [member.user, member.state])).toEqual([
          ['ann', 'present'],
          ['bob', 'present'],
        ]);
      }
      expect(crews.flatMap(({ leaves }) => leaves)).toEqual([]);
      await victim?.restart();
      await Promise.all(crews.flatMap(({ clients }) => clients.map((client) => client.close())));
      await other.drain();
    },
    FAULT_MS,
  );

  it(
    'refuses a join while Redis is away, and takes it when Redis is back, with everybody who was there',
    async () => {
      const alone = await startRedisCluster({ server: valkeyServer, primaries: 3 });
      const server = await startPod(alone.nodes);
      try {
        await untilReady(server);
        const wedding = 'away';
        const ann = await RawClient.join(
          server.port,
          await signToken({ user: 'ann', weddings: [wedding] }),
          wedding,
        );
        await Promise.all(alone.primaries.map((primary) => primary.kill()));
        await eventually(
          () => readiness(server.adminPort),
          (status) => status === 503,
        );
        expect(await status(server.adminPort, 'healthz')).toBe(200);
        const bob = await RawClient.open(server.port, await signToken({ user: 'bob', weddings: [wedding] }));
        bob.send({ type: 'join', id: 'j1', wedding });
        const error = await bob.next('error');
        expect(error).toMatchObject({ code: 'unavailable', fatal: false, id: 'j1', wedding });
        expect(error.retryAfterMs).toBeGreaterThanOrEqual(1_000);
        await Promise.all(alone.primaries.map((primary) => primary.restart()));
        await untilReady(server);
        const snapshot = await eventually(
          async () => {
            const { members } = await bob.insist({ type: 'join', wedding }, 'snapshot');
            // A client that asks without a pause is closed for flooding.
            if (members.length < 2) await delay(JOINS_EVERY_MS);
            return members.map(({ user, state }) => `${user} ${state}`);
          },
          (members) => members.length === 2,
        );
        expect(snapshot.toSorted()).toEqual(['ann present', 'bob present']);
        // In a diff, or in the snapshot of the epoch that the new run of the primary began.
        await eventually(
          () => [
            ...ann.changes().flatMap((change) => (change.op === 'set' ? [change.member.user] : [])),
            ...ann.all('snapshot').flatMap(({ members }) => members.map(({ user }) => user)),
          ],
          (users) => users.includes('bob'),
        );
        await eventually(
          () => ann.all('freshness').at(-1)?.staleMs ?? 0,
          (staleMs) => staleMs === 0,
        );
        expect(ann.changes().some((change) => change.op === 'leave')).toBe(false);
        await Promise.all([ann.close(), bob.close()]);
      } finally {
        await server.drain();
        await alone.close();
      }
    },
    FAULT_MS,
  );

  it(
    'starts without Redis, stays up, and becomes ready when Redis comes',
    async () => {
      const [node] = await startRedisProcesses({ server: valkeyServer, count: 1 });
      if (node === undefined) throw new Error('no process');
      await node.kill();
      const server = await startPodProcess([`${node.host}:${node.port}`]);
      try {
        expect(await readiness(server.adminPort)).toBe(503);
        expect(await status(server.adminPort, 'healthz')).toBe(200);
        await node.restart();
        const admin = new Redis({ host: node.host, port: node.port });
        expect(await readiness(server.adminPort)).toBe(503);
        await admin.call('CLUSTER', 'ADDSLOTSRANGE', 0, 16_383);
        admin.disconnect();
        await untilReady(server);
        const ann = await RawClient.join(server.port, await signToken());
        expect(ann.all('snapshot')[0]?.members).toMatchObject([{ user: 'ann' }]);
        await ann.close();
      } finally {
        server.kill('SIGKILL');
        await server.exited;
        await stopRedisProcesses([node]);
      }
    },
    FAULT_MS,
  );
});

function readiness(adminPort: number): Promise<number> {
  return status(adminPort, 'readyz');
}

/** 0 when nobody listens any more. */
async function status(adminPort: number, path: string): Promise<number> {
  return fetch(`http://127.0.0.1:${adminPort}/${path}`).then(
    (response) => response.status,
    () => 0,
  );
}

/** Two members on two servers; what the first sees is kept. */
async function joinPair(wedding: string, firstPort: number, secondPort: number) {
  const leaves: string[] = [];
  const open = (user: string, port: number) =>
    new PresenceClient({
      url: `ws://127.0.0.1:${port}/v1/presence`,
      token: () => signToken({ user, weddings: [wedding] }),
    });
  const clients = [open('ann', firstPort), open('bob', secondPort)] as const;
  const ann = await clients[0].join(
    wedding,
    {},
    {
      onDiff: (changes) => {
        for (const change of changes) if (change.op === 'leave') leaves.push(change.user);
      },
    },
  );
  const bob = await clients[1].join(wedding);
  return { clients, ann, bob, leaves };
}
