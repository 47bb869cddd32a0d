import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askCertManager } from '../../../src/operator/credentials/cert-manager.ts';
import { getOrCreateSecret, writeSecret } from '../../../src/operator/credentials/own-secret.ts';
import { NamespaceFreezes } from '../../../src/operator/freeze-clock/namespace-freezes.ts';
import { writeKept } from '../../../src/operator/load/history-store.ts';
import { BackoffClient } from '../../../src/operator/memory/backoff-client.ts';
import { ClusterMemory } from '../../../src/operator/memory/cluster-memory.ts';
import { RefusedWrites } from '../../../src/operator/memory/refused-writes.ts';
import type { ClusterEvents } from '../../../src/operator/objects/cluster-events.ts';
import { CLIENT_TYPES } from '../../../src/operator/objects/kinds.ts';
import { writeStatus } from '../../../src/operator/objects/write-status.ts';
import { PolicyKeeper } from '../../../src/operator/policies/policy-keeper.ts';
import type { ReconcilePlan } from '../../../src/operator/presence-cluster/plan/reconcile-plan.ts';
import type { Stage, StageTools } from '../../../src/operator/presence-cluster/plan/stage.ts';
import { forceLostPods, renewRedisPod } from '../../../src/operator/presence-cluster/redis/maintain-redis.ts';
import { maintainClaims } from '../../../src/operator/presence-cluster/volumes/maintain-claims.ts';
import { recreateStatefulSet } from '../../../src/operator/presence-cluster/volumes/recreate-stateful-set.ts';
import { writeDeletionCosts } from '../../../src/operator/scaling/deletion-cost.ts';
import { createKubeClient, type KubeClient } from '../../../src/platform/kube/client.ts';
import { loadKubeConfig } from '../../../src/platform/kube/kubeconfig.ts';
import { builtin, type KubeObject } from '../../../src/platform/kube/resource.ts';
import { systemClock } from '../../../src/platform/runtime/clock.ts';
import { silentLogger } from '../../../src/platform/telemetry/log.ts';
import { planOf } from '../../support/condition-plans.ts';
import { eventually } from '../../support/eventually.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { NOON, pod, presenceCluster, redisPod } from '../../support/presence-cluster-builder.ts';
import { startApiAndClient } from '../api-client.ts';

const HOUR_MS = 3_600_000;
/** What fails is tried again within five seconds, and a change of any object may come at any time. */
const EVERY_MS = 5_000;
const MAX_REQUESTS_PER_HOUR = 10;
const POLICIES = { namespace: 'default', name: 'policies' };
const READS_ALL = [{ apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list'] }];

const { api, client: admin, stop } = await startApiAndClient();
/** Answers by their code, of a client that may read everything and write nothing. */
const answers: number[] = [];
const reader = createKubeClient({
  config: loadKubeConfig({ path: api.kubeconfig, context: 'visitor' }),
  clock: systemClock,
  types: CLIENT_TYPES,
  metrics: { observe: (_method, code) => void answers.push(code), warned: () => {} },
});

beforeAll(async () => {
  const group = 'rbac.authorization.k8s.io';
  const name = 'reads-all';
  const by = { fieldManager: 'test' };
  const apply = (kind: string, rest: object) =>
    admin.apply({ apiVersion: `${group}/v1`, kind, metadata: { name }, ...rest } as KubeObject, by);
  await apply('ClusterRole', { rules: READS_ALL });
  await apply('ClusterRoleBinding', {
    roleRef: { apiGroup: group, kind: 'ClusterRole', name },
    subjects: [{ apiGroup: group, kind: 'User', name: 'visitor' }],
  });
  const policy = `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: ours}
spec: {policyName: ours, validationActions: [Deny]}`;
  const data = { 'policies.yaml': policy };
  await admin.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: POLICIES, data } as KubeObject, by);
  await eventually({ what: 'the right to read', withinSeconds: 60 }, async () => {
    return (await reader.get(builtin.ConfigMap, POLICIES.namespace, POLICIES.name)) !== undefined;
  });
}, 120_000);

