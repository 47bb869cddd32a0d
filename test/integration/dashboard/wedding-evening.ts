import { encodeHistory, type LoadHistory } from '../../../src/domain/autoscaling/history/load-history.ts';
import { encodePods } from '../../../src/domain/autoscaling/history/pod-history.ts';
import type { KubeObject } from '../../../src/platform/kube/resource.ts';

/** Saturday evening in June: the peak of London is on, two weddings too. */
export const EVENING = new Date('2027-06-05T17:20:00Z');

const API = 'presence.wedsync.io/v1alpha1';
const minutesBefore = (minutes: number): string =>
  new Date(EVENING.getTime() - minutes * 60_000).toISOString().replace('.000Z', 'Z');

/** An object as it is applied, and the status that its controller would write. */
export interface Recorded {
  object: KubeObject;
  status?: Record<string, unknown>;
}

type Namespaced = KubeObject & { metadata: { namespace: string } };

function ours(kind: string, namespace: string, name: string, spec: unknown): Namespaced {
  return { apiVersion: API, kind, metadata: { name, namespace }, spec };
}

function condition(type: string, status: string, reason: string, message: string, minutes = 90) {
  return { type, status, reason, message, lastTransitionTime: minutesBefore(minutes), observedGeneration: 1 };
}

const OBSERVED = { observedGeneration: 1, observedAt: minutesBefore(0), observedEverySeconds: 60 };

function shardsOf(name: string, count: number) {
  return Array.from({ length: count }, (_, index) => ({
    index,
    primary: `${name}-redis-${index}-${index === 1 ? 1 : 0}`,
    replicas: [`${name}-redis-${index}-${index === 1 ? 0 : 1}`],
    slots:
      index === count - 1 ? 16_384 - (count - 1) * Math.floor(16_384 / count) : Math.floor(16_384 / count),
  }));
}

function wedding(
  namespace: string,
  name: string,
  [date, ceremony, ends]: readonly [string, string, string],
  timeZone: string,
  team: Record<string, number>,
  state = 'Confirmed',
): Recorded {
  return { object: ours('Wedding', namespace, name, { date, timeZone, ceremony, ends, state, team }) };
}

const LONDON: Recorded = {
  object: ours('PresenceCluster', 'weddings', 'wedsync', {
    timeZone: 'Europe/London',
    redis: { shards: 3, replicasPerShard: 1 },
    scaling: {
      mode: 'Multipliers',
      baselineReplicas: 4,
      minReplicas: 2,
      maxReplicas: 60,
      seasonMultipliers: { '6': 3 },
      peaks: [{ from: '18:00', to: '20:00', multiplier: 2 }],
    },
    freeze: { days: ['Saturday'], before: '6h', after: '4h' },
  }),
  status: {
    ...OBSERVED,
    conditions: [
      condition('Ready', 'True', 'Ready', 'Redis serves all slots and 23 of 24 presence pods are ready.'),
      condition(
        'RolloutHeld',
        'True',
        'HeldByFreeze',
        'Deployment wedsync-presence waits until the freeze ends.',
        75,
      ),
      condition('Frozen', 'True', 'WeddingActive', '2 weddings until 2027-06-06T04:00:00Z.', 600),
    ],
    presence: { replicas: 24, readyReplicas: 23 },
    redis: {
      state: 'Steady',
      message: 'nothing to do',
      slotsCovered: 16_384,
      shards: shardsOf('wedsync', 3),
      lastFailover: {
        at: minutesBefore(1900),
        shard: 1,
        from: 'wedsync-redis-1-0',
        to: 'wedsync-redis-1-1',
        because: 'The primary did not answer for 2 s.',
        milliseconds: 2870,
      },
    },
    scaling: {
      at: minutesBefore(1),
      floor: 24,
      desired: 24,
      season: 3,
      peak: 2,
      because: 'ceil(4 × 3 × 2) = 24',
      nextChange: { at: '2027-06-05T19:00:00Z', expect: 12, because: 'the peak ends' },
    },
    held: [
      {
        workload: 'Deployment/wedsync-presence',
        since: minutesBefore(75),
        until: '2027-06-06T04:00:02Z',
        fields: ['spec.containers[presence].image', 'spec.containers[presence].env[LOG_LEVEL]'],
      },
    ],
  },
};

