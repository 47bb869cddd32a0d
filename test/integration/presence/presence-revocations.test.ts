import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PresenceClient } from '../../../src/client/index.ts';
import {
  REVOCATION_METRIC,
  REVOCATIONS_FILE,
  type Revocation,
  revocationsText,
} from '../../../src/domain/optimization/revocation-list.ts';
import type { PresenceServer } from '../../../src/presence/server.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { type RedisClusterProcesses, startRedisCluster } from '../redis/redis-cluster-processes.ts';
import { eventually, signToken, startPod, untilReady } from './presence-pods.ts';
import { RawClient } from './raw-client.ts';

const START_MS = 180_000;
const HOUR_MS = 3_600_000;

describe('a person who is refused, on two servers that mount one list', () => {
  let redis: RedisClusterProcesses;
  let folder: string;
  let pods: PresenceServer[] = [];
  const pod = () => startPod(redis.nodes, { PRESENCE_WEDDINGS_FILE: path.join(folder, 'weddings.json') });
  const ports = (): [number, number] => [pods[0]?.port ?? 0, pods[1]?.port ?? 0];

  /** As the kubelet does: a reader sees the old list or the new one. */
  async function publish(...changes: Partial<Revocation>[]): Promise<void> {
    const [from, until] = [Date.now(), Date.now() + HOUR_MS];
    const all = changes.map((change) => ({
      request: 'r1',
      subject: 'ann',
      tokens: 'All' as const,
      from,
      until,
      ...change,
    }));
    const next = path.join(folder, 'next');
    await writeFile(next, revocationsText(all));
    await rename(next, path.join(folder, REVOCATIONS_FILE));
  }

  /** What each server says that it has ended for a request; undefined where it has not taken the list over. */
  const ended = (request: string) =>
    Promise.all(
      pods.map(async ({ adminPort }) => {
        const text = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
        const line = new RegExp(`^${REVOCATION_METRIC}\\{request="${request}"\\} (\\d+)$`, 'm').exec(text);
        return line === null ? undefined : Number(line[1]);
      }),
    );

  const statusOf = async (port: number, token: string, wedding = 'ada') => {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`http://127.0.0.1:${port}/v1/weddings/${wedding}/presence`, { headers });
    return [response.status, ((await response.json()) as { code?: string }).code];
  };

  beforeAll(async () => {
    const tools = await ensureTools();
    folder = await mkdtemp(path.join(tmpdir(), 'revocations-'));
    redis = await startRedisCluster({ server: tools.valkeyServer, primaries: 3 });
    pods = await Promise.all([pod(), pod()]);
    await Promise.all(pods.map(untilReady));
  }, START_MS);

  afterAll(async () => {
    await Promise.all(pods.map((each) => each.drain()));
    await redis?.close();
    await rm(folder, { recursive: true, force: true });
  }, START_MS);

  it('loses every connection at once, and gets none until the request is gone', async () => {
    const [first, second] = ports();
    const token = await signToken({ user: 'ann' });
    const bob = await RawClient.join(first, await signToken({ user: 'bob' }));
    const phone = await RawClient.join(first, token);
    const tablet = await RawClient.join(second, token);
    const sdk = new PresenceClient({ url: `ws://127.0.0.1:${second}/v1/presence`, token: async () => token });
    const view = sdk.wedding('ada');
    // It rejects at the end, as any request that is under way.
    view.joined.catch(() => {});
    await eventually(
      () => view.getSnapshot().state,
      (state) => state === 'open',
    );

    await publish({});
    expect([await phone.closed(), await tablet.closed()]).toEqual([4403, 4403]);
    for (const device of [phone, tablet])
      expect(device.all('error').at(-1)).toMatchObject({ code: 'revoked', fatal: true });
    // The SDK gives up by itself.
    await eventually(
      () => view.getSnapshot().state,
      (state) => state === 'closed',
    );
    // Others see a leave, and nobody who reconnects.
    await bob.next('diff', ({ changes }) =>
      changes.some((each) => each.op === 'leave' && each.user === 'ann'),
    );
    await eventually(
      () => ended('r1'),
      ([a, b]) => a === 1 && b === 2,
    );

    for (const port of ports()) {
      const again = new RawClient(port, token);
      expect(await again.closed()).toBe(4403);
      expect(again.all('error').map(({ code }) => code)).toEqual(['revoked']);
      expect(await statusOf(port, token)).toEqual([403, 'revoked']);
    }
    expect(bob.closeCode).toBeUndefined();
    await publish();
    await eventually(
      () => ended('r1'),
      (counts) => counts.every((count) => count === undefined),
    );
    const back = await RawClient.join(second, token);
    await Promise.all([back.close(), bob.close(), sdk.close()]);
  });

  it('is refused by a server that starts later', async () => {
    await publish({ request: 'r2' });
    const late = await pod();
    try {
      const client = new RawClient(late.port, await signToken({ user: 'ann' }));
      expect(await client.closed()).toBe(4403);
    } finally {
      await late.drain();
      await publish();
      await eventually(
        () => ended('r2'),
        (counts) => counts.every((count) => count === undefined),
      );
    }
  });

  it('in one wedding stays connected for the others', async () => {
    const [first] = ports();
    const token = await signToken({ user: 'ann', weddings: ['ada', 'bea'] });
    const ann = await RawClient.join(first, token);
    await ann.insist({ type: 'join', id: 'b', wedding: 'bea' }, 'snapshot');
    await publish({ request: 'r3', wedding: 'ada' });
    await ann.next('error', ({ code, wedding }) => code === 'removed' && wedding === 'ada');
    ann.send({ type: 'join', id: 'again', wedding: 'ada' });
    await ann.next('error', ({ code, id }) => code === 'removed' && id === 'again');
    expect(await statusOf(first, token)).toEqual([403, 'removed']);
    await ann.insist({ type: 'update', id: 'u', wedding: 'bea', status: 'here' }, 'ack');
    await ann.close();
  });
});
