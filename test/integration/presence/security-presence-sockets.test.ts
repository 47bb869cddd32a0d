import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_DATA_DEPTH } from '../../../src/api/protocol/limits.ts';
import type { PresenceServer } from '../../../src/presence/server.ts';
import { MAX_PENDING_CONNECTIONS } from '../../../src/presence/socket/pending-connections.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { ServerStalls } from '../../support/server-stalls.ts';
import { type RedisClusterProcesses, startRedisCluster } from '../redis/redis-cluster-processes.ts';
import {
  eventually,
  PATIENCE_MS,
  signToken,
  startPod,
  startPodProcess,
  untilReady,
} from './presence-pods.ts';
import { RawClient } from './raw-client.ts';

const START_MS = 180_000;
const REAL_CLIENTS = 200;
/** Handshakes without a token, in all and at a time: bounded, since all of this runs on one machine. */
const FLOOD = 4_000;
const FLOOD_AT_ONCE = 200;
/** Less than the second after which a server tells a client that Redis has not confirmed. */
const REDIS_LATE_MS = 500;

const HANDSHAKE =
  'GET /v1/presence HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

describe('what clients without a token can take from the others', () => {
  let redis: RedisClusterProcesses;
  let pods: [PresenceServer, PresenceServer];
  const raw: Socket[] = [];

  beforeAll(async () => {
    redis = await startRedisCluster({ server: (await ensureTools()).valkeyServer, primaries: 3 });
    const more = { PRESENCE_MOVES_PER_SECOND: '0' };
    pods = await Promise.all([startPod(redis.nodes, more), startPod(redis.nodes, more)]);
    await Promise.all(pods.map(untilReady));
  }, START_MS);

  afterAll(async () => {
    for (const socket of raw) socket.destroy();
    await Promise.all((pods ?? []).map((pod) => pod.drain()));
    await redis?.close();
  }, START_MS);

  const metric = async (pod: PresenceServer, name: string): Promise<number> => {
    const text = (await pod.metrics.registry.getSingleMetricAsString(name)) ?? '';
    return Number(text.trim().split('\n').at(-1)?.split(' ').at(-1));
  };

  const rawSocket = async (port: number, text: string): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1');
    raw.push(socket);
    socket.on('error', () => {});
    await once(socket, 'connect');
    socket.write(text);
    return socket;
  };

  it('gets an error frame without ever being a connection', async () => {
    const client = new RawClient(pods[0].port, undefined);
    expect(await client.next('error')).toMatchObject({ code: 'unauthorized', fatal: true });
    expect(await metric(pods[0], 'presence_connections')).toBe(0);
    expect(await client.closed()).toBe(4401);
  });

  it('not the places, the connections or the answers of real clients, by a flood of handshakes', async () => {
    const crew = await Promise.all(
      Array.from({ length: REAL_CLIENTS }, async (_, index) => {
        const wedding = `crew-${index % 10}`;
        const token = await signToken({ user: `crew-${index}`, weddings: [wedding] });
        return { wedding, client: await RawClient.join(pods[index % 2]?.port ?? 0, token, wedding) };
      }),
    );
    const stalls = new ServerStalls(() => redis.primaries.map(({ pid }) => pid));
    let started = 0;
    let answered = 0;
    const connectionsSeen: number[] = [];
    const worker = async (): Promise<void> => {
      while (started < FLOOD) {
        const pod = pods[started++ % 2] as PresenceServer;
        const socket = await rawSocket(pod.port, `${HANDSHAKE}\r\n`);
        socket.once('data', () => answered++);
        socket.resume();
        await once(socket, 'data').catch(() => {});
        // One in eight never closes its side.
        if (started % 8 !== 0) socket.destroy();
        if (started % 100 === 0) connectionsSeen.push(await metric(pod, 'presence_connections'));
      }
    };
    const flood = Promise.all(Array.from({ length: FLOOD_AT_ONCE }, worker));
    const newcomers: RawClient[] = [];
    let round = 0;
    let flooding = true;
    void flood.finally(() => {
      flooding = false;
    });
    while (flooding || round === 0) {
      round++;
      const user = `late-${round}`;
      const token = await signToken({ user, weddings: ['late'] });
      newcomers.push(await RawClient.join(pods[round % 2]?.port ?? 0, token, 'late'));
      const some = crew[(round * 7) % crew.length];
      const id = `u${round}`;
      await some?.client.insist({ type: 'update', id, wedding: some.wedding, status: `${round}` }, 'ack');
    }
    await flood;
    const everyone = [...crew.map(({ client }) => client), ...newcomers];
    expect(answered).toBe(FLOOD);
    expect(Math.max(...connectionsSeen)).toBeLessThanOrEqual(everyone.length);
    expect(everyone.filter(({ closeCode }) => closeCode !== undefined)).toEqual([]);
    stalls.stop();
    // While Redis stands still everybody is refused for now, flood or not.
    const mayBeRefused = stalls.ms > REDIS_LATE_MS;
    const errors = everyone.flatMap((client) => client.all('error'));
    expect(errors.filter(({ code }) => code !== 'unavailable' || !mayBeRefused)).toEqual([]);
    const counted = await Promise.all(pods.map((pod) => metric(pod, 'presence_connections')));
    expect(counted.reduce((sum, count) => sum + count, 0)).toBe(everyone.length);
    await Promise.all(everyone.map((client) => client.close()));
  });

  it('nor the sockets, by requests that never end: the oldest go first, and all within seconds', async () => {
    const half: Socket[] = [];
    const more = MAX_PENDING_CONNECTIONS + 200;
    const openHalf = async () => void half.push(await rawSocket(pods[0].port, HANDSHAKE));
    while (half.length < more) await Promise.all(Array.from({ length: 50 }, openHalf));
    const closed = () => half.filter((socket) => socket.destroyed || socket.readableEnded).length;
    for (const socket of half) socket.resume();
    await eventually(closed, (count) => count >= more - MAX_PENDING_CONNECTIONS);
    const client = await RawClient.join(
      pods[0].port,
      await signToken({ user: 'real', weddings: ['half'] }),
      'half',
    );
    // 10 s for a head, a second until it is looked at, and the rest for a slow machine.
    await eventually(closed, (count) => count === half.length, PATIENCE_MS);
    expect(client.closeCode).toBeUndefined();
    await client.close();
  });

  it('a token as a subprotocol opens the connection, and is not sent back', async () => {
    const token = await signToken({ user: 'browser' });
    const offered = { 'sec-websocket-protocol': `presence.v1, bearer.${token}` };
    const answerTo = async (headers: Readonly<Record<string, string>>) => {
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      const socket = await rawSocket(pods[0].port, `${HANDSHAKE}${lines.join('')}\r\n`);
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      socket.destroy();
      return chunk.toString();
    };
    const selected = await answerTo(offered);
    expect(selected).toMatch(/^HTTP\/1\.1 101 /);
    expect(selected).toContain('Sec-WebSocket-Protocol: presence.v1\r\n');
    expect(selected).not.toContain(token);
    const unknown = await answerTo({ authorization: `Bearer ${token}`, 'sec-websocket-protocol': 'chat' });
    expect(unknown).toMatch(/^HTTP\/1\.1 101 /);
    expect(unknown).not.toContain('Sec-WebSocket-Protocol');
  });

  it('a token with 512 weddings named by UUIDs fits', async () => {
    const weddings = Array.from({ length: 512 }, () => crypto.randomUUID());
    const client = await RawClient.open(pods[0].port, await signToken({ user: 'season', weddings }));
    await client.close();
  });

  it('a field that is wrong costs the answer, not the connection, and nobody is shown it', async () => {
    const wedding = 'fields';
    const eve = await RawClient.join(
      pods[1].port,
      await signToken({ user: 'eve', weddings: [wedding] }),
      wedding,
    );
    const ann = await RawClient.join(
      pods[0].port,
      await signToken({ user: 'ann', weddings: [wedding] }),
      wedding,
    );
    const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
    const wrong = {
      long: `"status":"${'x'.repeat(65)}"`,
      deep: `"data":${nested(MAX_DATA_DEPTH + 1)}`,
      large: '"data":[1e400]',
      unknown: '"colour":"red"',
    };
    for (const [id, field] of Object.entries(wrong)) {
      ann.send(`{"type":"update","id":"${id}","wedding":"${wedding}",${field}}`);
      expect(await ann.next('error', (error) => error.id === id)).toMatchObject({
        code: 'invalid_message',
        fatal: false,
        wedding,
      });
    }
    ann.send({ type: 'dance', id: 'd', wedding });
    expect(await ann.next('error', (error) => error.id === 'd')).toMatchObject({
      code: 'unknown_message',
      fatal: false,
    });
    const data: unknown = JSON.parse(nested(MAX_DATA_DEPTH));
    const { seq } = await ann.insist({ type: 'update', id: 'good', wedding, data }, 'ack');
    await eve.next('diff', (diff) => diff.seq >= seq);
    const shown = eve
      .changes()
      .flatMap((change) => (change.op === 'set' ? [JSON.stringify(change.member.data)] : []));
    expect(new Set(shown)).toEqual(new Set([undefined, nested(MAX_DATA_DEPTH)]));
    const cleared = await ann.insist(
      { type: 'update', id: 'clear', wedding, status: null, data: null },
      'ack',
    );
    await eve.next('diff', (diff) => diff.seq >= cleared.seq);
    const last = eve.changes().at(-1);
    expect(last).toMatchObject({ op: 'set', member: { user: 'ann' } });
    expect(last?.op === 'set' && ('data' in last.member || 'status' in last.member)).toBe(false);
    await Promise.all([eve.close(), ann.close()]);
  });

  it('a second SIGTERM does not end the drain that the first one began', async () => {
    const pod = await startPodProcess(redis.nodes, { PRESENCE_DRAIN_SECONDS: '3' });
    await untilReady(pod);
    const token = await signToken({ user: 'ann', weddings: ['drain'] });
    const client = await RawClient.join(pod.port, token, 'drain');
    pod.kill('SIGTERM');
    await client.next('drain');
    pod.kill('SIGTERM');
    expect(await client.closed()).toBe(4001);
    expect(await pod.exited).toBe(0);
  });

  it('a connection that another one resumes is told so, and stays open', async () => {
    const wedding = 'resumed';
    const token = await signToken({ user: 'ann', weddings: [wedding] });
    const old = await RawClient.join(pods[0].port, token, wedding);
    const { connection } = await old.next('welcome');
    const copy = await RawClient.join(pods[1].port, token, wedding, { resume: connection });
    expect(await old.next('error')).toMatchObject({ code: 'replaced', fatal: false, wedding });
    old.send({ type: 'update', id: 'u', wedding, status: 'still me?' });
    expect(await old.next('error', ({ id }) => id === 'u')).toMatchObject({ code: 'not_joined' });
    await Promise.all([old.close(), copy.close()]);
  });
});
