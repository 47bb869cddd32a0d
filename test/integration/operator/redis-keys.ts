import { Cluster } from 'ioredis';
import type { KubeObject } from '../../../src/platform/kube/resource.ts';
import { PODS, type RedisPods, textsOf } from './redis-pods.ts';

const REDIS_PORT = 6379;
/** So many commands are under way at once. */
const BATCH = 200;

/** Keys as the presence server has them, over all slots, without an expiry. */
const keyOf = (index: number) => `pr:{w${index}}:key`;

/** As the user of the presence pods. */
async function withClient<T>(
  pods: RedisPods,
  secret: KubeObject | undefined,
  act: (client: Cluster) => Promise<T>,
): Promise<T> {
  const password = textsOf(secret)['presence-password'] ?? '';
  const nodes = PODS.map(({ shard, ordinal }) => ({ host: pods.hostOf(shard, ordinal), port: REDIS_PORT }));
  const client = new Cluster(nodes, { redisOptions: { username: 'presence', password } });
  try {
    return await act(client);
  } finally {
    client.disconnect();
  }
}

async function inBatches(count: number, act: (index: number) => Promise<void>): Promise<void> {
  for (let from = 0; from < count; from += BATCH) {
    const size = Math.min(BATCH, count - from);
    await Promise.all(Array.from({ length: size }, (_, index) => act(from + index)));
  }
}

/** @param secret the Secret with the passwords of the servers */
export function writeKeys(pods: RedisPods, secret: KubeObject | undefined, count: number): Promise<void> {
  return withClient(pods, secret, (client) =>
    inBatches(count, async (index) => void (await client.set(keyOf(index), `value-${index}`))),
  );
}

/** How many of the keys are there with their values. */
export function countKeys(pods: RedisPods, secret: KubeObject | undefined, count: number): Promise<number> {
  return withClient(pods, secret, async (client) => {
    let found = 0;
    await inBatches(count, async (index) => {
      if ((await client.get(keyOf(index))) === `value-${index}`) found += 1;
    });
    return found;
  });
}
