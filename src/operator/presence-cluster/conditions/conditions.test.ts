import { describe, expect, it } from 'vitest';
import {
  formedModel,
  planOf,
  READY_PODS,
  type Seen,
  STEADY_SCALING,
} from '../../../../test/support/condition-plans.ts';
import { ModelRedisCluster } from '../../../../test/support/model-redis-cluster.ts';
import {
  NOON,
  pod,
  presenceCluster,
  redisPod,
  wedding,
} from '../../../../test/support/presence-cluster-builder.ts';
import type { RollStep } from '../../../domain/topology/roll.ts';
import type { Pod } from '../../cluster-state/pod.ts';
import { clusterConditions } from './conditions.ts';

/** Each condition by type, as `Status Reason: message`. The wording is in test/golden/messages.txt. */
function say(more: Seen = {}, roll?: RollStep): Record<string, string> {
  const conditions = clusterConditions(planOf(more, roll));
  return Object.fromEntries(
    conditions.map(({ type, status, reason, message }) => [type, `${status} ${reason}: ${message}`]),
  );
}

/** Each condition by type, as `Status Reason`. */
function reasons(more: Seen = {}, roll?: RollStep): Record<string, string> {
  return Object.fromEntries(
    Object.entries(say(more, roll)).map(([type, text]) => [type, text.slice(0, text.indexOf(':'))]),
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
    expect(reasons()).toEqual({
      Accepted: 'True Accepted',
      BookingsFresh: 'True Fresh',
      BreakGlass: 'False NoOverride',
      Ready: 'True Ready',
      RedisAvailable: 'True SlotsCovered',
      RedisCapacitySufficient: 'True SufficientShards',
      RedisSpread: 'True Spread',
      RedisDataIntact: 'True NoDataLost',
      ChildrenApplied: 'True Applied',
      CredentialsCurrent: 'True Current',
      Paused: 'False NotPaused',
      PresenceAvailable: 'True PodsReady',
      PresenceStarting: 'False AllReady',
      RedisReplicated: 'True Replicated',
      // Nothing was applied yet.
      Reconciling: 'True RollingOut',
      ScalingActive: 'True Calendar',
      ScalingLimited: 'False WithinRange',
      CalendarWithinLimits: 'True WithinLimits',
      Frozen: 'False NoActiveWedding',
      FreezeWithinBudget: 'True WithinBudget',
      RolloutHeld: 'False NoRolloutHeld',
      RolloutReverted: 'False NoRolloutReverted',
      KindsWatched: 'True AllKindsWatched',
      ZoneDataCurrent: 'True Current',
    });
    expect(say({ unwatchedKinds: ['nodes (forbidden: no)'] }).KindsWatched).toMatch(
      /^False CannotWatch: .*nodes \(forbidden: no\)/,
    );
  });

  it('say that time zone data is old, in the same words on each day', () => {
    const zoneData = { version: '2026f', asOf: '2026-11-30', runtimeTzdb: '2026f' };
    const at = (day: string) => say({ zoneData, now: new Date(day) }).ZoneDataCurrent;
    expect(at('2027-02-28T00:00:00Z')).toBe(
      'True Current: Time zone data 2026f was the newest on 2026-11-30.',
    );
    expect(at('2027-03-01T00:00:00Z')).toMatch(
      /^False Old: Time zone data 2026f .*2026-11-30, more than 90 days ago/,
    );
    expect(at('2027-03-02T00:00:00Z')).toBe(at('2027-03-01T00:00:00Z'));
    expect(say({ zoneData: { ...zoneData, runtimeTzdb: '2027a' } }).ZoneDataCurrent).toMatch(
      /^False OlderThanRuntime: Time zone data 2026f is older than 2027a/,
    );
  });

  it('say that a spec is not accepted while the last one serves', () => {
    const status = {
      acceptedSpec: presenceCluster({ scaling: STEADY_SCALING }).spec as unknown as Record<string, unknown>,
    };
    const cluster = presenceCluster({ timeZone: 'Mars/Olympus' }, { status });
    expect(say({ cluster })).toMatchObject({
      Accepted: expect.stringContaining('False UnknownTimeZone: spec.timeZone: Mars/Olympus'),
      Ready: expect.stringContaining('False NotAccepted: spec.timeZone: Mars/Olympus'),
      Stalled: expect.stringContaining('True NotAccepted: '),
    });
  });
});

