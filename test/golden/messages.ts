import path from 'node:path';
import { PRESENCE_CLUSTER_CONDITIONS } from '../../src/api/v1alpha1/conditions.ts';
import type { PresenceCluster } from '../../src/api/v1alpha1/kinds.ts';
import { evaluateRequest } from '../../src/domain/optimization/evaluate-request.ts';
import { judgeSlo } from '../../src/domain/slo/judge-slo.ts';
import { SloHistory } from '../../src/domain/slo/slo-history.ts';
import { acceptance } from '../../src/operator/cluster-state/accepted-spec.ts';
import type { Pod } from '../../src/operator/cluster-state/pod.ts';
import { type AclSecret, refusedAclSecret } from '../../src/operator/credentials/acl-secret.ts';
import { SecretRefusedError } from '../../src/operator/credentials/secret-refused.ts';
import { NoRoomInNamespace } from '../../src/operator/freeze-clock/namespace-freezes.ts';
import { EVENT_NOTES } from '../../src/operator/objects/event-notes.ts';
import { OwnershipConflictError } from '../../src/operator/objects/ownership-conflict.ts';
import { inEffectCondition } from '../../src/operator/optimization/disconnect-effect.ts';
import { clusterConditions } from '../../src/operator/presence-cluster/conditions/conditions.ts';
import type { ClusterDecision } from '../../src/operator/presence-cluster/plan/decide.ts';
import type { ReconcilePlan } from '../../src/operator/presence-cluster/plan/reconcile-plan.ts';
import type { StageResults } from '../../src/operator/presence-cluster/plan/stage.ts';
import { LEASE_STILL_RULES, OLD_ONES_STAY } from '../../src/operator/presence-cluster/publish-windows.ts';
import { deletingStatus } from '../../src/operator/presence-cluster/status/deleting-status.ts';
import { refusedStatus } from '../../src/operator/presence-cluster/status/status.ts';
import { weddingStatus } from '../../src/operator/wedding/reconcile.ts';
import { KubeError } from '../../src/platform/kube/errors.ts';
import { repository } from '../cluster/paths.ts';
import { formedModel, planOf, READY_PODS, type Seen, STEADY_SCALING } from '../support/condition-plans.ts';
import { ModelRedisCluster } from '../support/model-redis-cluster.ts';
import { NOON, observed, presenceCluster, redisPod, wedding } from '../support/presence-cluster-builder.ts';

/** Where the messages are committed. */
export const MESSAGES_FILE = path.join(repository, 'test/golden/messages.txt');

const DAY_MS = 86_400_000;
const later = (days: number) => new Date(NOON.getTime() + days * DAY_MS);
const material = {
  certificate: 'leaf',
  key: 'key',
  authorities: ['ca'],
  fingerprint: 'AA',
  validFrom: later(-10),
  validUntil: later(80),
};
const inUse = { ...material, changedAt: later(-1) };
const server = (serves: string) => ({ pod: 'wedsync-redis-0-0', serves, hasRead: true, reread: false });
const passwords = { operator: 'a', presence: 'b', probe: 'c', replication: 'd' };
const refused = (secret: string) => {
  const message = `create secrets weddings/${secret}: 403: exceeded quota: few, used: secrets=9`;
  return new SecretRefusedError(secret, 'made', new KubeError({ code: 403, reason: 'Forbidden', message }));
};
const waiting = (reason: string, message: string): Pod['status'] => ({
  containerStatuses: [{ name: 'c', restartCount: 0, state: { waiting: { reason, message } } }],
});
const UNSCHEDULABLE: Pod['status'] = {
  conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes fit' }],
};
const rotating = (phase: 'Adding' | 'Switched' | 'Removing') =>
  ({
    rulesAreCurrent: true,
    credentials: { passwords, replaced: [], rotation: { phase, since: NOON } },
  }) as AclSecret;
const cluster = (spec: object, more?: Parameters<typeof presenceCluster>[1]): PresenceCluster =>
  presenceCluster({ scaling: STEADY_SCALING, ...spec } as never, more);
