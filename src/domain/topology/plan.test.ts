import { describe, expect, it } from 'vitest';
import { ModelRedisCluster } from '../../../test/support/model-redis-cluster.ts';
import type { ClusterMember } from './cluster-nodes.ts';
import type { ObservedNode, ObservedTopology, ReachableNode } from './observed.ts';
import { planTopology } from './plan.ts';
import { SLOT_COUNT } from './slots.ts';

const DESIRED = { shards: 3, replicasPerShard: 1 };

/** A formed cluster of the given size; pod `redis-S-O` has the index `S × (1 + replicas) + O`. */
function formed(desired = DESIRED): ModelRedisCluster {
  const cluster = new ModelRedisCluster(desired.shards, desired.replicasPerShard);
  settle(cluster, desired);
  return cluster;
}

function settle(cluster: ModelRedisCluster, desired = DESIRED): void {
  for (let round = 0; round < 20; round++) {
    for (const step of planTopology(cluster.observe(), desired).steps) cluster.apply(step);
    cluster.gossip();
  }
}

/** The same look with one pod changed. */
function changed(
  observed: ObservedTopology,
  pod: string,
  change: (node: ReachableNode) => ObservedNode,
): ObservedTopology {
  return {
    nodes: observed.nodes.map((node) => (node.pod === pod && node.reachable ? change(node) : node)),
  };
}

/** A row that lists a replica as a primary. */
function asPrimary(row: ClusterMember, configEpoch: number): ClusterMember {
  const { id, address, busPort, flags, linkState, slots, moves } = row;
  return { id, address, busPort, flags, linkState, slots, moves, role: 'primary', configEpoch };
}

const silent = ({ pod, shard, address }: ReachableNode): ObservedNode => ({
  pod,
  shard,
  address,
  terminating: false,
  reachable: false,
  reason: 'no answer in time',
});

