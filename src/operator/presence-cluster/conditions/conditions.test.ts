import { describe, expect, it } from 'vitest';
import { ModelRedisCluster } from '../../../../test/support/model-redis-cluster.ts';
import {
  IMAGES,
  NOON,
  observed,
  pod,
  presenceCluster,
  redisPod,
  wedding,
} from '../../../../test/support/presence-cluster-builder.ts';
import { planTopology } from '../../../domain/topology/plan.ts';
import type { RollStep } from '../../../domain/topology/roll.ts';
import type { KubeObject } from '../../../platform/kube/resource.ts';
import { acceptance } from '../../cluster-state/accepted-spec.ts';
import type { Pod } from '../../cluster-state/pod.ts';
import { planReconcile } from '../plan/reconcile-plan.ts';
import { clusterConditions } from './conditions.ts';

const DESIRED = { shards: 3, replicasPerShard: 1 };

function formed(): ModelRedisCluster {
  const model = new ModelRedisCluster(3, 1);
  for (let round = 0; round < 20; round++) {
    for (const step of planTopology(model.observe(), DESIRED).steps) model.apply(step);
    model.gossip();
  }
  return model;
}

/** Factor 1 all year: the computed number is the baseline. */
const STEADY = {
  baselineReplicas: 2,
  seasonMultipliers: Object.fromEntries(Array.from({ length: 12 }, (_, month) => [String(month + 1), 1])),
  peaks: [],
};
const READY = [pod('p-1', 'presence'), pod('p-2', 'presence')];
const onANodeOfItsOwn = <T extends { pod: string }>(node: T) => ({
  ...node,
  kubernetesNode: `of-${node.pod}`,
});
const steady = (): Parameters<typeof observed>[0] => ({
  cluster: presenceCluster({ scaling: STEADY }),
  topology: { nodes: formed().observe().nodes.map(onANodeOfItsOwn) },
  presencePods: READY,
});

function passOf(more: Parameters<typeof observed>[0] = {}, roll?: RollStep) {
  const seen = observed({ ...steady(), ...more });
  const accepted = acceptance(seen.cluster);
  if (!accepted.serving) throw new Error('nothing serves');
  const pass = planReconcile(seen, accepted, accepted.serving, IMAGES);
  return roll ? { ...pass, roll } : pass;
}

/** Each condition as `Status Reason: message`. */
function say(more: Parameters<typeof observed>[0] = {}, roll?: RollStep): Record<string, string> {
  const conditions = clusterConditions(passOf(more, roll));
  return Object.fromEntries(
    conditions.map(({ type, status, reason, message }) => [type, `${status} ${reason}: ${message}`]),
  );
}

const waiting = (reason: string, message: string): Pod['status'] => ({
  containerStatuses: [{ name: 'c', restartCount: 0, state: { waiting: { reason, message } } }],
});
const unschedulable: Pod['status'] = {
  conditions: [
    {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message: '0/3 nodes: Insufficient cpu',
    },
  ],
};

describe('conditions of a PresenceCluster', () => {
  it('are all well when all is well', () => {
    expect(say()).toEqual({
      Accepted: 'True Accepted: The spec is in use.',
      BookingsFresh: 'True Fresh: No WeddingCalendar is out of date.',
      BreakGlass: 'False NoOverride: No override is open.',
      Ready: 'True Ready: Redis and presence serve.',
      RedisAvailable: 'True SlotsCovered: 3 shards serve all 16384 slots.',
      RedisCapacitySufficient:
        'True Enough: 3 shards are enough: 4000 connections (calendar 2 pods × 2000 connections) × 4096 bytes (assumed).',
      RedisSpread: 'True Spread: Any node may be lost: a majority of the primaries is left.',
      RedisDataLost: 'False NothingLost: Every slot has the keys that it had.',
      ChildrenApplied: 'True Applied: Every object is as it should be.',
      CredentialsCurrent: 'True Current: Everybody has the passwords in use.',
      PresenceAvailable: 'True PodsReady: 2 presence pods are ready.',
      ScalingActive: expect.stringMatching(/^True Calendar: /),
      ScalingLimited: 'False WithinRange: The computed number is used as it is.',
      CalendarWithinLimits:
        'True WithinLimits: Within a year season and peak ask for no more than maxReplicas.',
      Frozen: 'False NoActiveWedding: No protected wedding is on.',
      FreezeBudgetExceeded: 'False WithinBudget: Every period has enough open time.',
      RolloutHeld: 'False NothingHeld: No change waits.',
      RolloutReverted: 'False NothingReverted: No revision was put back.',
      OperatorDegraded: 'False SeesAll: Every kind is watched.',
    });
    expect(say({ unwatchedKinds: ['nodes (forbidden: no)'] }).OperatorDegraded).toBe(
      'True CannotWatch: Not watched: nodes (forbidden: no).',
    );
  });

  it('say that a spec is not accepted while the last one serves', () => {
    const status = {
      acceptedSpec: presenceCluster({ scaling: STEADY }).spec as unknown as Record<string, unknown>,
    };
    const cluster = presenceCluster({ timeZone: 'Mars/Olympus' }, { status });
    expect(say({ cluster })).toMatchObject({
      Accepted: expect.stringContaining('False UnknownTimeZone: spec.timeZone: Mars/Olympus'),
      Ready: expect.stringMatching(/^True /),
    });
  });
});