const raw = (spec: object): PresenceCluster => {
  const base = cluster({}, { status: { acceptedSpec: cluster({}).spec as never } });
  return { ...base, spec: { ...base.spec, ...spec } as never };
};
const manual = (name: string, from: string, until: string) => ({
  freeze: { windows: [{ name, from, until, reason: 'auditors are here' }] },
});

const LEASE = 'kube-system/kube-controller-manager';

type Change = (plan: ReconcilePlan) => ReconcilePlan;
const decided =
  (more: (decision: ClusterDecision) => object): Change =>
  (plan) => ({ ...plan, decision: { ...plan.decision, ...more(plan.decision) } as ClusterDecision });
const topology = (more: object): Change =>
  decided(({ plan }) => ({ plan: { ...plan, slotsCovered: 100, reason: 'why', ...more } }));
const demand = (more: object): Change =>
  decided(({ scaling }) => ({
    scaling: {
      ...scaling,
      desired: 7,
      winner: 'Forecast',
      demand: {
        quality: 'High',
        load: 1200,
        peak: { coverage: { held: 0.93 } },
        pods: { Calendar: 4 },
        ...more,
      },
    },
  }));
/** A load that is used, with so many pods that do not report. */
const load =
  (silent: number, more: object): Change =>
  (plan) => {
    const changed = demand(more)(plan);
    const known = { report: { silent }, forecast: { nominal: 0.95 } } as never;
    return { ...changed, observed: { ...changed.observed, demand: known } };
  };
const capacity = (recommendedShards: number, more: object = {}): Change =>
  decided(() => ({
    capacity: {
      recommendedShards,
      peakConnections: 4000,
      bytesPerConnection: 4096,
      measured: true,
      because: 'calendar 2 pods × 2000 connections',
      ...more,
    },
  }));

/** One node with two of three primaries; pod 0 of each shard is the primary. */
const spread = (places: readonly string[], more: Seen = {}): Seen => {
  const nodes = formedModel()
    .observe()
    .nodes.map((node) => ({
      ...node,
      pod: `wedsync-${node.pod}`,
      kubernetesNode: places[node.shard]?.[Number(node.pod.at(-1))] ?? '',
    }));
  return {
    topology: { nodes },
    redisPods: [0, 1, 2].flatMap((shard) => [redisPod(shard, 0), redisPod(shard, 1)]),
    schedulableNodes: () => ['a', 'b', 'c'],
    ...more,
  };
};
const STUCK = ['ab', 'ab', 'ba'];
/** No rollout is in progress. */
const quiet: Change = (plan) => ({
  ...plan,
  desired: {
    ...plan.desired,
    workloads: [],
    revisions: plan.desired.revisions.map((each) => ({
      ...each,
      record: { revision: 'r', state: 'Ready', since: NOON },
    })),
  },
});

/** Of a PresenceCluster with claims, which is formed: what is found of them. */
function volumes(): Scenario[] {
  const redis = { storage: { type: 'Claim', size: '2Gi', storageClassName: 'fast' } } as const;
  const claim = {
    name: 'data-wedsync-redis-0-0',
    uid: 'one',
    shard: 0,
    isBound: true,
    isRestored: false,
    isDeleting: false,
    size: '1Gi',
    storageClassName: 'fast',
    labels: {},
    annotations: {},
  };
  const status = { redis: { state: 'Steady', formedAt: '2027-01-01T00:00:00Z' } } as never;
  const formed = cluster({ redis }, { status });
  const before = planOf({ cluster: cluster({ redis: { storage: { ...redis.storage, size: '1Gi' } } }) });
  const refusedGrowth = new Map([
    [
      'one',
      {
        size: '2Gi',
        because: 'patch persistentvolumeclaims data-wedsync-redis-0-0: 403: forbidden',
        isDue: false,
      },
    ],
  ]);
  return [
    [{ cluster: formed, claims: [{ ...claim, size: '2Gi' }] }],
    [{ cluster: formed, claims: [claim, { ...claim, name: 'data-wedsync-redis-0-1', uid: 'two' }] }],
    [{ cluster: formed, claims: [{ ...claim, size: '2Gi', resizing: 'waiting for the kubelet' }] }],
    [{ cluster: formed, claims: [claim], refusedGrowth }],
    [{ cluster: formed, claims: [{ ...claim, size: '2Gi', storageClassName: 'slow' }] }],
    [
      {
        cluster: formed,
        claims: [],
        weddings: [wedding()],
        children: before.desired.manifests.filter(({ kind }) => kind === 'StatefulSet').slice(0, 1),
      },
    ],
  ];
}

