import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { PresenceClient } from '../../../src/client/presence-client.ts';
import type { PresenceServer } from '../../../src/presence/server.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { type RedisClusterProcesses, startRedisCluster } from '../redis/redis-cluster-processes.ts';
import { eventually, signToken, startPod, untilReady } from './presence-pods.ts';
import { RawClient } from './raw-client.ts';

const START_MS = 180_000;
const MALFORMED_FRAMES = 10_000;
const FUZZING_CLIENTS = 200;
const MOST_ROUNDS = 300;

describe('what a presence server bounds', () => {
  let redis: RedisClusterProcesses;
  let pod: PresenceServer;

  beforeAll(async () => {
    const { valkeyServer } = await ensureTools();
    redis = await startRedisCluster({ server: valkeyServer, primaries: 3 });
    pod = await startPod(redis.nodes, { PRESENCE_MESSAGES_PER_SECOND: '10', PRESENCE_MESSAGE_BURST: '20' });
    await untilReady(pod);
  }, START_MS);

  afterAll(async () => {
    await pod?.drain();
    await redis?.close();
  }, START_MS);

  const join = async (user: string, wedding: string, more: object = {}) =>
    RawClient.join(pod.port, await signToken({ user, weddings: [wedding] }), wedding, more);

  it('drops what a connection sends too fast, says so, and closes it when it goes on', async () => {
    const wedding = 'flood';
    const eve = await join('eve', wedding);
    const mad = await join('mad', wedding);
    for (let count = 0; count < 200; count++)
      mad.send({ type: 'update', id: `u${count}`, wedding, status: String(count) });
    expect(await mad.closed()).toBe(4429);
    const codes = mad.all('error').map(({ code }) => code);
    const dropped = mad.all('error').filter(({ code }) => code === 'rate_limited');
    expect(dropped.every((error) => error.wedding === wedding && (error.retryAfterMs ?? 0) >= 100)).toBe(
      true,
    );
    const answered = [...dropped.map(({ id }) => id), ...mad.all('ack').map(({ id }) => id)];
    expect(answered).not.toContain(undefined);
    expect(new Set(answered).size).toBe(answered.length);
    expect(codes.filter((code) => code === 'rate_limited').length).toBeGreaterThanOrEqual(40);
    expect(codes.at(-1)).toBe('flooding');
    const shown = eve.changes().filter((change) => change.op === 'set' && change.member.user === 'mad');
    expect(shown.length).toBeLessThan(30);
    await eve.close();
  });

  it('keeps every update of a client that is too fast, the last one last, and its connection', async () => {
    const wedding = 'busy';
    const eve = await join('eve', wedding);
    const states: string[] = [];
    const ann = new PresenceClient({
      url: `ws://127.0.0.1:${pod.port}/v1/presence`,
      token: await signToken({ user: 'ann', weddings: [wedding] }),
      onState: (state) => states.push(state),
    });
    const joined = await ann.join(wedding);
    const limited = async () =>
      Number(
        /code="rate_limited"\} (\d+)/.exec(
          await pod.metrics.registry.getSingleMetricAsString('presence_errors_total'),
        )?.[1] ?? 0,
      );
    const before = await limited();
    const unawaited: Promise<void>[] = [];
    let rounds = 0;
    // Where answers are late the limit is reached later.
    while (rounds < 30 || (rounds < MOST_ROUNDS && (await limited()) === before)) {
      const count = rounds++;
      unawaited.push(joined.update({ status: `${count} a` }), joined.update({ status: `${count} b` }));
      await joined.update({ status: `${count} c` });
    }
    await Promise.all(unawaited);
    expect(await limited()).toBeGreaterThan(before);
    expect(states).toEqual(['open']);
    const shown = () =>
      eve
        .changes()
        .flatMap((change) =>
          change.op === 'set' && change.member.user === 'ann' ? [change.member.status ?? ''] : [],
        );
    await eventually(shown, (statuses) => statuses.at(-1) === `${rounds - 1} c`);
    const numbers = shown().map((status) => Number.parseInt(status || '-1', 10));
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    await Promise.all([ann.close(), eve.close()]);
  });

  it('bounds all connections of one user together', async () => {
    const wedding = 'many-devices';
    const devices = await Promise.all(Array.from({ length: 6 }, () => join('mad', wedding)));
    for (const device of devices) for (let count = 0; count < 15; count++) device.send({ type: 'ping' });
    const limited = () => devices.flatMap((device) => device.all('error')).length;
    await eventually(limited, (count) => count > 0);
    const eve = await join('eve', wedding);
    eve.send({ type: 'ping', id: 'p' });
    await eve.next('pong');
    await Promise.all([eve, ...devices].map((client) => client.close()));
  });

  it('bounds what one user asks over HTTP, with a hint, and nobody else', async () => {
    // Signed before: a machine that takes too long for all of them would have none refused.
    const [mad, calm] = await Promise.all(
      ['mad', 'eve'].map((user) => signToken({ user, weddings: ['asked'] })),
    );
    const ask = (token = '') => {
      const authorization = `Bearer ${token}`;
      return fetch(`http://127.0.0.1:${pod.port}/v1/presence?wedding=asked`, { headers: { authorization } });
    };
    const answers = await Promise.all(Array.from({ length: 300 }, () => ask(mad)));
    const refused = answers.filter(({ status }) => status === 429);
    // 60 at once, and 30 for each second that it takes.
    expect(answers.length - refused.length).toBeGreaterThanOrEqual(60);
    expect(refused.length).toBeGreaterThan(0);
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(await refused[0]?.json()).toMatchObject({
      code: 'rate_limited',
      retryAfterMs: expect.any(Number),
    });
    expect((await ask(calm)).status).toBe(200);
  });

  it('takes 200 connections into a wedding, and the next one when somebody has left', async () => {
    const wedding = 'crowd';
    const crowd = await Promise.all(Array.from({ length: 200 }, (_, index) => join(`c${index}`, wedding)));
    const late = await RawClient.open(pod.port, await signToken({ user: 'late', weddings: [wedding] }));
    late.send({ type: 'join', id: '1', wedding });
    const about = { fatal: false, id: '1', wedding };
    expect(await late.next('error')).toMatchObject({ code: 'wedding_full', ...about });
    expect(late.all('error')[0]?.retryAfterMs).toBeGreaterThanOrEqual(1_000);
    await crowd[0]?.leave(wedding);
    // Redis has it by then, also where it was late to confirm.
    await crowd[1]?.next('diff', ({ changes }) => changes.some(({ op }) => op === 'leave'));
    expect((await late.insist({ type: 'join', id: '2', wedding }, 'snapshot')).members).toHaveLength(200);
    await Promise.all([late, ...crowd].map((client) => client.close()));
  });

  it('ignores a resume token of another user: nobody is taken out', async () => {
    const wedding = 'stolen';
    const ann = await join('ann', wedding);
    const { connection } = await ann.next('welcome');
    const mallory = await join('mallory', wedding, { resume: connection });
    const [snapshot] = mallory.all('snapshot');
    expect(snapshot?.members.map(({ user, devices }) => [user, devices]).toSorted()).toEqual([
      ['ann', 1],
      ['mallory', 1],
    ]);
    await ann.insist({ type: 'update', id: 'u', wedding, status: 'still here' }, 'ack');
    await Promise.all([ann.close(), mallory.close()]);
  });

  it('takes a connection id over once: the second who resumes it is another device', async () => {
    const wedding = 'twice';
    const eve = await join('eve', wedding);
    const first = await join('ann', wedding, { status: 'one' });
    const { connection } = await first.next('welcome');
    const second = await join('ann', wedding, { resume: connection });
    const third = await join('ann', wedding, { resume: connection });
    const devices = () =>
      eve
        .changes()
        .flatMap((change) =>
          change.op === 'set' && change.member.user === 'ann' ? [change.member.devices] : [],
        )
        .at(-1);
    await eventually(devices, (count) => count === 2);
    expect(eve.changes().some((change) => change.op === 'leave')).toBe(false);
    await Promise.all([eve, first, second, third].map((client) => client.close()));
  });

  it(
    `survives ${MALFORMED_FRAMES} malformed frames, and goes on serving`,
    async () => {
      const wedding = 'fuzz';
      const eve = await join('eve', wedding);
      const perClient = MALFORMED_FRAMES / FUZZING_CLIENTS;
      const frames = fc.sample(
        fc.oneof(
          fc.string({ unit: 'binary', maxLength: 200 }).map((text) => ({ text })),
          fc.json().map((text) => ({ text })),
          fc
            .record({
              type: fc.constantFrom('join', 'update', 'leave', 'snapshot', 'ping'),
              id: fc.jsonValue(),
            })
            .map((value) => ({ text: JSON.stringify({ ...value, wedding: [value.id] }) })),
          fc.uint8Array({ maxLength: 200 }).map((bytes) => ({ bytes })),
        ),
        MALFORMED_FRAMES,
      );
      for (let client = 0; client < FUZZING_CLIENTS; client++) {
        const batch = frames.slice(client * perClient, (client + 1) * perClient);
        // A person of its own each: one who connects so often would be refused.
        const token = await signToken({ user: `fuzzer-${client}`, weddings: [wedding] });
        await sendRaw(pod.port, token, batch, client % 4 === 0);
      }
      await eve.insist({ type: 'update', id: 'u', wedding, status: 'calm' }, 'ack');
      const text = await (await fetch(`http://127.0.0.1:${pod.adminPort}/metrics`)).text();
      const count = (code: string) =>
        Number(new RegExp(`presence_errors_total\\{code="${code}"\\} (\\d+)`).exec(text)?.[1]);
      // The first of these ends a connection; messages with a wrong field do not, so some come before it.
      expect(count('malformed_frame')).toBeGreaterThan(50);
      expect(count('invalid_message')).toBeGreaterThan(10);
      await eventually(
        async () => (await fetch(`http://127.0.0.1:${pod.adminPort}/metrics`)).text(),
        (metrics) => metrics.includes('\npresence_connections 1\n'),
      );
      await eve.close();
    },
    START_MS,
  );

  it('merges what a slow reader does not read, marks the gap, and holds a bounded buffer for it', async () => {
    const wedding = 'slow';
    const fast = await startPod(redis.nodes, {
      // Who does not read answers no ping, and is not to be given up before the buffer is full.
      PRESENCE_HEARTBEAT_SECONDS: '60',
      PRESENCE_MESSAGES_PER_SECOND: '1000000',
      PRESENCE_MESSAGE_BURST: '1000000',
      PRESENCE_MOVES_PER_SECOND: '0',
    });
    await untilReady(fast);
    const joinFast = async (user: string, more: object = {}) =>
      RawClient.join(fast.port, await signToken({ user, weddings: [wedding] }), wedding, more);
    const slow = await joinFast('slow');
    const { _socket: tcp } = slow.socket as unknown as { _socket: { pause(): void; resume(): void } };
    tcp.pause();
    const crew = await Promise.all(
      Array.from({ length: 30 }, (_, index) => joinFast(`crew-${index}`, { data: 'x'.repeat(2_000) })),
    );
    const buffered = async () =>
      Number(
        /^presence_buffered_bytes (\d+)$/m.exec(
          (await fast.metrics.registry.getSingleMetricAsString('presence_buffered_bytes')) ?? '',
        )?.[1],
      );
    let most = 0;
    let round = 0;
    await eventually(
      async () => {
        round++;
        for (const member of crew) {
          member.send({ type: 'update', wedding, data: `${round}${'y'.repeat(2_000)}` });
        }
        await new Promise((resolve) => setImmediate(resolve));
        const now = await buffered();
        most = Math.max(most, now);
        return now;
      },
      (bytes) => bytes > 131_072 || round > 2_000,
      120_000,
    );
    expect(most).toBeGreaterThan(131_072);
    expect(most).toBeLessThan(131_072 + 262_144);
    const last = await eventually(
      async () => {
        crew[0]?.send({ type: 'update', id: 'last', wedding, status: 'the last word' });
        return crew[0]?.all('ack').find(({ id }) => id === 'last');
      },
      (ack) => ack !== undefined,
    );
    tcp.resume();
    const diff = await slow.next('diff', (message) => message.seq >= (last?.seq ?? Number.MAX_VALUE));
    expect(slow.all('diff').some(({ conflated }) => conflated === true)).toBe(true);
    expect(slow.all('error')).toEqual([]);
    expect(diff.changes.length).toBeGreaterThan(0);
    const numbers = slow.all('diff');
    for (const [index, each] of numbers.entries())
      expect(each.prev).toBeLessThanOrEqual(numbers[index - 1]?.seq ?? each.prev);
    await Promise.all([slow, ...crew].map((client) => client.close()));
    await fast.drain();
  });
});

type Frame = { readonly text: string } | { readonly bytes: Uint8Array };

/** Sends frames without looking at the answers; `raw` writes bytes that are no frames at all. */
async function sendRaw(port: number, token: string, frames: readonly Frame[], raw: boolean): Promise<void> {
  if (raw) {
    const tcp = connect(port, '127.0.0.1');
    tcp.on('error', () => {});
    tcp.write(
      `GET /v1/presence?access_token=${token} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    );
    for (const frame of frames) tcp.write('text' in frame ? frame.text : frame.bytes);
    await new Promise<void>((resolve) => {
      tcp.once('close', () => resolve());
      tcp.once('data', () => setImmediate(() => tcp.destroy()));
    });
    return;
  }
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/presence?access_token=${token}`);
  socket.on('error', () => {});
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
    socket.once('open', () => {
      for (const frame of frames) socket.send('text' in frame ? frame.text : frame.bytes, () => {});
      socket.close();
    });
  });
}