const AUCKLAND: Recorded = {
  object: ours('PresenceCluster', 'venues', 'auckland', {
    timeZone: 'Pacific/Auckland',
    redis: { shards: 3, replicasPerShard: 1 },
    scaling: {
      baselineReplicas: 6,
      maxReplicas: 40,
      peaks: [{ from: '15:00', to: '22:00', days: ['Saturday'], multiplier: 3 }],
    },
    freeze: { days: ['Saturday'] },
  }),
  status: {
    ...OBSERVED,
    conditions: [condition('Ready', 'True', 'Ready', 'All is well.')],
    presence: { replicas: 6, readyReplicas: 6 },
    redis: {
      state: 'Steady',
      message: 'nothing to do',
      slotsCovered: 16_384,
      shards: shardsOf('auckland', 3),
    },
    scaling: {
      at: minutesBefore(1),
      floor: 6,
      desired: 6,
      season: 1,
      peak: 1,
      because: 'ceil(6 × 1 × 1) = 6',
      nextChange: { at: '2027-06-12T03:00:00Z', expect: 18, because: 'a peak begins' },
    },
    freeze: {
      active: false,
      from: '2027-06-11T21:00:00Z',
      until: '2027-06-12T12:00:00Z',
      reason: '1 wedding',
      weddings: [],
    },
  },
};

const PARIS: Recorded = {
  object: ours('PresenceCluster', 'venues', 'paris', {
    timeZone: 'Europe/Paris',
    scaling: { baselineReplicas: 5, maxReplicas: 40 },
  }),
  status: {
    ...OBSERVED,
    conditions: [
      condition('Ready', 'False', 'ReplicasMissing', 'Shard 2 has no replica: its pod is Unschedulable.', 12),
      condition('RedisReplicated', 'False', 'ReplicasMissing', 'Shard 2 has no linked replica.', 12),
    ],
    presence: { replicas: 5, readyReplicas: 4 },
    redis: {
      state: 'Degraded',
      message: 'waiting for a replica of shard 2',
      slotsCovered: 16_384,
      shards: shardsOf('paris', 3),
    },
    scaling: {
      at: minutesBefore(1),
      floor: 5,
      desired: 5,
      season: 1,
      peak: 1,
      because: 'ceil(5 × 1 × 1) = 5',
    },
  },
};

const FRESH: Recorded = {
  object: ours('PresenceCluster', 'lab', 'fresh', { timeZone: 'America/New_York' }),
};

const FREEZE: Recorded = {
  object: ours('RolloutFreeze', 'weddings', 'wedsync', {
    windows: [
      { from: '2027-06-05T07:30:00Z', until: '2027-06-06T04:00:00Z', reason: '2 weddings', weddings: [] },
      { from: '2027-06-12T07:00:00Z', until: '2027-06-13T04:00:00Z', reason: '1 wedding', weddings: [] },
    ],
    phase: 'Frozen',
    floor: 24,
    heartbeat: minutesBefore(2),
  }),
};

