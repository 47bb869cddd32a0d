import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import { MemoryKubeClient } from '../../../../test/support/memory-kube-client.ts';
import { IMAGES, NOON, observed, redisPod } from '../../../../test/support/presence-cluster-builder.ts';
import type { ObservedNode } from '../../../domain/topology/observed.ts';
import type { TopologyPlan } from '../../../domain/topology/plan.ts';
import { acceptance } from '../../cluster-state/accepted-spec.ts';
import { ClusterMemory } from '../../memory/cluster-memory.ts';
import { ClusterEvents } from '../../objects/cluster-events.ts';
import { planReconcile, type ReconcilePlan } from '../plan/reconcile-plan.ts';
import { renewReplicaToSpread } from './renew-replica.ts';

const name = (shard: number, ordinal: number) => `wedsync-redis-${shard}-${ordinal}`;
const PRIMARY_AND_REPLICA = [0, 1] as const;

/** @param places Kubernetes nodes of primary and replica of each shard */
function passOf(places: readonly string[]): ReconcilePlan {
  const nodes = places.flatMap((place, shard) =>
    PRIMARY_AND_REPLICA.map(
      (ordinal) => ({ pod: name(shard, ordinal), shard, kubernetesNode: place[ordinal] }) as ObservedNode,
    ),
  );
  const seen = observed({
    topology: { nodes },
    redisPods: places.flatMap((_, shard) => PRIMARY_AND_REPLICA.map((ordinal) => redisPod(shard, ordinal))),
    schedulableNodes: () => ['a', 'b', 'c'],
  });
  const accepted = acceptance(seen.cluster);
  if (!accepted.serving) throw new Error('nothing serves');
  const pass = planReconcile({ ...seen, topology: { nodes: [] } }, accepted, accepted.serving, IMAGES);
  const plan: TopologyPlan = {
    state: 'Steady',
    steps: [],
    lost: [],
    reason: '',
    slotsCovered: 16_384,
    shards: places.map((_, index) => ({
      index,
      primary: name(index, 0),
      slots: 1,
      replicas: [{ pod: name(index, 1), linkUp: true }],
    })),
  };
  const desired = { ...pass.desired, workloads: [], revisions: [] };
  return { ...pass, observed: seen, desired, decision: { ...pass.decision, plan } };
}

function world() {
  const client = new MemoryKubeClient();
  const heard: string[] = [];
  const events = new ClusterEvents({
    record: (_, { type, reason, note }) => void heard.push(`${type} ${reason}: ${note}`),
    flush: async () => {},
  });
  const memory = new ClusterMemory();
  const { failovers, renewals: attempts } = memory;
  const clock = new ManualClock(NOON);
  const evicted: string[] = [];
  const { signal } = new AbortController();
  for (const shard of [0, 1, 2])
    for (const ordinal of PRIMARY_AND_REPLICA) {
      client.put(redisPod(shard, ordinal));
      client.before('evict', `Pod/${name(shard, ordinal)}`, () => evicted.push(name(shard, ordinal)));
    }
  const act = (pass: ReconcilePlan) => {
    const renewals = attempts.known(pass.observed.now);
    const known = { ...pass, observed: { ...pass.observed, renewals } };
    return renewReplicaToSpread(known, { client, events, memory, clock, signal });
  };
  return { client, heard, failovers, attempts, clock, evicted, act };
}

const drained = () => passOf(['ab', 'ab', 'ba']);

describe('renewReplicaToSpread', () => {
  it('evicts one replica, tells it, and no other after it', async () => {
    const { heard, evicted, act } = world();
    await act(drained());
    await act(drained());
    expect(evicted).toEqual(['wedsync-redis-0-1']);
    expect(heard).toEqual([
      'Normal RedisReplicaRenewed: Evicted wedsync-redis-0-1, a replica of shard 0, so that it is scheduled on c: node a holds 2 of 3 primaries',
    ]);
  });

  it.each([
    ['is spread', ['ab', 'bc', 'ca']],
    ['is about to be, by a hand-over', ['ab', 'ac', 'bc']],
  ])('touches nothing that %s', async (_, places) => {
    const { heard, evicted, act } = world();
    await act(passOf(places));
    expect([...evicted, ...heard]).toEqual([]);
  });

  it('waits ten seconds after every failover that was asked for', async () => {
    const { failovers, clock, evicted, act } = world();
    failovers.noteAttempt(2, clock.monotonicMs());
    await clock.advance(10_000);
    await act(drained());
    expect(evicted).toEqual([]);
    await clock.advance(1);
    await act(drained());
    expect(evicted).toEqual(['wedsync-redis-0-1']);
  });

  it('tries again, and makes no fuss, when the disruption budget does not allow it', async () => {
    const { client, heard, attempts, act } = world();
    client.refuse('evict', 'Pod/wedsync-redis-0-1', 429);
    await act(drained());
    expect(heard).toEqual([]);
    expect(attempts.known(NOON)).not.toHaveProperty('notBefore');
    client.refuse('evict', 'Pod/wedsync-redis-0-1', 403);
    await expect(act(drained())).rejects.toMatchObject({ code: 403 });
    expect(attempts.known(NOON)).not.toHaveProperty('notBefore');
  });

  it('begins anew once the primaries are spread', async () => {
    const { attempts, act } = world();
    await act(drained());
    const renewal = { pod: 'wedsync-redis-0-1', shard: 0, to: ['c'] };
    expect(attempts.known(NOON).isTried(renewal)).toBe(true);
    await act(passOf(['ac', 'ab', 'ba']));
    expect(attempts.known(NOON).isTried(renewal)).toBe(true);
    await act(passOf(['ca', 'ab', 'ba']));
    expect(attempts.known(NOON).isTried(renewal)).toBe(false);
  });
});
