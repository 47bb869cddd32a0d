import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PresenceClient } from '../../../src/client/presence-client.ts';
import type { PresenceServer } from '../../../src/presence/server.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { type RedisClusterProcesses, startRedisCluster } from '../redis/redis-cluster-processes.ts';
import { askHttp, eventually, signToken, startPod, untilReady } from './presence-pods.ts';
import { RawClient } from './raw-client.ts';
import { startTcpBalancer, type TcpBalancer } from './tcp-balancer.ts';

const START_MS = 180_000;
const TEN_TOKENS_MS = 120_000;
/** Of a token. */
const TOKEN_LIFE_S = 2;
/** Nobody listens there: the port is reserved (IANA, tcpmux). */
const NOWHERE = 1;

describe('a client that loses its connection and comes back to another server', () => {
  let redis: RedisClusterProcesses;
  let pods: PresenceServer[] = [];
  let way: TcpBalancer;

  beforeAll(async () => {
    const { valkeyServer } = await ensureTools();
    redis = await startRedisCluster({ server: valkeyServer, primaries: 3 });
    pods = await Promise.all([startPod(redis.nodes), startPod(redis.nodes)]);
    await Promise.all(pods.map(untilReady));
    way = await startTcpBalancer(pods[0]?.port ?? 0);
  }, START_MS);

  afterAll(async () => {
    await way?.close();
    await Promise.all(pods.map((pod) => pod.drain()));
    await redis?.close();
  }, START_MS);

  it('shows only the last of what it was told meanwhile, and is told only what changed', async () => {
    const wedding = 'tunnel';
    const port = pods[1]?.port ?? 0;
    const bob = await RawClient.join(port, await signToken({ user: 'bob', weddings: [wedding] }), wedding);
    const whole: number[] = [];
    const changed: (string | undefined)[] = [];
    const ann = new PresenceClient({
      url: `ws://127.0.0.1:${way.port}/v1/presence`,
      token: await signToken({ user: 'ann', weddings: [wedding] }),
    });
    const joined = await ann.join(
      wedding,
      { status: 'before' },
      {
        onSnapshot: (members) => whole.push(members.size),
        onDiff: (changes) => {
          for (const change of changes)
            if (change.op === 'set' && change.member.user === 'bob') changed.push(change.member.status);
        },
      },
    );
    way.target = NOWHERE;
    ann.interrupt();
    await bob.next('diff', (diff) =>
      diff.changes.some((change) => change.op === 'set' && change.member.state === 'reconnecting'),
    );
    const updates = ['one', 'two', 'three'].map((status) => joined.update({ status }));
    const { seq } = await bob.insist(
      { type: 'update', id: 'u', wedding, status: 'while ann was away' },
      'ack',
    );
    way.target = port;
    await Promise.all(updates);
    await eventually(
      () => changed,
      (all) => all.includes('while ann was away'),
    );
    expect(joined.position.seq).toBeGreaterThanOrEqual(seq);
    expect(whole).toEqual([2]);
    const shown = () =>
      bob
        .changes()
        .flatMap((change) => (change.op === 'set' && change.member.user === 'ann' ? [change.member] : []));
    await eventually(shown, (all) => all.at(-1)?.state === 'present' && all.at(-1)?.status === 'three');
    expect(new Set(shown().map(({ status }) => status))).toEqual(new Set(['before', 'three']));
    expect(bob.changes().some((change) => change.op === 'leave')).toBe(false);
    await Promise.all([ann.close(), bob.close()]);
  });

  it(
    'is not seen by others when its token ends, ten times in a row and on either server',
    async () => {
      const wedding = 'ten-tokens';
      const [first, second] = pods.map(({ port }) => port);
      const bob = await RawClient.join(
        first ?? 0,
        await signToken({ user: 'bob', weddings: [wedding] }),
        wedding,
      );
      const states: string[] = [];
      let tokens = 0;
      let cached = { text: '', endsAt: 0 };
      // Keeps a token for as long as it is good, as applications do.
      const token = async (): Promise<string> => {
        if (Date.now() < cached.endsAt) return cached.text;
        // The next connection is to the other server.
        way.target = (++tokens % 2 === 0 ? second : first) ?? 0;
        const text = await signToken({ user: 'ann', weddings: [wedding], expiresIn: TOKEN_LIFE_S });
        cached = { text, endsAt: Number(decodeJwt(text).exp) * 1_000 };
        return text;
      };
      const ann = new PresenceClient({
        url: `ws://127.0.0.1:${way.port}/v1/presence`,
        token,
        onState: (state) => void states.push(state),
      });
      const joined = await ann.join(wedding, { status: 'on site' });
      await eventually(
        () => tokens,
        (count) => count > 10,
        TEN_TOKENS_MS,
      );
      const told = () =>
        bob
          .changes()
          .map((change) =>
            change.op === 'leave' ? 'left' : `${change.member.state} ${change.member.status}`,
          );
      expect(told()).toEqual(['present on site']);
      await joined.update({ status: 'still here' });
      await bob.next('diff', (diff) =>
        diff.changes.some((change) => change.op === 'set' && change.member.status === 'still here'),
      );
      // In the middle of a move the update is on its way over both connections.
      const shown = told();
      expect(shown.length).toBeLessThanOrEqual(3);
      expect(shown.filter((one, index) => one !== shown[index - 1])).toEqual([
        'present on site',
        'present still here',
      ]);
      expect(states).toEqual(['open']);
      const url = `http://127.0.0.1:${first}/v1/weddings/${wedding}/history`;
      const history = await askHttp(url, await signToken({ user: 'eve', weddings: [wedding] }));
      const events = history.body.events as { user: string; event: string }[];
      expect(events.map(({ user, event }) => `${user} ${event}`)).toEqual(['bob joined', 'ann joined']);
      await Promise.all([ann.close(), bob.close()]);
    },
    TEN_TOKENS_MS,
  );
});
