import { describe, expect, it } from 'vitest';
import { ModelRedisCluster } from '../../../test/support/model-redis-cluster.ts';
import { BAN_PARAMETER } from '../../domain/topology/engine.ts';
import { type ObservedTopology, reachableNodes } from '../../domain/topology/observed.ts';
import { planTopology } from '../../domain/topology/plan.ts';
import { BanWatch } from './ban-watch.ts';

const DESIRED = { shards: 3, replicasPerShard: 1 };
const NO_CONFIG = new Map();

function formed(): ModelRedisCluster {
  const cluster = new ModelRedisCluster(DESIRED.shards, DESIRED.replicasPerShard);
  for (let round = 0; round < 20; round++) {
    for (const step of planTopology(cluster.observe(), DESIRED).steps) cluster.apply(step);
    cluster.gossip();
  }
  return cluster;
}

function bannedIn(observed: ObservedTopology): Record<string, number> {
  return Object.fromEntries(
    reachableNodes(observed).flatMap(({ pod, bannedSeconds }) =>
      bannedSeconds === undefined ? [] : [[pod, bannedSeconds]],
    ),
  );
}

/** The same look after the peers of the pod have forgotten it. */
function withoutRowsOf(pod: string, observed: ObservedTopology): ObservedTopology {
  const gone = reachableNodes(observed).find((node) => node.pod === pod)?.id;
  return {
    nodes: observed.nodes.map((node) =>
      node.reachable && node.pod !== pod
        ? { ...node, table: node.table.filter(({ id }) => id !== gone) }
        : node,
    ),
  };
}

describe('BanWatch', () => {
  it('finds nothing in a cluster that is being formed, from the first look on', () => {
    const cluster = new ModelRedisCluster(DESIRED.shards, DESIRED.replicasPerShard);
    const bans = new BanWatch();
    for (let round = 0; round < 20; round++) {
      const seen = bans.mark(cluster.observe(), NO_CONFIG, round * 100);
      expect(bannedIn(seen)).toEqual({});
      for (const step of planTopology(seen, DESIRED).steps) cluster.apply(step);
      cluster.gossip();
    }
  });

  it('counts from the look in which a peer no longer knows the node, and once', () => {
    const whole = formed().observe();
    const forgotten = withoutRowsOf('redis-2-0', whole);
    const bans = new BanWatch();
    expect(bannedIn(bans.mark(whole, NO_CONFIG, 0))).toEqual({});
    expect(bannedIn(bans.mark(forgotten, NO_CONFIG, 1_000))).toEqual({ 'redis-2-0': 62 });
    // It introduced itself, and the ban that is left drops it again.
    expect(bannedIn(bans.mark(whole, NO_CONFIG, 6_000))).toEqual({ 'redis-2-0': 57 });
    expect(bannedIn(bans.mark(forgotten, NO_CONFIG, 7_000))).toEqual({ 'redis-2-0': 56 });
    expect(bannedIn(bans.mark(whole, NO_CONFIG, 63_000))).toEqual({});
  });

  it('takes the longest ban that a server is set to', () => {
    const whole = formed().observe();
    const running = new Map(
      reachableNodes(whole).map(({ pod }) => [pod, { [BAN_PARAMETER]: pod === 'redis-0-0' ? '12' : '10' }]),
    );
    const bans = new BanWatch();
    bans.mark(whole, running, 0);
    expect(bannedIn(bans.mark(withoutRowsOf('redis-2-0', whole), running, 0))).toEqual({
      'redis-2-0': 14,
    });
  });

  it('takes a node that knows its peers and that none knows for one just forgotten, at the first look of a leader', () => {
    const forgotten = withoutRowsOf('redis-2-0', formed().observe());
    expect(bannedIn(new BanWatch().mark(forgotten, NO_CONFIG, 0))).toEqual({ 'redis-2-0': 62 });
  });

  it('starts over when the operator sends the command again', () => {
    const whole = formed().observe();
    const forgotten = withoutRowsOf('redis-2-0', whole);
    const nodeId = reachableNodes(whole).find(({ pod }) => pod === 'redis-2-0')?.id ?? '';
    const bans = new BanWatch();
    bans.mark(whole, NO_CONFIG, 0);
    bans.mark(forgotten, NO_CONFIG, 0);
    const step = { kind: 'forget', pod: 'redis-0-0', nodeId, because: 'it has left' } as const;
    bans.note([{ step, outcome: 'Done' }], forgotten, NO_CONFIG, 30_000);
    expect(bannedIn(bans.mark(forgotten, NO_CONFIG, 30_000))).toEqual({ 'redis-2-0': 62 });
  });

  it('knows no ban of Redis 7.0, which takes a node back at once', () => {
    const asRedis = (observed: ObservedTopology): ObservedTopology => ({
      nodes: observed.nodes.map((node) =>
        node.reachable ? { ...node, engine: { name: 'redis', version: '7.0.15' } } : node,
      ),
    });
    const whole = asRedis(formed().observe());
    const bans = new BanWatch();
    bans.mark(whole, NO_CONFIG, 0);
    expect(bannedIn(bans.mark(withoutRowsOf('redis-2-0', whole), NO_CONFIG, 0))).toEqual({});
  });

  it('is not misled by a server that was reset, or that is silent for a while', () => {
    const cluster = formed();
    const whole = cluster.observe();
    const bans = new BanWatch();
    bans.mark(whole, NO_CONFIG, 0);
    const reset = {
      nodes: whole.nodes.map((node) =>
        node.reachable && node.pod === 'redis-0-0'
          ? { ...node, table: node.table.filter(({ id }) => id === node.id) }
          : node,
      ),
    };
    expect(bannedIn(bans.mark(reset, NO_CONFIG, 100))).toEqual({});
    cluster.setUp(0, false);
    expect(bannedIn(bans.mark(cluster.observe(), NO_CONFIG, 200))).toEqual({});
    cluster.setUp(0, true);
    expect(bannedIn(bans.mark(cluster.observe(), NO_CONFIG, 300))).toEqual({});
  });
});