describe('RedisAvailable', () => {
  it('is forming while slots are given out', () => {
    const told = say({ topology: new ModelRedisCluster(3, 1).observe() });
    expect(told.RedisAvailable).toMatch(/^False Forming: .*6 pods/);
    expect(told.Ready).toMatch(/^False RedisNotReady: .*6 pods/);
  });

  it('is not enough for Ready when the kubelet takes every pod of a shard for broken', () => {
    const failing: Pod['status'] = { conditions: [{ type: 'Ready', status: 'False' }] };
    const whole = [redisPod(0, 0), redisPod(0, 1, { status: failing }), redisPod(1, 0)];
    expect(say({ redisPods: whole }).Ready).toMatch(/^True /);
    const broken = [redisPod(0, 0), redisPod(1, 0, { status: failing }), redisPod(1, 1, { status: failing })];
    const told = say({ redisPods: broken });
    expect(told.Ready).toMatch(/^False ShardNotReady: .*shard 1/);
    expect(told.RedisAvailable).toMatch(/^True SlotsCovered: /);
  });

  it('stays true while a replica joins', () => {
    const model = formedModel();
    model.replaceBlank(1);
    expect(say({ topology: model.observe() }).RedisAvailable).toMatch(/^True SlotsCovered: /);
  });

  it('is degraded when a shard is lost', () => {
    const model = formedModel();
    model.replaceBlank(0);
    model.replaceBlank(1);
    model.gossip();
    expect(say({ topology: model.observe() }).RedisAvailable).toMatch(/^False Degraded: /);
  });

  it('is unreachable when no server answers', () => {
    const model = formedModel();
    for (const index of [0, 1, 2, 3, 4, 5]) model.setUp(index, false);
    expect(say({ topology: model.observe() }).RedisAvailable).toMatch(/^False Unreachable: /);
  });

  it.each([
    [waiting('ErrImagePull', 'no such image'), 'ErrImagePull: no such image'],
    [unschedulable, '0/3 nodes: Insufficient cpu'],
  ])('names what keeps a pod from starting', (status, text) => {
    const told = say({ topology: { nodes: [] }, redisPods: [redisPod(0, 0, { status })] });
    expect(told.RedisAvailable).toBe(`False PodsNotReady: Pod wedsync-redis-0-0: ${text}.`);
  });
});

describe('PresenceAvailable', () => {
  const [one] = READY_PODS as [Pod];
  it.each([
    ['PodsStarting: 1 of 2 presence pods are ready.', { presencePods: [one] }],
    [
      'ImagePullFailed: Pod p-2: ImagePullBackOff: no such image.',
      {
        presencePods: [one, pod('p-2', 'presence', { status: waiting('ImagePullBackOff', 'no such image') })],
      },
    ],
    [
      'Unschedulable: Pod p-2: 0/3 nodes: Insufficient cpu.',
      { presencePods: [one, pod('p-2', 'presence', { status: unschedulable })] },
    ],
    [
      'ContainerFailing: Pod p-2: CrashLoopBackOff: back-off 5m0s.',
      {
        presencePods: [one, pod('p-2', 'presence', { status: waiting('CrashLoopBackOff', 'back-off 5m0s') })],
      },
    ],
    [
      'AuthSecretMissing: Secret own does not exist.',
      { presencePods: [one], signingProblem: 'Secret own does not exist.' },
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
    const cluster = presenceCluster({ scaling: { ...STEADY_SCALING, mode: 'ForecastOnly' } });
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'wedsync-presence' },
      spec: { replicas: 3, template: {} },
    };
    expect(say({ cluster, children: [deployment] }).PresenceAvailable).toBe(
      'False PodsStarting: 2 of 3 presence pods are ready.',
    );
  });
});

