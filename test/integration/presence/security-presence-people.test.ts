import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_CONNECTIONS_PER_PERSON } from '../../../src/api/protocol/limits.ts';
import { systemClock } from '../../../src/platform/runtime/clock.ts';
import { silentLogger } from '../../../src/platform/telemetry/log.ts';
import type { PresenceServer } from '../../../src/presence/server.ts';
import { RedisStore } from '../../../src/presence/store/redis-store.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { type RedisClusterProcesses, startRedisCluster } from '../redis/redis-cluster-processes.ts';
import { askHttp, eventually, signToken, startPod, untilReady } from './presence-pods.ts';
import { RawClient } from './raw-client.ts';

const START_MS = 180_000;
/** More than the lines that a history keeps, divided by the lines of one reconnection. */
const FLAPS = 700;

describe('what one person can take from the others', () => {
  let redis: RedisClusterProcesses;
  let pods: [PresenceServer, PresenceServer];

  beforeAll(async () => {
    redis = await startRedisCluster({ server: (await ensureTools()).valkeyServer, primaries: 3 });
    const more = { PRESENCE_MOVES_PER_SECOND: '0' };
    pods = await Promise.all([startPod(redis.nodes, more), startPod(redis.nodes, more)]);
    await Promise.all(pods.map(untilReady));
  }, START_MS);

  afterAll(async () => {
    await Promise.all((pods ?? []).map((pod) => pod.drain()));
    await redis?.close();
  }, START_MS);

  const open = async (user: string, wedding: string, pod = pods[0]) =>
    RawClient.open(pod.port, await signToken({ user, weddings: [wedding] }));
  const join = async (user: string, wedding: string, pod = pods[0]) =>
    RawClient.join(pod.port, await signToken({ user, weddings: [wedding] }), wedding);
  const many = <T>(count: number, make: (index: number) => Promise<T>) =>
    Promise.all(Array.from({ length: count }, (_, index) => make(index)));
  const closeAll = (clients: readonly RawClient[]) => Promise.all(clients.map((client) => client.close()));

  it('not more than ten connections to a server: the next is refused with a code of its own', async () => {
    const guest = await many(MAX_CONNECTIONS_PER_PERSON, () => open('guest', 'places'));
    const refused = new RawClient(pods[0].port, await signToken({ user: 'guest', weddings: ['places'] }));
    expect(await refused.next('error')).toMatchObject({
      code: 'too_many_connections',
      fatal: true,
      retryAfterMs: expect.any(Number),
    });
    expect(await refused.closed()).toBe(4409);
    const others = await many(3, (index) => join(`crew-${index}`, 'places'));
    expect(guest.every(({ closeCode }) => closeCode === undefined)).toBe(true);
    await closeAll([...guest, ...others]);
  });

  it('not more than ten connections in a wedding, on all servers together', async () => {
    const wedding = 'devices';
    const planner = await join('planner', wedding, pods[1]);
    const onEach = MAX_CONNECTIONS_PER_PERSON / 2;
    const guest = [
      ...(await many(onEach, () => join('guest', wedding, pods[0]))),
      ...(await many(onEach, () => join('guest', wedding, pods[1]))),
    ];
    const eleventh = await open('guest', wedding, pods[1]);
    eleventh.send({ type: 'join', id: 'j', wedding });
    expect(await eleventh.next('error')).toMatchObject({
      code: 'too_many_devices',
      fatal: false,
      id: 'j',
      retryAfterMs: expect.any(Number),
    });
    const plannerSees = (devices: number) =>
      eventually(
        () => planner.changes().at(-1),
        (change) => change?.op === 'set' && change.member.devices === devices,
      );
    await plannerSees(MAX_CONNECTIONS_PER_PERSON);
    await guest[0]?.leave(wedding);
    // Redis has it by then, also where it was late to confirm.
    await plannerSees(MAX_CONNECTIONS_PER_PERSON - 1);
    await eleventh.insist({ type: 'join', id: 'again', wedding }, 'snapshot');
    await closeAll([planner, eleventh, ...guest]);
  });

  it('nor the places of a wedding by reloading: the own oldest reconnecting entry goes first', async () => {
    const wedding = 'reloads';
    const eve = await join('eve', wedding, pods[1]);
    for (let load = 0; load < 2 * MAX_CONNECTIONS_PER_PERSON; load++) {
      const tab = await join('reloader', wedding);
      await tab.close();
    }
    const last = await join('reloader', wedding);
    const shown = await eventually(
      () => eve.changes().findLast((change) => change.op === 'set' && change.member.user === 'reloader'),
      (change) => change?.op === 'set' && change.member.state === 'present',
    );
    expect(shown).toMatchObject({ member: { devices: 1 } });
    expect(eve.changes().some(({ op }) => op === 'leave')).toBe(false);
    const state = await pods[0].metrics.registry.getSingleMetricAsString('presence_errors_total');
    expect(state).not.toContain('wedding_full');
    await closeAll([eve, last]);
  });

  it('nor an endless rate of connections, and reconnecting does not refill what a user may send', async () => {
    const token = await signToken({ user: 'hasty', weddings: ['rates'] });
    let pongs = 0;
    let refused: RawClient | undefined;
    for (let round = 0; refused === undefined && round < 500; round++) {
      const client = new RawClient(pods[0].port, token);
      await eventually(
        () => client.received.length,
        (count) => count > 0,
      );
      if (client.received[0]?.type === 'error') {
        refused = client;
        break;
      }
      for (let count = 0; count < 20; count++) client.send({ type: 'ping' });
      const answers = () => client.all('pong').length + client.all('error').length;
      await eventually(answers, (count) => count === 20);
      pongs += client.all('pong').length;
      await client.close();
    }
    expect(refused?.received[0]).toMatchObject({
      code: 'connecting_too_fast',
      fatal: true,
      retryAfterMs: expect.any(Number),
    });
    expect(await refused?.closed()).toBe(4429);
    const text = await pods[0].metrics.registry.getSingleMetricAsString('presence_errors_total');
    expect(text).toContain('rate_limited');
    expect(pongs).toBeGreaterThanOrEqual(180);
    const calm = await open('calm', 'rates');
    await calm.close();
  });

  it('nor the time at which a person came: it never jumps while the person is there', async () => {
    const wedding = 'since';
    const eve = await join('eve', wedding, pods[1]);
    const first = await join('ann', wedding);
    const sinceOf = () =>
      eve
        .changes()
        .flatMap((change) =>
          change.op === 'set' && change.member.user === 'ann' ? [change.member.since] : [],
        );
    await eventually(
      () => sinceOf().length,
      (count) => count === 1,
    );
    const reloaded = await join('ann', wedding);
    await first.leave(wedding);
    const { seq } = await reloaded.insist(
      { type: 'update', id: 'u', wedding, status: 'after the reload' },
      'ack',
    );
    await eve.next('diff', (diff) => diff.seq >= seq);
    expect(new Set(sinceOf()).size).toBe(1);
    await closeAll([eve, first, reloaded]);
  });

  it('a planner ends the presence of a person at once, on all servers, until a time', async () => {
    const wedding = 'removals';
    const eve = await join('eve', wedding, pods[1]);
    const guest = await Promise.all([join('guest', wedding, pods[0]), join('guest', wedding, pods[1])]);
    const planner = await signToken({ user: 'pia', role: 'planner', weddings: [wedding] });
    const remove = (token: string, body: object, onWedding = wedding) =>
      askHttp(`http://127.0.0.1:${pods[0].port}/v1/weddings/${onWedding}/removals`, token, {
        method: 'POST',
        body: JSON.stringify(body),
      });
    const own = await signToken({ user: 'guest', weddings: [wedding] });
    expect(await remove(own, { user: 'eve' })).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    const until = new Date(Date.now() + 3_600_000).toISOString();
    expect(await remove(planner, { user: 'guest', until })).toMatchObject({
      status: 200,
      body: { wedding, user: 'guest', until: Date.parse(until), ended: 2 },
    });
    for (const device of guest)
      expect(await device.next('error')).toMatchObject({ code: 'removed', fatal: false, wedding });
    const isGuest = (change: { op: string; user?: string }) =>
      change.op === 'leave' && change.user === 'guest';
    await eve.next('diff', ({ changes }) => changes.some(isGuest));
    expect(eve.changes().filter(isGuest)).toEqual([{ op: 'leave', user: 'guest', reason: 'removed' }]);

    guest[0].send({ type: 'update', id: 'u', wedding, status: 'still here' });
    expect(await guest[0].next('error', ({ id }) => id === 'u')).toMatchObject({ code: 'not_joined' });
    guest[1].send({ type: 'join', id: 'j', wedding });
    expect(await guest[1].next('error', ({ id }) => id === 'j')).toMatchObject({
      code: 'removed',
      message: expect.stringContaining(until),
    });
    const seen = await eve.insist({ type: 'snapshot', id: 's', wedding }, 'snapshot');
    expect(seen.members.map(({ user }) => user)).toEqual(['eve']);

    const past = new Date(Date.now() - 1_000).toISOString();
    expect(await remove(planner, { user: 'guest', until: past })).toMatchObject({ status: 200 });
    await guest[1].insist({ type: 'join', id: 'again', wedding }, 'snapshot');
    await closeAll([eve, ...guest]);
  });

  it.each(['comes back on the same connection', 'resumes on a new connection', 'reloads its page'] as const)(
    'nor the history of the others, by a phone that %s all day',
    async (how) => {
      const wedding = `history-${how.replaceAll(' ', '-')}`;
      const token = await signToken({ user: 'eve', weddings: [wedding] });
      const eve = await join('eve', wedding, pods[1]);
      const guest = await join('guest', wedding, pods[1]);
      await guest.leave(wedding);
      await flap(redis, wedding, how, FLAPS);
      const url = `http://127.0.0.1:${pods[1].port}/v1/weddings/${wedding}/history`;
      const events = (await askHttp(url, token)).body.events as { user: string; event: string }[];
      const of = (user: string) => events.filter((event) => event.user === user).map(({ event }) => event);
      expect(of('eve')).toEqual(['joined']);
      expect(of('guest')).toEqual(['joined', 'left']);
      expect(of('flapper').length).toBeGreaterThan(100);
      expect(of('flapper').length).toBeLessThan(2 * FLAPS);
      expect(of('flapper')[0]).toBe('joined');
      expect(of('flapper')).not.toContain('left');
      expect(of('flapper').at(-1)).toBe('back');
      await closeAll([eve, guest]);
    },
  );
});

