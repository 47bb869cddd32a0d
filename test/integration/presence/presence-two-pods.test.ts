import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GRACE_MS } from '../../../src/presence/limits/grace.ts';
import type { PresenceServer } from '../../../src/presence/server.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { type RedisClusterProcesses, startRedisCluster } from '../redis/redis-cluster-processes.ts';
import { askHttp, eventually, PATIENCE_MS, signToken, startPod, untilReady } from './presence-pods.ts';
import { withoutRepetitions } from './presence-views.ts';
import { RawClient } from './raw-client.ts';

const START_MS = 180_000;

describe.each(['valkeyServer', 'redisServer'] as const)(
  'two presence servers on a cluster of %s',
  (server) => {
    let redis: RedisClusterProcesses;
    let pods: PresenceServer[] = [];

    beforeAll(async () => {
      const tools = await ensureTools();
      redis = await startRedisCluster({ server: tools[server], primaries: 3 });
      pods = await Promise.all([startPod(redis.nodes), startPod(redis.nodes)]);
      await Promise.all(pods.map(untilReady));
    }, START_MS);

    afterAll(async () => {
      await Promise.all(pods.map((pod) => pod.drain()));
      await redis?.close();
    }, START_MS);

    const ports = (): [number, number] => [pods[0]?.port ?? 0, pods[1]?.port ?? 0];

    it('shows a join, an update and a leave on the other server, in numbered diffs', async () => {
      const [first, second] = ports();
      const wedding = 'three-verbs';
      const ann = await RawClient.join(first, await signToken({ user: 'ann', weddings: [wedding] }), wedding);
      const bob = await RawClient.join(
        second,
        await signToken({ user: 'bob', name: 'Bob', role: 'catering', weddings: [wedding] }),
        wedding,
        { status: 'on-site', data: { table: 3, list: [] } },
      );
      const [snapshot] = bob.all('snapshot');
      expect(snapshot?.members.map((member) => member.user).toSorted()).toEqual(['ann', 'bob']);

      await ann.next('diff', (diff) => diff.changes.some((c) => c.op === 'set' && c.member.user === 'bob'));
      const ack = await bob.insist({ type: 'update', id: 'u1', wedding, status: 'serving' }, 'ack');
      await ann.next('diff', (diff) => diff.seq >= ack.seq);
      await bob.leave(wedding);
      await ann.next('diff', (diff) => diff.changes.some((change) => change.op === 'leave'));

      expect(withoutRepetitions(ann.changes(), bob)).toMatchObject([
        {
          op: 'set',
          member: {
            user: 'bob',
            name: 'Bob',
            role: 'catering',
            state: 'present',
            devices: 1,
            status: 'on-site',
            data: { table: 3, list: [] },
          },
        },
        { op: 'set', member: { user: 'bob', status: 'serving', data: { table: 3, list: [] } } },
        { op: 'leave', user: 'bob', reason: 'left' },
      ]);
      const numbers = ann.all('diff').map((diff) => [diff.prev, diff.seq]);
      for (const [index, [prev]] of numbers.entries()) expect(prev).toBe(numbers[index - 1]?.[1] ?? prev);
      expect((await ann.next('snapshot')).epoch).toBe(ack.epoch);
      await Promise.all([ann.close(), bob.close()]);
    });

    it('merges the devices of a person, and shows nobody twice', async () => {
      const [first, second] = ports();
      const wedding = 'devices';
      const token = await signToken({ user: 'ann', weddings: [wedding] });
      const eve = await RawClient.join(first, await signToken({ user: 'eve', weddings: [wedding] }), wedding);
      const phone = await RawClient.join(first, token, wedding, { status: 'phone' });
      const tablet = await RawClient.join(second, token, wedding, { status: 'tablet' });
      await eve.next('diff', (diff) => diff.changes.some((c) => c.op === 'set' && c.member.devices === 2));
      const before = eve.changes().length;
      await tablet.leave(wedding);
      const shown = await eventually(
        () => eve.changes().slice(before),
        (changes) => changes.length > 0,
      );
      expect(shown).toMatchObject([{ op: 'set', member: { user: 'ann', devices: 1, status: 'phone' } }]);
      expect(eve.changes().some((change) => change.op === 'leave')).toBe(false);
      await Promise.all([eve.close(), phone.close(), tablet.close()]);
    });

    it('shows a closed connection as reconnecting, and its leave after the grace', async () => {
      const [first] = ports();
      const wedding = 'grace';
      // Long enough that the loss and the leave are not shown at once where this process stands still.
      const pod = await startPod(redis.nodes, { PRESENCE_RECONNECT_GRACE_SECONDS: '3' });
      await untilReady(pod);
      const ann = await RawClient.join(first, await signToken({ user: 'ann', weddings: [wedding] }), wedding);
      const bob = await RawClient.join(
        pod.port,
        await signToken({ user: 'bob', weddings: [wedding] }),
        wedding,
      );
      // What comes right after an arrival may be shown together with it.
      await ann.next('diff');
      await bob.close();
      await ann.next('diff', (diff) => diff.changes.some((change) => change.op === 'leave'));
      expect(ann.changes()).toMatchObject([
        { op: 'set', member: { user: 'bob', state: 'present' } },
        { op: 'set', member: { user: 'bob', state: 'reconnecting', reason: 'closed', devices: 0 } },
        { op: 'leave', user: 'bob', reason: 'closed' },
      ]);
      await ann.close();
      await pod.drain();
    });

    it('repairs itself when the subscriptions die and messages are lost', async () => {
      const [first, second] = ports();
      const wedding = 'lost-messages';
      const ann = await RawClient.join(first, await signToken({ user: 'ann', weddings: [wedding] }), wedding);
      const bob = await RawClient.join(
        second,
        await signToken({ user: 'bob', weddings: [wedding] }),
        wedding,
      );
      for (const primary of redis.primaries) {
        const admin = new Redis({ host: primary.host, port: primary.port });
        await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
        admin.disconnect();
      }
      const { seq } = await bob.insist(
        { type: 'update', id: 'u1', wedding, status: 'through the storm' },
        'ack',
      );
      await ann.next('diff', (diff) => diff.seq >= seq);
      bob.send({ type: 'update', id: 'u2', wedding, status: 'and after it' });
      await ann.next('diff', (diff) =>
        diff.changes.some((c) => c.op === 'set' && c.member.status === 'and after it'),
      );
      const members = ann.changes().flatMap((change) => (change.op === 'set' ? [change.member] : []));
      expect(members.some((member) => member.status === 'through the storm')).toBe(true);
      expect(members.every((member) => member.state === 'present')).toBe(true);
      await Promise.all([ann.close(), bob.close()]);
    });

    it('gives a snapshot when a client asks, and the same state by REST from a server without that wedding', async () => {
      const [first, second] = ports();
      const wedding = 'asked';
      const token = await signToken({ user: 'ann', weddings: [wedding] });
      const ann = await RawClient.join(first, token, wedding, { status: 'here' });
      ann.send({ type: 'snapshot', id: 's1', wedding });
      const snapshot = await ann.next('snapshot', (message) => message.id === 's1');
      const read = await askHttp(`http://127.0.0.1:${second}/v1/weddings/${wedding}/presence`, token);
      const { epoch, seq, members } = snapshot;
      expect(read.body).toEqual({ wedding, epoch, seq, members });
      expect(members).toMatchObject([{ user: 'ann', status: 'here' }]);
      await ann.close();
    });

    it('starts a new epoch, with everybody in it, when Redis lost what was acknowledged', async () => {
      const [first, second] = ports();
      const wedding = 'lost-writes';
      const ann = await RawClient.join(first, await signToken({ user: 'ann', weddings: [wedding] }), wedding);
      const bob = await RawClient.join(
        second,
        await signToken({ user: 'bob', weddings: [wedding] }),
        wedding,
      );
      const before = await bob.next('snapshot');
      for (const primary of redis.primaries) {
        const admin = new Redis({ host: primary.host, port: primary.port });
        const tag = `pr:{w:${wedding}}`;
        await admin
          .call('HSET', `${tag}:m`, 's', '0')
          .then(() => admin.call('DEL', `${tag}:c`))
          .catch(() => 'not the primary of this slot');
        admin.disconnect();
      }
      const users = () => {
        const latest = ann.all('snapshot').at(-1);
        const set = ann
          .all('diff')
          .filter((diff) => diff.epoch === latest?.epoch)
          .flatMap((diff) => diff.changes.flatMap((c) => (c.op === 'set' ? [c.member.user] : [])));
        return {
          epoch: latest?.epoch,
          users: new Set([...(latest?.members ?? []).map((m) => m.user), ...set]).size,
        };
      };
      const after = await eventually(users, (seen) => seen.epoch !== before.epoch && seen.users === 2);
      expect(after.users).toBe(2);
      await Promise.all([ann.close(), bob.close()]);
    });

    it('forgets a wedding that nobody is in any more', async () => {
      await eventually(
        async () => {
          const texts = await Promise.all(
            pods.map((pod) => pod.metrics.registry.getSingleMetricAsString('presence_weddings')),
          );
          return texts.map((text) => /^presence_weddings (\d+)$/m.exec(text)?.[1]);
        },
        (weddings) => weddings.every((count) => count === '0'),
        // Those who were lost are seen off first: the last of a wedding has nobody else to end the grace.
        GRACE_MS.photographer + PATIENCE_MS,
      );
      const text = await (await fetch(`http://127.0.0.1:${pods[0]?.adminPort}/metrics`)).text();
      expect(text).toMatch(/^presence_connections 0$/m);
      expect(text).toMatch(/^presence_propagation_seconds_count [1-9]/m);
    });
  },
);