afterAll(async () => {
  await reader.close();
  await stop();
});

interface Try {
  client: KubeClient;
  tools: StageTools;
  signal: AbortSignal;
  round: number;
}

const cluster = presenceCluster();
const { namespace, name } = cluster.metadata;
const withSpec = (redis: object) => planOf({ cluster: presenceCluster({ redis }) });
const stage =
  (run: Stage['run'], plan: ReconcilePlan) =>
  ({ tools }: Try): Promise<void> =>
    run(plan, tools);

function volumes(change: object): ReconcilePlan {
  const plan = planOf({ cluster });
  const [set] = plan.desired.workloads.filter(({ manifest: { kind } }) => kind === 'StatefulSet');
  if (set === undefined) throw new Error('no StatefulSet is planned');
  const live = { ...set.manifest, metadata: { ...set.manifest.metadata, uid: 'u' } } as KubeObject;
  const children = new Map([[`StatefulSet/${live.metadata.name}`, live]]);
  const wanted = { change: [], replace: [], recreate: { name: live.metadata.name }, ...change };
  return {
    ...plan,
    observed: { ...plan.observed, children },
    desired: { ...plan.desired, volumes: wanted as unknown as ReconcilePlan['desired']['volumes'] },
  };
}

const PODS = [redisPod(0, 1)];
const CLAIM = { name: 'data-wedsync-redis-0-0', uid: 'u', size: '1Gi' };
const lost = withSpec({ forceDeleteOnNodeLoss: true });
const renewal = planOf({ redisPods: PODS }, { kind: 'renew', pod: 'wedsync-redis-0-1', because: 'a test' });
const secret = (password: string) => ({
  apiVersion: 'v1' as const,
  kind: 'Secret' as const,
  metadata: { name: 'made', namespace, labels: {} },
  stringData: { password },
});

/** Every way in which the operator writes, beside those that its stages send by `sendAll`. */
const WRITES: Record<string, (attempt: Try) => Promise<unknown>> = {
  'a StatefulSet that is recreated': stage(recreateStatefulSet, volumes({})),
  'a pod that is renewed': stage(renewRedisPod, renewal),
  'a pod on a lost node': stage(forceLostPods, {
    ...lost,
    observed: { ...lost.observed, lostPods: PODS },
  }),
  'a pod that is evicted': ({ client, signal }) => client.evict(namespace, 'p', { uid: 'u', signal }),
  'the size of a claim': stage(
    maintainClaims,
    volumes({ change: [{ claim: CLAIM, size: '2Gi', labels: {}, annotations: {} }] }),
  ),
  'the number of pods, another at each try': ({ client, round, signal }) =>
    client.applyScale(builtin.Deployment, namespace, name, round, { fieldManager: 'test', signal }),
  'the deletion cost of a pod, another at each try': ({ client, round, signal }) =>
    writeDeletionCosts(client, [{ pod: pod('p-1', 'presence'), cost: round }], signal),
  'a Secret that is made, with other passwords at each try': ({ client, round, signal }) =>
    getOrCreateSecret({ client, cluster, signal }, 'made', () => secret(`${round}`) as never),
  'a Secret that is changed': ({ client, round, signal }) =>
    writeSecret({ client, signal }, secret(`${round}`) as never, '1'),
  'a Certificate': ({ client, signal }) =>
    askCertManager({ client, cluster, signal }, { name: 'issuer', kind: 'Issuer', group: 'cert-manager.io' }),
  'a ConfigMap, with other data at each try': ({ client, round, signal }) =>
    writeKept(client, cluster, { name: 'kept', data: { round: `${round}` }, fieldManager: 'test' }, signal),
  'a status, with other times at each try': ({ client, round, signal }) =>
    writeStatus(client, cluster, { observedGeneration: 1, observedAt: round }, signal),
  'the annotations of a Namespace': ({ client, round, signal }) =>
    new NamespaceFreezes({ client, exists: () => true }).write(
      'default',
      name,
      { windows: `${round}`, overrides: '' },
      signal,
    ),
};