type Flap = 'comes back on the same connection' | 'resumes on a new connection' | 'reloads its page';

/** A phone that is lost and comes back again and again, as its server would write it. */
async function flap(redis: RedisClusterProcesses, wedding: string, how: Flap, times: number): Promise<void> {
  const nodes = redis.nodes.map((node) => {
    const [host = '', port] = node.split(':');
    return { host, port: Number(port) };
  });
  const store = new RedisStore({
    redis: { nodes },
    incarnation: 'flapper/1',
    // Its server sends no beats.
    leaseMs: START_MS,
    cacheTtlMs: 60_000,
    maxConnectionsPerPerson: MAX_CONNECTIONS_PER_PERSON,
    clock: systemClock,
    log: silentLogger(),
    onResubscribed: () => {},
  });
  const isSame = how === 'comes back on the same connection';
  const nameOf = (count: number): string => (isSame ? 'phone' : `phone-${count}`);
  const enter = (count: number) => {
    const body = { role: 'other' as const };
    const wanted = { connection: nameOf(count), user: 'flapper', body, graceMs: 60_000 };
    const resume = how === 'resumes on a new connection' && count > 0 ? nameOf(count - 1) : '';
    return store.enter(wedding, undefined, wanted, resume);
  };
  try {
    await eventually(
      () => store.available,
      (available) => available,
    );
    await enter(0);
    for (let count = 1; count <= times; count++) {
      await store.drop(wedding, undefined, nameOf(count - 1), 'lost');
      await enter(count);
    }
  } finally {
    await store.close();
  }
}
