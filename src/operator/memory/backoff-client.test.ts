import { expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { NOON, presenceCluster } from '../../../test/support/presence-cluster-builder.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import { KubeError } from '../../platform/kube/errors.ts';
import { builtin } from '../../platform/kube/resource.ts';
import { BackoffClient } from './backoff-client.ts';
import { ClusterMemories } from './cluster-memory.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;

/** A client whose writes are all refused, and what was sent. */
function world() {
  const clock = new ManualClock(NOON);
  const memories = new ClusterMemories();
  const sentMs: number[] = [];
  const refuse = async (): Promise<never> => {
    sentMs.push(clock.monotonicMs());
    throw new KubeError({ code: 403, reason: 'Forbidden', message: 'refused by the test' });
  };
  const refusing = { patch: refuse, apply: refuse } as unknown as KubeClient;
  const client = new BackoffClient(refusing, memories.refusedWrites, clock);
  const patch = (fieldManager: string, value: string) =>
    client.patch(builtin.Pod, 'weddings', 'a', { value }, { fieldManager }).catch(() => {});
  return { clock, memories, client, sentMs, patch };
}

it('holds no patch because those of another field manager are refused', async () => {
  const { clock, sentMs, patch } = world();
  for (let round = 0; round < 20; round++) {
    await patch('costs', String(round));
    await clock.advance(5 * SECOND_MS);
  }
  const before = sentMs.length;
  await patch('costs', 'another');
  expect(sentMs).toHaveLength(before);
  await patch('freeze', 'protected');
  expect(sentMs).toHaveLength(before + 1);
});

it('tries a RolloutFreeze every ten minutes at least, whose heartbeat is another each time', async () => {
  const { clock, client, sentMs } = world();
  const metadata = { name: 'wedsync', namespace: 'weddings' };
  for (let passed = 0; passed < 120 * MINUTE_MS; passed += MINUTE_MS) {
    const spec = { heartbeat: Math.floor(passed / (5 * MINUTE_MS)) };
    const object = { apiVersion: 'presence.wedsync.io/v1alpha1', kind: 'RolloutFreeze', metadata, spec };
    await client.apply(object, { fieldManager: 'freeze' }).catch(() => {});
    await clock.advance(MINUTE_MS);
  }
  const gaps = sentMs.slice(1).map((at, index) => at - (sentMs[index] ?? 0));
  expect(Math.max(...gaps)).toBeLessThanOrEqual(10 * MINUTE_MS);
  for (const from of sentMs)
    expect(sentMs.filter((at) => at >= from && at < from + 60 * MINUTE_MS).length).toBeLessThanOrEqual(10);
});

it('keeps the delays of a namespace when a PresenceCluster is named there that never was', async () => {
  const { memories, sentMs, patch } = world();
  const { name, namespace } = presenceCluster().metadata;
  memories.of(`${namespace}/${name}`);
  await patch('costs', '1');
  memories.forget(`${namespace}/never-there`);
  await patch('costs', '1');
  expect(sentMs).toHaveLength(1);
  memories.forget(`${namespace}/${name}`);
  await patch('costs', '1');
  expect(sentMs).toHaveLength(2);
});