const WEDDINGS: readonly Recorded[] = [
  wedding('weddings', 'ada-and-grace', ['2027-06-05', '14:30', '01:00'], 'Europe/London', {
    photographer: 2,
    catering: 12,
    venue: 3,
    other: 8,
  }),
  wedding('weddings', 'ben-and-chloe', ['2027-06-05', '16:00', '02:00'], 'Europe/Paris', {
    photographer: 1,
    catering: 15,
    venue: 7,
  }),
  wedding('weddings', 'ines-and-joao', ['2027-06-12', '15:00', '01:00'], 'Europe/London', {
    photographer: 1,
    catering: 9,
    venue: 2,
  }),
  wedding('weddings', 'mei-and-tom', ['2027-06-19', '15:00', '23:30'], 'Europe/London', {
    photographer: 1,
    catering: 8,
  }),
  wedding(
    'weddings',
    'lena-and-kai',
    ['2027-06-19', '12:30', '23:00'],
    'Europe/London',
    { photographer: 1, catering: 6 },
    'Planned',
  ),
  wedding('weddings', 'zara-and-omar', ['2027-06-25', '15:00', '02:00'], 'Europe/London', {
    photographer: 2,
    catering: 18,
  }),
  wedding('venues', 'aroha-and-wiremu', ['2027-06-12', '15:00', '23:30'], 'Pacific/Auckland', {
    photographer: 1,
    catering: 8,
  }),
];

/** Two days in which pods followed the plan, but for the last quarter of an hour. */
function history(): LoadHistory {
  const step = 300_000;
  const until = Math.floor(EVENING.getTime() / step) * step;
  const steps = Array.from({ length: 2 * 288 }, (_, index) => {
    const at = until - (2 * 288 - 1 - index) * step;
    const minute = Math.floor(at / 60_000 + 60) % 1440;
    const isPeak = minute >= 18 * 60 && minute < 20 * 60;
    const pods = isPeak ? Math.min(24, 12 + Math.floor((minute - 18 * 60) / 5) * 4) : 12;
    return { load: Math.round(400 + 300 * Math.sin((minute / 1440) * 2 * Math.PI - 2)), booked: 0, pods };
  });
  return { until, steps };
}

const HISTORY: Recorded = {
  object: {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'wedsync-presence-history', namespace: 'weddings' },
    data: { history: encodeHistory(history()), pods: encodePods(history()), learned: '{}' },
  },
};

/** The Redis pods of a PresenceCluster, spread over nodes as the operator spreads them. */
function redisPods(namespace: string, cluster: string, nodes: readonly string[]): Recorded[] {
  return Array.from({ length: 6 }, (_, index) => {
    const [shard, ordinal] = [Math.floor(index / 2), index % 2];
    return {
      object: {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          name: `${cluster}-redis-${shard}-${ordinal}`,
          namespace,
          labels: { 'presence.wedsync.io/cluster': cluster },
        },
        spec: {
          nodeName: nodes[(shard + ordinal) % nodes.length],
          containers: [{ name: 'redis', image: 'valkey' }],
        },
      },
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
    };
  });
}

function event(name: string, minutes: number, reason: string, note: string, type = 'Normal'): Recorded {
  return {
    object: {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name, namespace: 'weddings' },
      eventTime: minutesBefore(minutes).replace('Z', '.000000Z'),
      reportingController: 'presence-operator',
      reportingInstance: 'presence-operator-0',
      action: 'Reconcile',
      reason,
      type,
      note,
      regarding: { apiVersion: API, kind: 'PresenceCluster', name: 'wedsync', namespace: 'weddings' },
    } as KubeObject,
  };
}

/** Everything that the API server has of that evening, in an order in which it can be applied. */
export const RECORDED: readonly Recorded[] = [
  ...['weddings', 'venues', 'lab'].map((name) => ({
    object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
  })),
  LONDON,
  AUCKLAND,
  PARIS,
  FRESH,
  FREEZE,
  HISTORY,
  ...WEDDINGS,
  ...redisPods('weddings', 'wedsync', ['node-a', 'node-b', 'node-c']),
  event('e1', 80, 'RolloutHeld', 'Deployment/wedsync-presence waits until 2027-06-06T04:00:02Z.'),
  event('e2', 20, 'ScaledOut', '12 → 24 presence pods: the peak begins.'),
  event('e3', 1900, 'PrimaryReplaced', 'wedsync-redis-1-1 took over shard 1 in 2,870 ms.', 'Warning'),
];