/** What is seen, what is changed of the plan, and what the stages found out. */
type Scenario = readonly [Seen, Change?, StageResults?];

const same: Change = (plan) => plan;

const FORMED = { state: 'Steady', formedAt: '2027-01-01T00:00:00Z' } as never;

/** A condition has been False for ten minutes. */
function lastingStatus(type: string): NonNullable<PresenceCluster['status']> {
  const lastTransitionTime = new Date(NOON.getTime() - 600_000).toISOString();
  const condition = { type, status: 'False' as const, reason: 'Before', message: '', lastTransitionTime };
  return { redis: FORMED, presence: { establishedReplicas: 2 }, conditions: [condition] };
}

const withoutReplicas: Change = decided(({ plan }) => ({
  plan: { ...plan, shards: plan.shards.map((shard) => ({ ...shard, replicas: [] })) },
}));

/** A Deployment whose pods a quota refuses. */
const refusing = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name: 'wedsync-presence',
    generation: 1,
    labels: { 'presence.wedsync.io/cluster': 'wedsync', 'app.kubernetes.io/component': 'presence' },
  },
  spec: { replicas: 2, template: {} },
  status: {
    observedGeneration: 1,
    replicas: 1,
    conditions: [
      {
        type: 'ReplicaFailure',
        status: 'True',
        reason: 'FailedCreate',
        message:
          'pods "wedsync-presence-x" is forbidden: exceeded quota: small, requested: pods=1, used: pods=9',
      },
    ],
  },
};