function attemptBy(clock: ManualClock): Omit<Try, 'round'> {
  const client = new BackoffClient(reader, new RefusedWrites(), clock);
  const { signal } = new AbortController();
  const events = { record: () => {} } as unknown as ClusterEvents;
  const results = { refused: [] };
  const tools = { client, memory: new ClusterMemory(), events, clock, signal, results };
  return { client, signal, tools: tools as unknown as StageTools };
}

describe('what the API server refuses for an hour costs at most ten requests', () => {
  it.each(Object.entries(WRITES))('%s', async (_, write) => {
    const clock = new ManualClock(NOON);
    const attempt = attemptBy(clock);
    answers.length = 0;
    for (let round = 0; round * EVERY_MS < HOUR_MS; round++) {
      await write({ ...attempt, round }).catch(() => {});
      await clock.advance(EVERY_MS);
    }
    const refused = answers.filter((code) => code === 403);
    expect(refused.length).toBeGreaterThan(1);
    // The annotations of a Namespace are read each time, because others write to it.
    if (write !== WRITES['the annotations of a Namespace'])
      expect(answers.length).toBeLessThanOrEqual(MAX_REQUESTS_PER_HOUR);
    expect(refused.length).toBeLessThanOrEqual(MAX_REQUESTS_PER_HOUR);
  });

  it('an admission policy, checked as often as its keeper says', async () => {
    const clock = new ManualClock(NOON);
    const { client, signal } = attemptBy(clock);
    const metrics = { restored: () => {}, warnings: () => {}, inForce: () => {} };
    const keeper = new PolicyKeeper({
      client,
      configMap: POLICIES,
      metrics,
      events: { record: () => {} },
      onReadable: () => {},
    });
    answers.length = 0;
    let looks = 0;
    while (clock.monotonicMs() < HOUR_MS) {
      looks += 1;
      const outcome = await keeper.reconcile('policies', {
        signal,
        log: silentLogger(),
        reconcileID: 'test',
      });
      if (outcome.kind !== 'requeueAfter') throw new Error('it does not come back');
      await clock.advance(outcome.ms);
    }
    expect(answers).toContain(403);
    // Each look also reads the ConfigMap.
    expect(answers.length - looks).toBeLessThanOrEqual(MAX_REQUESTS_PER_HOUR);
  });
});

it('what is allowed again is written at the next try, and at once when a person asks for it', async () => {
  const clock = new ManualClock(NOON);
  const refused = new RefusedWrites();
  const asReader = new BackoffClient(reader, refused, clock);
  const asAdmin = new BackoffClient(admin, refused, clock);
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'asked', namespace: 'default' } };
  const own = (retry: string) => ({
    ...cluster,
    metadata: {
      ...cluster.metadata,
      namespace: 'default',
      annotations: { 'presence.wedsync.io/retry': retry },
    },
  });
  refused.ask(own('1'));
  const write = (client: KubeClient) => client.apply(object, { fieldManager: 'test' });
  await expect(write(asReader)).rejects.toMatchObject({ code: 403 });
  await expect(write(asAdmin)).rejects.toMatchObject({ code: 403 });
  refused.ask(own('1'));
  await expect(write(asAdmin)).rejects.toMatchObject({ code: 403 });
  refused.ask(own('2'));
  await expect(write(asAdmin)).resolves.toMatchObject({ metadata: { name: 'asked' } });

  await expect(write(asReader)).rejects.toMatchObject({ code: 403 });
  await clock.advance(EVERY_MS);
  await expect(write(asAdmin)).resolves.toMatchObject({ metadata: { name: 'asked' } });
});
