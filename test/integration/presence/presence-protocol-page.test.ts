import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServerMessage } from '../../../src/api/protocol/messages.ts';
import type { PresenceServer } from '../../../src/presence/server.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { type RedisClusterProcesses, startRedisCluster } from '../redis/redis-cluster-processes.ts';
import { eventually, signToken, startPod, untilReady } from './presence-pods.ts';
import { joinAs, untilConverged, viewOf, withoutRepetitions } from './presence-views.ts';
import { RawClient } from './raw-client.ts';

const START_MS = 180_000;

let redis: RedisClusterProcesses;
let pods: [PresenceServer, PresenceServer];

beforeAll(async () => {
  redis = await startRedisCluster({ server: (await ensureTools()).valkeyServer, primaries: 3 });
  pods = await Promise.all([startPod(redis.nodes), startPod(redis.nodes)]);
  await Promise.all(pods.map(untilReady));
}, START_MS);

afterAll(async () => {
  await Promise.all((pods ?? []).map((pod) => pod.drain()));
  await redis?.close();
}, START_MS);

describe('what docs/protocol.md says between its tables', () => {
  it('a client need not wait for the welcome, nor for an answer', async () => {
    const token = await signToken({ weddings: ['eager'] });
    const answers = async () => {
      const client = new RawClient(pods[0].port, token);
      await once(client.socket, 'open');
      client.send({ type: 'join', id: '1', wedding: 'eager' });
      client.send({ type: 'update', id: '2', wedding: 'eager', status: 'on-site' });
      await eventually(
        () => client.received.some((message) => 'id' in message && message.id === '2'),
        (answered) => answered,
      );
      await client.close();
      return client.received;
    };
    // While Redis does not confirm, both are refused for now.
    const isRefused = (message: ServerMessage) => message.type === 'error' && message.code === 'unavailable';
    const received = await eventually(answers, (messages) => !messages.some(isRefused));
    const types = received.map(({ type }) => type).filter((type) => type !== 'diff');
    expect(types).toEqual(['welcome', 'snapshot', 'ack']);
  });

  it('of the header and the query parameter the header counts', async () => {
    const bearer = await signToken({ user: 'ann' });
    const path = `/v1/weddings/ada/presence?access_token=${await signToken({ secret: 'x'.repeat(40) })}`;
    const url = `http://127.0.0.1:${pods[0].port}${path}`;
    expect((await fetch(url, { headers: { authorization: `Bearer ${bearer}` } })).status).toBe(200);
    expect((await fetch(url)).status).toBe(401);
  });

  it('status and data are cleared by an update that empties them, and by a join that leaves them out', async () => {
    const wedding = 'cleared';
    const eve = await joinAs('eve', pods[1], wedding);
    const ann = await joinAs('ann', pods[0], wedding, { status: 'here', data: 5 });
    const shown = () => {
      const { status, data } = viewOf(eve).members.get('ann') ?? {};
      return JSON.stringify([status, data]);
    };
    const becomes = (text: string) => eventually(shown, (seen) => seen === text);
    await becomes('["here",5]');
    ann.send({ type: 'update', wedding, status: '', data: null });
    await becomes('["",null]');
    ann.send({ type: 'update', wedding, status: 'here again' });
    await becomes('["here again",null]');
    await ann.insist({ type: 'join', id: 'j', wedding }, 'snapshot');
    expect(viewOf(ann).members.get('ann')).not.toHaveProperty('status');
    await untilConverged([ann, eve]);
    expect(viewOf(eve).members.get('ann')).not.toHaveProperty('data');
    await Promise.all([ann.close(), eve.close()]);
  });

  it('who moves to a fresh token before the old one expires does it without a drain, and nobody sees anything', async () => {
    const wedding = 'renewed';
    const eve = await joinAs('eve', pods[1], wedding);
    const old = await RawClient.join(
      pods[0].port,
      await signToken({ user: 'ann', weddings: [wedding], expiresIn: 60 }),
      wedding,
      { status: 'here' },
    );
    await eventually(
      () => viewOf(eve).members.size,
      (size) => size === 2,
    );
    const before = eve.changes().length;
    const { epoch, seq } = viewOf(old);
    const { connection, expiresAt } = await old.next('welcome');
    const fresh = await RawClient.open(
      pods[1].port,
      await signToken({ user: 'ann', weddings: [wedding], expiresIn: 600 }),
    );
    expect((await fresh.next('welcome')).expiresAt).toBeGreaterThan(expiresAt);
    const since = { epoch, seq };
    await fresh.ask({ type: 'join', id: 'j', wedding, status: 'here', resume: connection, since });
    await old.close();
    const { seq: last } = await fresh.insist(
      { type: 'update', id: 'u', wedding, status: 'still here' },
      'ack',
    );
    await eve.next('diff', (diff) => diff.seq >= last);
    expect(withoutRepetitions(eve.changes().slice(before), fresh)).toMatchObject([
      { op: 'set', member: { user: 'ann', state: 'present', status: 'still here', devices: 1 } },
    ]);
    await Promise.all([fresh.close(), eve.close()]);
  });
});