describe('planTopology', () => {
  it('waits when there is no pod, or none that answers', () => {
    expect(planTopology({ nodes: [] }, DESIRED)).toMatchObject({
      state: 'Waiting',
      steps: [],
      slotsCovered: 0,
      reason: 'no Redis pod answers yet: shard 0 lacks 2 of its pods',
    });
  });

  it('gives epochs and slots to one pod a shard and lets them all meet, in one set', () => {
    const plan = planTopology(new ModelRedisCluster(3, 1).observe(), DESIRED);
    expect(plan.state).toBe('Blank');
    expect(plan.steps.map((step) => step.kind)).toEqual([
      ...['setConfigEpoch', 'setConfigEpoch', 'setConfigEpoch'],
      ...['setConfigEpoch', 'setConfigEpoch', 'setConfigEpoch'],
      ...['addSlots', 'addSlots', 'addSlots'],
      ...['meet', 'meet', 'meet', 'meet', 'meet'],
    ]);
    const epochs = plan.steps.flatMap((step) =>
      step.kind === 'setConfigEpoch' ? [`${step.epoch} ${step.because}`] : [],
    );
    // Valkey may ignore a replica for ever when its own epoch is above that of its primary.
    expect(epochs).toEqual([
      '1 redis-0-1 becomes a replica',
      '2 redis-1-1 becomes a replica',
      '3 redis-2-1 becomes a replica',
      '4 redis-0-0 becomes a primary',
      '5 redis-1-0 becomes a primary',
      '6 redis-2-0 becomes a primary',
    ]);
  });

  it('gives a primary a new epoch when another node takes its replica for a primary of a later epoch', () => {
    const outdated = (epoch: number): ObservedTopology =>
      changed(formed().observe(), 'redis-0-0', (viewer) => ({
        ...viewer,
        table: viewer.table.map((row) => (row.id === 'id4' ? asPrimary(row, epoch) : row)),
      }));
    const because =
      'redis-0-0 takes redis-1-1 for a primary of a later epoch than that of its primary redis-1-0';
    expect(planTopology(outdated(7), DESIRED)).toMatchObject({
      state: 'Healing',
      steps: [{ kind: 'bumpEpoch', pod: 'redis-1-0', because }],
      reason: because,
    });
    // The next message of the replica settles it.
    expect(planTopology(outdated(5), DESIRED)).toMatchObject({ state: 'Waiting', steps: [] });
  });

  it('does not form while a pod is terminating or one is not there yet', () => {
    const blank = new ModelRedisCluster(3, 1).observe();
    const leaving = changed(blank, 'redis-1-0', (node) => ({ ...node, terminating: true }));
    expect(planTopology(leaving, DESIRED)).toMatchObject({ state: 'Waiting', steps: [] });
    expect(planTopology({ nodes: blank.nodes.slice(1) }, DESIRED)).toMatchObject({
      state: 'Waiting',
      steps: [],
      reason: `${SLOT_COUNT} slots have no owner; before they get one all pods must answer: shard 0 lacks 1 of its pods`,
    });
  });

  it('says what each shard looks like', () => {
    const plan = planTopology(formed().observe(), DESIRED);
    expect(plan).toMatchObject({ state: 'Steady', steps: [], slotsCovered: SLOT_COUNT });
    expect(plan.shards[1]).toEqual({
      index: 1,
      primary: 'redis-1-0',
      slots: 5461,
      replicas: [{ pod: 'redis-1-1', linkUp: true, lag: 0 }],
    });
  });

  it('knows a shard by what is owned, not by ordinals: after a failover the other pod is its primary', () => {
    const cluster = formed();
    cluster.replaceBlank(2);
    settle(cluster);
    const { shards } = planTopology(cluster.observe(), DESIRED);
    expect(shards[1]).toMatchObject({ primary: 'redis-1-1', replicas: [{ pod: 'redis-1-0' }] });
  });

  it('keeps quiet when one primary does not answer: its replica is promoted without help', () => {
    const plan = planTopology(changed(formed().observe(), 'redis-0-0', silent), DESIRED);
    expect(plan).toMatchObject({ state: 'Waiting', steps: [] });
    expect(plan.reason).toBe('shard 0 has lost its primary, redis-0-1 is to take its place');
  });

  it('is degraded when most primaries do not answer', () => {
    const one = changed(formed().observe(), 'redis-0-0', silent);
    const plan = planTopology(changed(one, 'redis-2-0', silent), DESIRED);
    expect(plan).toMatchObject({ state: 'Degraded', steps: [] });
    expect(plan.reason).toContain('only 1 of 3 primaries answer');
  });

  it('promotes the replica of an id that no pod has and nobody stands for, by the votes of the majority', () => {
    const cluster = formed();
    cluster.replaceBlank(0);
    const observed = cluster.observe();
    const gone = observed.nodes[1]?.reachable ? observed.nodes[1].primaryId : undefined;
    const noaddr: ObservedTopology = {
      nodes: observed.nodes.map((node) =>
        node.reachable
          ? {
              ...node,
              table: node.table.map((row) =>
                row.id === gone ? { ...row, flags: ['master', 'noaddr'] } : row,
              ),
            }
          : node,
      ),
    };
    // First the newcomer is introduced; only when nothing else is left to do is anybody promoted.
    expect(planTopology(noaddr, DESIRED).steps.map((step) => step.kind)).not.toContain('failover');
    const withoutNewcomer = changed(noaddr, 'redis-0-0', (node) => ({
      ...node,
      table: [...node.table, ...(observed.nodes[2]?.reachable ? observed.nodes[2].table : [])],
    }));
    const known: ObservedTopology = {
      nodes: withoutNewcomer.nodes.map((node) => {
        const newcomer = withoutNewcomer.nodes[0];
        const isNew = node === newcomer || !node.reachable || !newcomer?.reachable;
        const own = newcomer?.reachable ? newcomer.table[0] : undefined;
        return isNew || own === undefined ? node : { ...node, table: [...node.table, own] };
      }),
    };
    expect(planTopology(known, DESIRED)).toMatchObject({
      state: 'Healing',
      steps: [{ kind: 'failover', pod: 'redis-0-1', mode: 'Force' }],
    });
  });

  it('brings a replica that follows another shard home', () => {
    const observed = formed().observe();
    const [primary] = observed.nodes;
    const home = observed.nodes.find((node) => node.pod === 'redis-1-0');
    if (!primary?.reachable || !home?.reachable) throw new Error('the model has no primaries');
    const astray = changed(observed, 'redis-1-1', (node) => ({ ...node, primaryId: primary.id }));
    expect(planTopology(astray, DESIRED).steps).toEqual([
      expect.objectContaining({ kind: 'replicate', pod: 'redis-1-1', primaryId: home.id }),
    ]);
  });

  it('sends a replica of Redis, not of Valkey, after its primary that moved', () => {
    const stale = (engine: 'redis' | 'valkey') =>
      changed(formed().observe(), 'redis-0-1', (node) => ({
        ...node,
        engine: { name: engine, version: '9.0.0' },
        primaryAddress: { host: '10.9.9.9', port: 6379 },
      }));
    expect(planTopology(stale('redis'), DESIRED).steps).toMatchObject([
      { kind: 'replicate', pod: 'redis-0-1' },
    ]);
    expect(planTopology(stale('valkey'), DESIRED).steps).toEqual([]);
  });

  it('makes the pods of a new shard a primary without slots and its replica, and says so', () => {
    const desired = { shards: 4, replicasPerShard: 1, movesHeld: 'a wedding is on' };
    const cluster = new ModelRedisCluster(4, 1);
    const added = [cluster.nodes[6], cluster.nodes[7]];
    cluster.nodes.splice(6, 2);
    settle(cluster);
    cluster.nodes.push(...added.filter((node) => node !== undefined));
    settle(cluster, desired);
    const plan = planTopology(cluster.observe(), desired);
    expect(plan).toMatchObject({
      state: 'Held',
      reason: '4096 slots are to be moved to make it 4 shards; not now: a wedding is on',
      slotsCovered: SLOT_COUNT,
    });
    expect(cluster.nodes[7]?.role).toBe('replica');
  });

  it('is not steady before every server serves', () => {
    const observed = changed(formed().observe(), 'redis-2-0', (node) => ({ ...node, serving: false }));
    const plan = planTopology(observed, DESIRED);
    expect(plan).toMatchObject({
      state: 'Waiting',
      reason: 'redis-2-0 does not serve yet (cluster_state fail)',
    });
  });
});