describe('scaling', () => {
  it.each([
    [{ mode: 'Off' as const }, expect.stringMatching(/^False ModeOff: .*spec\.presence\.replicas/)],
    [{ mode: 'ForecastOnly' as const }, expect.stringMatching(/^False ForecastOnly: .*\b2\b/)],
    [{ mode: 'ScaleOutOnly' as const }, expect.stringMatching(/^True Calendar: /)],
  ])('says who decides: %j', (scaling, expected) => {
    const cluster = presenceCluster({
      scaling: { ...STEADY_SCALING, ...scaling },
      presence: { replicas: 2 },
    });
    expect(say({ cluster }).ScalingActive).toEqual(expected);
  });

  it.each([
    [{ minReplicas: 5 }, /^True TooFewReplicas: .*2 .*5 .*minReplicas/],
    [{ maxReplicas: 1 }, /^True TooManyReplicas: .*2 .*1 .*maxReplicas/],
  ])('says what clamped the number: %j', (scaling, expected) => {
    const cluster = presenceCluster({ scaling: { ...STEADY_SCALING, ...scaling } });
    expect(say({ cluster }).ScalingLimited).toMatch(expected);
  });
});

describe('freeze and rollouts', () => {
  const weddings = [wedding()];

  it('says that a freeze is on, until when, and when the next one begins', () => {
    expect(say({ weddings }).Frozen).toMatch(/^True WeddingActive: .*2027-06-06T04:00:00Z/);
    expect(say({ weddings, now: new Date('2027-06-01T00:00:00Z') }).Frozen).toMatch(
      /^False NoActiveWedding: .*2027-06-05T07:30:00Z/,
    );
  });

  it('says that a manual window is on', () => {
    const windows = [
      { name: 'audit', from: '2027-06-05T00:00', until: '2027-06-06T00:00', reason: 'auditors are here' },
    ];
    const cluster = presenceCluster({ freeze: { windows } });
    const { Frozen } = say({ cluster });
    expect(Frozen).toMatch(/^True WindowActive: .*2027-06-05T23:00:00Z/);
    expect(Frozen).toContain('audit: auditors are here');
  });

  it('says that freezes leave too little time, and when the least people are at risk', () => {
    const windows = [
      { name: 'audit', from: '2027-06-01T00:00', until: '2027-06-20T00:00', reason: 'auditors are here' },
    ];
    const cluster = presenceCluster({ freeze: { windows } });
    expect(say({ cluster }).FreezeWithinBudget).toMatch(
      /^False TooLittleOpen: .*2027-05-31T23:00:00Z .*2027-06-14T23:00:00Z .*0 h/,
    );
  });

  it('says that bookings are out of date, and what goes by them all the same', () => {
    const bookingsStale = 'WeddingCalendar office has no copy yet';
    expect(say({ bookingsStale }).BookingsFresh).toMatch(
      /^False CalendarStale: WeddingCalendar office has no copy yet; /,
    );
  });

  it('says what waits and which fields differ', () => {
    const children = planOf().desired.manifests;
    const cluster = presenceCluster({ scaling: STEADY_SCALING, presence: { image: 'own:2' } });
    const held = say({ weddings, children, cluster });
    expect(held.RolloutHeld).toMatch(
      /^True HeldByFreeze: .*2027-06-06T04:00:03Z: Deployment\/wedsync-presence \(spec\.containers\[name=presence\]\.image\)/,
    );
  });

  const renew: RollStep = { kind: 'renew', pod: 'a', because: 'a is a replica with an older template' };
  const wait: RollStep = { kind: 'wait', because: 'b is not ready' };
  it.each([
    [[], renew, /^False RollingOut: A is a replica with an older template/],
    [[], wait, /^True Waiting: B is not ready/],
    [weddings, renew, /^True HeldByFreeze: .*Redis pods .*2027-06-06T04:00:00Z/],
    [weddings, wait, /^True HeldByFreeze: .*Redis pods .*2027-06-06T04:00:00Z/],
  ])('says where renewing Redis pods is', (on, roll, expected) => {
    expect(say({ weddings: on, now: NOON }, roll).RolloutHeld).toMatch(expected);
  });
});