describe('RedisAvailable', () => {
  it('is forming while slots are given out', () => {
    const told = say({ topology: new ModelRedisCluster(3, 1).observe() });
    expect(told.RedisAvailable).toBe('False Forming: All 6 pods are blank, forming the Redis Cluster.');
    expect(told.Ready).toBe('False RedisNotReady: All 6 pods are blank, forming the Redis Cluster.');
  });

  it('is not enough for Ready when the kubelet takes every pod of a shard for broken', () => {
    const failing: Pod['status'] = { conditions: [{ type: 'Ready', status: 'False' }] };
    const whole = [redisPod(0, 0), redisPod(0, 1, { status: failing }), redisPod(1, 0)];
    expect(say({ redisPods: whole }).Ready).toMatch(/^True /);
    const broken = [redisPod(0, 0), redisPod(1, 0, { status: failing }), redisPod(1, 1, { status: failing })];
    const told = say({ redisPods: broken });
    expect(told.Ready).toBe('False RedisNotReady: No Redis pod of shard 1 is ready.');
    expect(told.RedisAvailable).toMatch(/^True SlotsCovered: /);
  });

  it('stays true while a replica joins', () => {
    const model = formed();
    model.replaceBlank(1);
    expect(say({ topology: model.observe() }).RedisAvailable).toMatch(/^True SlotsCovered: /);
  });

  it('is degraded when a shard is lost', () => {
    const model = formed();
    model.replaceBlank(0);
    model.replaceBlank(1);
    model.gossip();
    expect(say({ topology: model.observe() }).RedisAvailable).toMatch(/^False Degraded: /);
  });

  it('is unreachable when no server answers', () => {
    const model = formed();
    for (const index of [0, 1, 2, 3, 4, 5]) model.setUp(index, false);
    expect(say({ topology: model.observe() }).RedisAvailable).toMatch(/^False Unreachable: /);
  });

  it.each([
    [waiting('ErrImagePull', 'no such image'), 'ErrImagePull: no such image'],
    [unschedulable, '0/3 nodes: Insufficient cpu'],
  ])('names what keeps a pod from starting', (status, text) => {
    const told = say({ topology: { nodes: [] }, redisPods: [redisPod(0, 0, { status })] });
    expect(told.RedisAvailable).toBe(`False PodsNotReady: pod wedsync-redis-0-0: ${text}`);
  });
});

describe('PresenceAvailable', () => {
  const [one] = READY as [Pod];
  it.each([
    ['PodsStarting: 1 of 2 presence pods are ready.', { presencePods: [one] }],
    [
      'ImagePullFailed: pod p-2: ImagePullBackOff: no such image',
      {
        presencePods: [one, pod('p-2', 'presence', { status: waiting('ImagePullBackOff', 'no such image') })],
      },
    ],
    [
      'Unschedulable: pod p-2: 0/3 nodes: Insufficient cpu',
      { presencePods: [one, pod('p-2', 'presence', { status: unschedulable })] },
    ],
    [
      'ContainerFailing: pod p-2: CrashLoopBackOff: back-off 5m0s',
      {
        presencePods: [one, pod('p-2', 'presence', { status: waiting('CrashLoopBackOff', 'back-off 5m0s') })],
      },
    ],
    [
      'AuthSecretMissing: Secret own does not exist.',
      { presencePods: [one], signingProblem: 'Secret own does not exist' },
    ],
    [
      'PodsStarting: 1 of 2 presence pods are ready.',
      { presencePods: [one, pod('p-2', 'presence', { deletionTimestamp: '2027-06-05T11:00:00Z' })] },
    ],
  ])('is false: %s', (expected, more) => {
    const told = say(more);
    expect(told.PresenceAvailable).toBe(`False ${expected}`);
    expect(told.Ready).toBe(`False PresenceNotReady: ${expected.slice(expected.indexOf(' ') + 1)}`);
  });

  it('counts on the number of the Deployment in modes that write none', () => {
    const cluster = presenceCluster({ scaling: { ...STEADY, mode: 'ForecastOnly' } });
    const deployment = {
      ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'wedsync-presence' } },
      spec: { replicas: 3, template: {} },
    };
    expect(say({ cluster, children: [deployment] }).PresenceAvailable).toBe(
      'False PodsStarting: 2 of 3 presence pods are ready.',
    );
  });
});