/** A pod for each cause that a pod itself shows. */
function troubledPods(): Pod[] {
  const [, other] = READY_PODS as [Pod, Pod];
  const having = (
    status: Pod['status'],
    more: Partial<Pod['metadata']> = {},
    spec: Pod['spec'] = {},
  ): Pod => ({
    ...other,
    metadata: { ...other.metadata, name: 'p-2', ...more },
    spec,
    status: status ?? {},
  });
  const crashing = (name: string, reason: string, exitCode: number) => ({
    name,
    restartCount: 3,
    ready: false,
    state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s' } },
    lastState: { terminated: { reason, exitCode } },
  });
  const scheduled = (reason: string, message: string) => ({
    conditions: [{ type: 'PodScheduled', status: 'False', reason, message }],
  });
  const overdue = { deletionTimestamp: new Date(NOON.getTime() - 60_000).toISOString() };
  const ours = { containers: [{ name: 'presence', resources: { limits: { memory: '256Mi' } } }] };
  return [
    having({ containerStatuses: [crashing('presence', 'OOMKilled', 137)] }, {}, ours),
    having({ phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' }),
    having({ phase: 'Failed', reason: 'OutOfcpu', message: 'Node did not have enough resource: cpu' }),
    having(
      { initContainerStatuses: [crashing('migrate', 'Error', 1)] },
      {},
      { initContainers: [{ name: 'migrate' }] },
    ),
    having(
      { containerStatuses: [crashing('proxy', 'Error', 1)] },
      {},
      { containers: [{ name: 'presence' }, { name: 'proxy' }] },
    ),
    having(scheduled('Unschedulable', 'pod has unbound immediate PersistentVolumeClaims')),
    having(scheduled('SchedulingGated', 'blocked'), {}, { schedulingGates: [{ name: 'example.com/quota' }] }),
    having({}, overdue, { nodeName: 'node-1' }),
    having({}, { ...overdue, finalizers: ['example.com/hold'] }),
  ];
}

function scenarios(): Scenario[] {
  const [one] = READY_PODS as [Pod];
  const failing = (status: Pod['status']): Seen => ({
    presencePods: [
      one,
      { ...one, metadata: { ...one.metadata, name: 'p-2' }, ...(status ? { status } : {}) },
    ],
  });
  const weddings = [wedding()];
  return [
    [{}],
    // Accepted
    [{ cluster: raw({ timeZone: 'Mars/Olympus' }) }],
    [{ cluster: raw({ scaling: { ...cluster({}).spec.scaling, seasonMultipliers: {} } }) }],
    [{ cluster: raw({ redis: 'none' }) }],
    [{ cluster: raw(manual('audit', '2027-02-30T00:00', '2027-03-02T00:00')) }],
    // Redis
    [{ topology: new ModelRedisCluster(3, 1).observe() }],
    [{}, topology({ state: 'Joining' })],
    [{}, topology({ state: 'Healing' })],
    [{}, topology({ state: 'Degraded' })],
    [
      {
        topology: { nodes: [{ pod: 'a', shard: 0, terminating: false, reachable: false, reason: 'silent' }] },
      },
      topology({ state: 'Waiting' }),
    ],
    [
      {
        topology: { nodes: [] },
        redisPods: [redisPod(0, 0, { status: waiting('ErrImagePull', 'no such image') })],
      },
    ],
    [{ redisPods: [redisPod(1, 0, { status: {} })] }],
    [spread(['ab', 'bc', 'ca']), quiet],
    [spread(['ab', 'ac', 'bc']), quiet],
    [spread(STUCK), quiet],
    [spread(STUCK, { schedulableNodes: () => ['a', 'b'] }), quiet],
    [spread(STUCK, { schedulableNodes: () => undefined }), quiet],
    [spread(STUCK, { cluster: cluster({ redis: { storage: { type: 'Claim', size: '1Gi' } } }) }), quiet],
    [spread(STUCK, { cluster: cluster({ redis: { replicasPerShard: 0 } }) }), quiet],
    [spread(STUCK, { renewals: { isTried: () => true } }), quiet],
    [spread(STUCK, { renewals: { isTried: () => false, notBefore: later(1) } }), quiet],
    [spread(STUCK, { weddings }), quiet],
    [spread(STUCK, { aclSecret: rotating('Adding') }), quiet],
    [spread(STUCK), (plan) => ({ ...quiet(plan), roll: { kind: 'wait', because: 'b is not ready' } })],
    [spread(STUCK), (plan) => topology({ state: 'Waiting', slotsCovered: 16_384 })(quiet(plan))],
    [{}, topology({ lost: [{ index: 1, slots: 5461, givenUp: false }], state: 'Degraded' })],
    [{}, topology({ lost: [{ index: 1, slots: 5461, givenUp: true }], state: 'Healing' })],
    [
      {
        cluster: cluster(
          {},
          { status: { redis: { state: 'Steady', formedAt: '2027-01-01T00:00:00Z' } as never } },
        ),
      },
      topology({ state: 'Blank' }),
    ],
    [{}, capacity(4)],
    [{}, capacity(2)],
    [{}, capacity(3, { measured: false, wanted: { shards: 7, since: NOON } })],
    [{}, decided(() => ({ capacity: undefined }))],
    // Volumes
    ...volumes(),
    // Passwords and certificates
    [{ aclSecret: rotating('Adding') }],
    [{ aclSecret: rotating('Switched') }],
    [
      { aclSecret: rotating('Removing') },
      same,
      { refused: [], rotationWaitsFor: 'wedsync-redis-1-0 does not answer' },
    ],
    [
      {
        aclSecret: {
          rulesAreCurrent: true,
          credentials: { passwords, replaced: [{ user: 'probe', hash: 'x', replacedAt: NOON }] },
        },
      },
    ],
    [
      {
        cluster: cluster(
          {},
          { metadata: { annotations: { 'presence.wedsync.io/rotate-credentials': 'now' } } },
        ),
        aclSecret: { rulesAreCurrent: true, credentials: { passwords, replaced: [] } },
      },
    ],
    [{ aclSecret: { problem: refusedAclSecret(refused('wedsync-redis-acl')), rulesAreCurrent: true } }],
    [{ tls: {} }],
    [{ tls: { inUse, wanted: material }, certificateServers: [server('AA')] }],
    [{ tls: { inUse, wanted: material }, certificateServers: [server('AA'), server('BB')] }],
    [{ tls: { inUse: { ...inUse, validUntil: later(1) } }, certificateServers: [server('AA')] }],
    [{ tls: { inUse: { ...inUse, validUntil: later(-1) } } }],
    [{ tls: { inUse, problem: { reason: 'KeyMissing', message: 'Secret ours lacks tls.crt.' } } }],
    [{ tls: { problem: { reason: 'SecretMissing', message: 'Secret ours does not exist.' } } }],
    [
      {
        tls: {
          inUse,
          problem: { reason: 'SecretRefused', message: refused('wedsync-redis-ca').message },
        },
        certificateServers: [server('AA')],
      },
    ],
    // Objects and presence pods
    [{}, same, { refused: [new Error('apply Service/wedsync-redis: 422: invalid')] }],
    [
      {},
      same,
      {
        refused: [
          new OwnershipConflictError({
            apiVersion: 'v1',
            kind: 'Service',
            metadata: { name: 'wedsync-redis' },
          }),
        ],
      },
    ],
    [{ presencePods: [one] }],
    [failing(waiting('ImagePullBackOff', 'no such image'))],
    [failing(UNSCHEDULABLE)],
    [failing(waiting('CrashLoopBackOff', 'back-off 5m0s'))],
    [{ presencePods: [one], signingProblem: 'Secret own does not exist.' }],
    ...troubledPods().map((bad): Scenario => [{ presencePods: [one, bad] }]),
    [{ presencePods: [one], children: [refusing] }],
    // A scale-out
    [{ presencePods: [one], cluster: cluster({}, { status: { presence: { establishedReplicas: 1 } } }) }],
    [
      {
        ...failing(UNSCHEDULABLE),
        cluster: cluster({}, { status: { presence: { establishedReplicas: 1 } } }),
      },
    ],
    // What lasts
    [{ cluster: cluster({}, { status: lastingStatus('RedisReplicated') }) }, withoutReplicas],
    [{ presencePods: [one], cluster: cluster({}, { status: lastingStatus('Ready') }) }],
    [
      { cluster: cluster({}, { status: { redis: FORMED } }) },
      topology({ state: 'Moving', slotsCovered: 16_384 }),
    ],
    [
      {
        cluster: cluster(
          {},
          { metadata: { deletionTimestamp: '2027-06-05T10:00:00Z', finalizers: ['example.com/backup'] } },
        ),
      },
    ],
    // Scaling
    [{ cluster: cluster({ scaling: { ...STEADY_SCALING, mode: 'Off' }, presence: { replicas: 2 } }) }],
    [{ cluster: cluster({ scaling: { ...STEADY_SCALING, mode: 'ForecastOnly' } }) }],
    [{ conflictingAutoscaler: 'HorizontalPodAutoscaler theirs' }],
    [{ cluster: cluster({ scaling: { ...STEADY_SCALING, minReplicas: 5 } }) }],
    [{ cluster: cluster({ scaling: { ...STEADY_SCALING, maxReplicas: 1 } }) }],
    [
      {},
      decided(({ scaling }) => ({
        scaling: { ...scaling, clamps: [{ by: 'budgetReplicas', from: 9, to: 6 }] },
      })),
    ],
    [{ cluster: cluster({ scaling: { ...STEADY_SCALING, mode: 'Full' } }) }, load(0, {})],
    [{}, load(2, { quality: 'Low' })],
    [{}, load(0, { quality: 'Learning', load: undefined })],
    [{ bookingsStale: 'WeddingCalendar office has no copy yet' }, load(0, {})],
    [{ bookingsStale: 'WeddingCalendar office has no copy yet' }],
    // Objectives
    ...sloScenarios(),
    // Freezes and rollouts
    [{ weddings }],
    [{ weddings, now: new Date('2027-06-01T00:00:00Z') }],
    [{ cluster: cluster(manual('audit', '2027-06-05T00:00', '2027-06-06T00:00')) }],
    [{ cluster: cluster(manual('audit', '2027-06-01T00:00', '2027-06-20T00:00')) }],
    [{ weddings, cluster: cluster({ presence: { image: 'own:2' } }), children: planOf().desired.manifests }],
    [{ weddings }, (plan) => ({ ...plan, roll: { kind: 'renew', pod: 'a', because: 'why' } })],
    [
      {},
      (plan) => ({
        ...plan,
        roll: { kind: 'renew', pod: 'a', because: 'a is a replica with an older template' },
      }),
    ],
    [{}, (plan) => ({ ...plan, roll: { kind: 'wait', because: 'b is not ready' } })],
    [
      {},
      (plan) => ({
        ...plan,
        desired: {
          ...plan.desired,
          revisions: plan.desired.revisions.map((each) => ({
            ...each,
            target: 'Good',
            record: {
              revision: 'abc',
              state: 'Reverted',
              since: NOON,
              because: 'pod p-2: ImagePullBackOff for 300 s',
            },
          })),
        },
      }),
    ],
    // Pauses
    ...[
      true,
      { until: '2027-06-05T18:00:00Z', scope: 'Rollouts' },
      { scope: 'Scaling', healing: false },
      { until: '2027-06-05T10:00:00Z' },
    ].map((paused): Scenario => [{ cluster: cluster({ paused }) }]),
    [{ cluster: raw({ paused: { untill: '2027-06-05T10:00:00Z' } }) }],
    [
      {
        cluster: cluster({ paused: { until: '2027-06-05T18:00:00Z' }, presence: { image: 'own:2' } }),
        children: planOf().desired.manifests,
      },
    ],
    [
      {
        cluster: cluster(
          {},
          { metadata: { annotations: { 'presence.wedsync.io/paused-until': 'tomorrow' } } },
        ),
      },
    ],
    // The operator
    [{ unwatchedKinds: ['nodes (forbidden: nodes is forbidden)'] }],
    [{ freezeClock: { kind: 'Renewed', lease: LEASE } }],
    ...(['LeaseNotFound', 'LeaseNotRead', 'LeaseStale', 'LeaseAhead'] as const).map(
      (reason): Scenario => [{ freezeClock: { kind: 'Unusable', lease: LEASE, reason } }],
    ),
    [
      {
        freezeClock: {
          kind: 'NotSeen',
          lease: LEASE,
          reason: 'ClockStands',
          renewTime: '2027-06-01T09:00:00Z',
        },
      },
    ],
    [{ freezeClock: { kind: 'NotSeen', lease: LEASE, reason: 'ClockUnanswered' } }],
    [
      { freezeClock: { kind: 'Renewed', lease: LEASE } },
      same,
      { refused: [], windowsNotWritten: new NoRoomInNamespace('weddings').message },
    ],
    [
      { freezeClock: { kind: 'Unusable', lease: LEASE, reason: 'LeaseStale' } },
      same,
      { refused: [], windowsNotWritten: `namespaces "weddings" is forbidden${LEASE_STILL_RULES}` },
    ],
    [
      { freezeClock: { kind: 'Renewed', lease: LEASE } },
      same,
      { refused: [], windowsNotWritten: `namespaces "weddings" is forbidden${OLD_ONES_STAY}` },
    ],
    [{ zoneData: { version: '2026f', asOf: '2026-11-30', runtimeTzdb: '2026f' } }],
    [{ zoneData: { version: '2026f', asOf: '2026-11-30', runtimeTzdb: '2027a' } }],
    [
      {},
      decided(() => ({
        overrides: [
          {
            name: 'incident',
            user: 'ada',
            ticket: 'OPS-1',
            scope: ['Rollout'],
            until: '2027-06-05T13:00:00Z',
          },
        ],
      })),
    ],
  ];
}

/** A day without a failure, and then minutes of which a share fails. */
function sloScenarios(): Scenario[] {
  const spec = cluster({}).spec.slo;
  const counted = (minutes: number, failed: number, quietMinutes = 0): SloHistory => {
    const history = new SloHistory(spec.windowDays);
    const start = NOON.getTime() - (minutes + quietMinutes) * 60_000;
    const joins = { failed: 0, total: 5 };
    for (let minute = -3 * 1440; minute < minutes + quietMinutes; minute += 1) {
      const isFailing = minute >= 0 && minute < minutes;
      const updates = { failed: isFailing ? failed : 0, total: 180 };
      history.add(start + minute * 60_000, { updates, joins });
    }
    return history;
  };
  const judged = (history: SloHistory, pods: readonly string[] = []): Scenario => [
    {
      slo: {
        state: judgeSlo(history, spec, NOON.getTime()),
        leftOut: pods.map((pod) => ({ pod, because: 'its clock is 60 min ahead' })),
      },
    },
  ];
  return [
    judged(counted(0, 0), ['p-1']),
    judged(counted(0, 0), ['p-1', 'p-2', 'p-3', 'p-4']),
    judged(counted(2, 180)),
    judged(counted(13 * 60, 1)),
    judged(counted(30, 180, 7 * 60)),
    [{ slo: { state: undefined, leftOut: [] } }],
  ];
}

function ofCluster(): string[] {
  const order = Object.keys(PRESENCE_CLUSTER_CONDITIONS);
  const lines = new Set(
    scenarios().flatMap(([seen, change = same, results]) =>
      clusterConditions(change(planOf(seen)), results).map(
        ({ type, status, reason, message }) => `${type} ${status} ${reason}: ${message}`,
      ),
    ),
  );
  const invalid = cluster({});
  const never = { ...invalid, spec: { ...invalid.spec, timeZone: 'Mars/Olympus' } };
  for (const { type, status, reason, message } of refusedStatus(never, acceptance(never), NOON, '2026c')
    .conditions ?? [])
    lines.add(`${type} ${status} ${reason}: ${message}`);
  const foreground = { kind: 'Foreground', since: '2027-06-05T10:00:00Z', finalizers: [] } as const;
  const left = { ...observed({ cluster: invalid, presencePods: READY_PODS }) };
  for (const kind of ['Foreground', 'Orphan'] as const)
    for (const { type, status, reason, message } of deletingStatus(left, { ...foreground, kind })
      .conditions ?? [])
      lines.add(`${type} ${status} ${reason}: ${message}`);
  const at = (line: string) => order.indexOf(line.slice(0, line.indexOf(' ')));
  return [...lines].sort((a, b) => at(a) - at(b));
}

function ofWeddings(): string[] {
  const wrong = wedding();
  return [
    wrong,
    { ...wrong, spec: { ...wrong.spec, timeZone: 'Mars/Olympus' } },
    { ...wrong, spec: { ...wrong.spec, date: '2027-02-30' } },
  ]
    .flatMap((each) => weddingStatus(each, NOON).conditions ?? [])
    .map(({ type, status, reason, message }) => `${type} ${status} ${reason}: ${message}`);
}

function ofRequests(): string[] {
  const spec = { presenceClusterName: 'wedsync', requestedBy: 'ada' };
  const scaling = { mode: 'Multipliers' as const, maxReplicas: 60 };
  const context = { taken: [], at: NOON, now: NOON, cluster: { scaling }, disconnects: 0 };
  const hold = { ...spec, type: 'HoldReplicas' as const, holdReplicas: { replicas: 80, for: '1h' } };
  const disconnect = (more: object) =>
    ({ ...spec, type: 'Disconnect', disconnect: { subject: 'u-17', ...more } }) as never;
  const counts = { pods: 3, podsInEffect: 2, closedConnections: 1 };
  const verdicts = [
    evaluateRequest({ ...spec, type: 'RefreshTopology' } as never, context),
    evaluateRequest(hold as never, context),
    evaluateRequest(hold as never, { ...context, cluster: { scaling: { ...scaling, mode: 'Off' } } }),
    evaluateRequest(hold as never, { ...context, now: later(1) }),
    evaluateRequest({ ...spec, type: 'Prewarm' } as never, context),
    evaluateRequest({ ...spec, type: 'Rebalance' } as never, {
      ...context,
      cluster: { scaling, frozenUntil: later(1) },
    }),
    evaluateRequest(hold as never, { ...context, cluster: undefined }),
    evaluateRequest(hold as never, { ...context, taken: Array(10).fill(NOON.getTime()) }),
    evaluateRequest(disconnect({}), context),
    evaluateRequest(disconnect({ tokens: 'IssuedBefore', wedding: 'ada', for: '2h' }), context),
    evaluateRequest(disconnect({ until: later(-1).toISOString() }), context),
    evaluateRequest(disconnect({ until: later(31).toISOString() }), context),
    evaluateRequest(disconnect({}), { ...context, disconnects: 128 }),
  ].map(
    (verdict) =>
      `Accepted ${verdict.kind === 'accepted' ? 'True Accepted' : `False ${verdict.reason}`}: ${verdict.message}`,
  );
  const effects = [
    inEffectCondition(undefined, 'Active'),
    inEffectCondition(undefined, 'Active', 'ConfigMap "wedsync-presence-weddings" is invalid'),
    inEffectCondition({ counts, waitsFor: 'wedsync-presence-b' }, 'Active'),
    inEffectCondition({ counts: { ...counts, podsInEffect: 3 }, waitsFor: undefined }, 'Active'),
    inEffectCondition(undefined, 'Done'),
  ].map(({ type, status, reason, message }) => `${type} ${status} ${reason}: ${message}`);
  return [...verdicts, ...effects];
}

/** One line per note; a note without a line does not compile. */
function ofEvents(): string[] {
  const lines: Record<keyof typeof EVENT_NOTES, string> = {
    scaled: EVENT_NOTES.scaled(4, 6, 'why'),
    released: EVENT_NOTES.released(['Deployment/wedsync-presence']),
    reverted: EVENT_NOTES.reverted('presence', 'pod p-2: ImagePullBackOff for 300 s', 'abc'),
    dataLost: EVENT_NOTES.dataLost(5461, 'No copy of shard 1 was left and spec.redis.allowDataLoss is set.'),
    redisSteps: EVENT_NOTES.redisSteps('All 6 pods are blank, forming the Redis Cluster', 6),
    failover: EVENT_NOTES.failover(1, 'wedsync-redis-1-1', 'why'),
    failoverDone: EVENT_NOTES.failoverDone(1, 'wedsync-redis-1-1', 480),
    takesOver: EVENT_NOTES.takesOver('wedsync-redis-1-1', 'why'),
    podForced: EVENT_NOTES.podForced('wedsync-redis-1-1', 'node-a'),
    replicaRenewed: EVENT_NOTES.replicaRenewed(
      { pod: 'wedsync-redis-0-1', shard: 0, to: ['c', 'd'] },
      { node: 'a', primaries: 2, shards: 3 },
    ),
    claimGrows: EVENT_NOTES.claimGrows('data-wedsync-redis-0-0', '1Gi', '2Gi'),
    claimReplaced: EVENT_NOTES.claimReplaced('data-wedsync-redis-0-0'),
    claimTemplateReplaced: EVENT_NOTES.claimTemplateReplaced('wedsync-redis-0'),
    configured: EVENT_NOTES.configured(['cluster-node-timeout 5000']),
    configuringFailed: EVENT_NOTES.configuringFailed('wedsync-redis-0-1', 'ERR unknown option'),
    passwordsFailed: EVENT_NOTES.passwordsFailed('wedsync-redis-0-1', 'connection refused'),
    reloadFailed: EVENT_NOTES.reloadFailed('wedsync-redis-0-1', 'connection refused'),
    certificateServed: EVENT_NOTES.certificateServed(['wedsync-redis-0-0', 'wedsync-redis-0-1']),
    policyRestored: EVENT_NOTES.policyRestored('ValidatingAdmissionPolicy freeze', 'it was deleted'),
  };
  return Object.entries(lines).map(([name, note]) => `${name}: ${note}`);
}

/** Every message of a condition and every note of an event with fixed variables, by kind, one per line. */
export function userMessages(): string {
  return [
    ['PresenceCluster', ofCluster()] as const,
    ['Wedding', ofWeddings()] as const,
    ['PresenceOptimization', ofRequests()] as const,
    ['Events', ofEvents()] as const,
  ]
    .map(([kind, lines]) => `# ${kind}\n\n${lines.join('\n')}\n`)
    .join('\n');
}
