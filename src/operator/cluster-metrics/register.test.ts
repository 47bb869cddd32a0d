import { beforeEach, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { NOON, presenceCluster } from '../../../test/support/presence-cluster-builder.ts';
import type { PresenceCluster, RolloutFreeze } from '../../api/v1alpha1/kinds.ts';
import type { ObservedNode } from '../../domain/topology/observed.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { Store } from '../../platform/kube/store.ts';
import { createMetrics } from '../../platform/telemetry/metrics.ts';
import { ClusterMemories } from '../memory/cluster-memory.ts';
import { registerClusterMetrics } from './register.ts';

let clock: ManualClock;
let clusters: Store<PresenceCluster>;
let children: Store;
let memories: ClusterMemories;
let leads: boolean;
let scrape: () => Promise<string[]>;

beforeEach(() => {
  clock = new ManualClock(NOON);
  clusters = new Store();
  children = new Store();
  memories = new ClusterMemories();
  leads = true;
  const { registry } = createMetrics({ processMetrics: false });
  registerClusterMetrics(registry, {
    stores: { clusters, children },
    memories,
    isLeader: () => leads,
    clock,
  });
  scrape = async () => {
    await clock.advance(1_000);
    return (await registry.metrics()).split('\n').filter((line) => /^presence_/.test(line));
  };
});

const OF_WEDSYNC = 'namespace="weddings",presencecluster="wedsync"';
const sample = (name: string, value: number, labels = ''): string =>
  `presence_${name}{${OF_WEDSYNC}${labels}} ${value}`;
const seconds = (instant: string): number => Date.parse(instant) / 1000;

const STATUS = {
  conditions: [
    { type: 'Ready', status: 'False', reason: 'RedisNotReady', message: '', lastTransitionTime: '' },
    { type: 'Invented', status: 'True', reason: 'X', message: '', lastTransitionTime: '' },
  ],
  presence: { replicas: 5, readyReplicas: 4 },
  scaling: {
    floor: 3,
    desired: 6,
    season: 1.5,
    peak: 1,
    because: '',
    connections: 900,
    forecast: {
      until: '2027-06-05T12:00:00Z',
      expected: 1000,
      booked: 400,
      bound: 1300,
      quality: 'High',
      samples: 9,
    },
  },
  redis: {
    state: 'Degraded',
    message: '',
    slotsCovered: 10_923,
    shards: [
      { index: 0, primary: 'r-0-0', replicas: ['r-0-1'], slots: 5461 },
      { index: 1, replicas: [], slots: 0 },
    ],
    certificate: { validUntil: '2027-07-01T00:00:00Z', servedBy: 2 },
    lastFailover: { at: '2027-06-05T10:00:00Z', shard: 0, from: 'r-0-1', to: 'r-0-0', because: '' },
  },
  held: [
    { workload: 'Deployment/b', since: '2027-06-05T09:30:00Z', fields: [] },
    { workload: 'Deployment/a', since: '2027-06-05T09:00:00Z', fields: [] },
  ],
} as unknown as PresenceCluster['status'];

function rolloutFreeze(windows: Partial<RolloutFreeze['spec']['windows'][number]>[]): KubeObject {
  const spec = { windows, heartbeat: '2027-06-05T10:58:00Z' };
  const metadata = { name: 'wedsync', namespace: 'weddings' };
  return { apiVersion: 'presence.wedsync.io/v1alpha1', kind: 'RolloutFreeze', metadata, spec } as KubeObject;
}

it('shows conditions as kube-state-metrics does, those of the catalogue alone', async () => {
  clusters.put(presenceCluster({}, { status: STATUS }));
  expect((await scrape()).filter((line) => line.startsWith('presence_cluster_condition'))).toEqual([
    sample('cluster_condition', 0, ',condition="Ready",status="true"'),
    sample('cluster_condition', 1, ',condition="Ready",status="false"'),
    sample('cluster_condition', 0, ',condition="Ready",status="unknown"'),
  ]);
});

it('shows pods, load, Redis and what is held', async () => {
  clusters.put(presenceCluster({ scaling: { mode: 'Full', maxReplicas: 9 } }, { status: STATUS }));
  const seen = await scrape();
  for (const line of [
    sample('cluster_info', 1, ',mode="Full",engine="Valkey"'),
    sample('cluster_wanted_replicas', 6),
    sample('cluster_replicas', 5),
    sample('cluster_ready_replicas', 4),
    sample('cluster_floor_replicas', 3),
    sample('cluster_max_replicas', 9),
    sample('cluster_connections', 900),
    sample('cluster_forecast_connections', 1300, ',estimate="bound"'),
    sample('cluster_held_changes', 2),
    sample('cluster_held_since_timestamp_seconds', seconds('2027-06-05T09:00:00Z')),
    sample('redis_slots_covered', 10_923),
    sample('redis_wanted_shard_replicas', 1),
    sample('redis_shard_replicas', 1, ',shard="0"'),
    sample('redis_shard_replicas', 0, ',shard="1"'),
    sample('redis_certificate_expiry_timestamp_seconds', seconds('2027-07-01T00:00:00Z')),
    sample('redis_last_failover_timestamp_seconds', seconds('2027-06-05T10:00:00Z')),
    sample('redis_promotions_total', 0),
  ])
    expect(seen).toContain(line);
});

it('knows by the windows whether a freeze is on, to the second, and which is the next', async () => {
  clusters.put(presenceCluster());
  const now = NOON.toISOString();
  children.put(
    rolloutFreeze([
      { from: '2027-06-05T08:00:00Z', until: now, weddings: ['a'] },
      { from: now, until: '2027-06-05T13:00:00Z', weddings: ['b', 'c'], notListed: 7 },
      { from: '2027-06-12T08:00:00Z', until: '2027-06-12T23:00:00Z', weddings: [] },
    ]),
  );
  const seen = await scrape();
  for (const line of [
    sample('cluster_frozen', 1),
    sample('cluster_freeze_weddings', 9),
    sample('cluster_freeze_end_timestamp_seconds', seconds('2027-06-05T13:00:00Z')),
    sample('cluster_next_freeze_timestamp_seconds', seconds('2027-06-12T08:00:00Z')),
    sample('cluster_freeze_heartbeat_timestamp_seconds', seconds('2027-06-05T10:58:00Z')),
  ])
    expect(seen).toContain(line);
  children.put(rolloutFreeze([]));
  const open = await scrape();
  expect(open).toContain(sample('cluster_frozen', 0));
  expect(open.join()).not.toMatch(/freeze_(weddings|end)|next_freeze/);
});

function node(name: string, shard: number, more: Record<string, unknown>): ObservedNode {
  return {
    pod: name,
    shard,
    terminating: false,
    kubernetesNode: 'worker',
    ...more,
  } as unknown as ObservedNode;
}

const TOPOLOGY = {
  nodes: [
    node('r-0-0', 0, {
      reachable: true,
      id: 'p',
      role: 'primary',
      slots: [[0, 5460]],
      replicationOffset: 1000,
      memory: { used: 50, dataset: 10, limit: 100 },
    }),
    node('r-0-1', 0, {
      reachable: true,
      id: 'r',
      role: 'replica',
      primaryId: 'p',
      slots: [],
      linkUp: true,
      replicationOffset: 400,
      memory: { used: 40, dataset: 10, limit: 0 },
    }),
    node('r-1-0', 1, { reachable: false, reason: 'connection refused' }),
  ],
};

it('shows each Redis pod as a reconcile last saw it, and no more once that was long ago', async () => {
  clusters.put(presenceCluster());
  memories.of('weddings/wedsync').redisNodes.note(TOPOLOGY, clock.monotonicMs());
  memories.of('weddings/wedsync').failovers.noteDone(0, 'r-0-0', clock.monotonicMs());
  const ofPods = async () =>
    (await scrape())
      .filter((line) => /^presence_redis_.*(pod|node)="/.test(line))
      .map((line) => line.slice(15));
  const labels = `${OF_WEDSYNC},pod=`;
  expect(await ofPods()).toEqual([
    `node_primaries{${OF_WEDSYNC},node="worker"} 1`,
    `answers{${labels}"r-0-0",shard="0"} 1`,
    `answers{${labels}"r-0-1",shard="0"} 1`,
    `answers{${labels}"r-1-0",shard="1"} 0`,
    `is_primary{${labels}"r-0-0",shard="0"} 1`,
    `is_primary{${labels}"r-0-1",shard="0"} 0`,
    `replica_link_up{${labels}"r-0-1",shard="0"} 1`,
    `replication_lag_bytes{${labels}"r-0-1",shard="0"} 600`,
    `memory_used_bytes{${labels}"r-0-0",shard="0"} 50`,
    `memory_used_bytes{${labels}"r-0-1",shard="0"} 40`,
    `memory_limit_bytes{${labels}"r-0-0",shard="0"} 100`,
  ]);
  expect(await scrape()).toContain(sample('redis_promotions_total', 1));
  await clock.advance(120_001);
  expect(await ofPods()).toEqual([]);
});

it('ends with the PresenceCluster, and is reported by the leader alone', async () => {
  clusters.put(presenceCluster({}, { status: STATUS }));
  expect((await scrape()).length).toBeGreaterThan(10);
  leads = false;
  expect(await scrape()).toEqual([]);
  leads = true;
  clusters.remove('weddings/wedsync');
  expect(await scrape()).toEqual([]);
});

it('survives an object that an older schema let in', async () => {
  const old = { ...presenceCluster(), spec: {}, status: { held: [{ since: 'yesterday' }] } };
  clusters.put(old as unknown as PresenceCluster);
  children.put({ ...rolloutFreeze([]), spec: {} } as KubeObject);
  expect(await scrape()).toContain(sample('cluster_held_changes', 1));
});