describe('scaling', () => {
  it.each([
    [{ mode: 'Off' as const }, 'False ModeOff: spec.presence.replicas decides.'],
    [{ mode: 'ForecastOnly' as const }, expect.stringMatching(/^False ForecastOnly: Would be 2: .*\.$/)],
    [{ mode: 'ScaleOutOnly' as const }, expect.stringMatching(/^True Calendar: /)],
  ])('says who decides: %j', (scaling, expected) => {
    const cluster = presenceCluster({ scaling: { ...STEADY, ...scaling }, presence: { replicas: 2 } });
    expect(say({ cluster }).ScalingActive).toEqual(expected);
  });

  it.each([
    [{ minReplicas: 5 }, 'True TooFewReplicas: minReplicas turned 2 into 5.'],
    [{ maxReplicas: 1 }, 'True TooManyReplicas: maxReplicas turned 2 into 1.'],
  ])('says what clamped the number: %j', (scaling, expected) => {
    const cluster = presenceCluster({ scaling: { ...STEADY, ...scaling } });
    expect(say({ cluster }).ScalingLimited).toBe(expected);
  });
});

describe('freeze and rollouts', () => {
  const weddings = [wedding()];

  it('says that a freeze is on, until when, and when the next one begins', () => {
    expect(say({ weddings }).Frozen).toBe('True WeddingActive: 1 wedding until 2027-06-06T04:00:00Z.');
    expect(say({ weddings, now: new Date('2027-06-01T00:00:00Z') }).Frozen).toBe(
      'False NoActiveWedding: No protected wedding is on. The next freeze begins at 2027-06-05T07:30:00Z.',
    );
  });

  it('says that a manual window is on', () => {
    const windows = [
      { name: 'audit', from: '2027-06-05T00:00', until: '2027-06-06T00:00', reason: 'auditors are here' },
    ];
    const cluster = presenceCluster({ freeze: { windows } });
    expect(say({ cluster }).Frozen).toBe(
      'True WindowActive: audit: auditors are here until 2027-06-05T23:00:00Z.',
    );
  });

  it('says that freezes leave too little time, and when the least people are at risk', () => {
    const windows = [
      { name: 'audit', from: '2027-06-01T00:00', until: '2027-06-20T00:00', reason: 'auditors are here' },
    ];
    const cluster = presenceCluster({ freeze: { windows } });
    expect(say({ cluster }).FreezeBudgetExceeded).toBe(
      'True TooLittleOpen: From 2027-05-31T23:00:00Z to 2027-06-14T23:00:00Z only 0 h are open. ' +
        'There is no time outside of weddings and manual windows to open.',
    );
  });

  it('says that bookings are out of date, and what goes by them all the same', () => {
    const bookingsStale = 'WeddingCalendar office has no copy yet';
    expect(say({ bookingsStale }).BookingsFresh).toBe(
      'False CalendarStale: WeddingCalendar office has no copy yet; what it last said still counts, for pods and for freezes.',
    );
  });

  it('says what waits and which fields differ', () => {
    const children = passOf().desired.manifests as unknown as KubeObject[];
    const cluster = presenceCluster({ scaling: STEADY, presence: { image: 'own:2' } });
    const held = say({ weddings, children, cluster });
    expect(held.RolloutHeld).toBe(
      'True Frozen: Waiting until 2027-06-06T04:00:03Z: Deployment/wedsync-presence (spec.containers[name=presence].image).',
    );
  });

  const renew: RollStep = { kind: 'renew', pod: 'a', because: 'a is a replica with an older template' };
  const wait: RollStep = { kind: 'wait', because: 'b is not ready' };
  it.each([
    [[], renew, 'False RollingOut: A is a replica with an older template.'],
    [[], wait, 'True Waiting: B is not ready.'],
    [weddings, renew, 'True Frozen: Renewing Redis pods is paused until 2027-06-06T04:00:00Z.'],
    [weddings, wait, 'True Frozen: Renewing Redis pods is paused until 2027-06-06T04:00:00Z.'],
  ])('says where renewing Redis pods is', (on, roll, expected) => {
    expect(say({ weddings: on, now: NOON }, roll).RolloutHeld).toBe(expected);
  });
});
