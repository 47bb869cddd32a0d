import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Condition, WEEKDAYS } from '../../../src/api/schema/fields.ts';
import { API_VERSION } from '../../../src/api/schema/group.ts';
import { type ChartOperator, startChartOperator } from './chart-operator.ts';
import {
  ADMIN,
  JSON_PATCH,
  MERGE_PATCH,
  type PolicyServer,
  STRATEGIC_PATCH,
  startPolicyServer,
  until,
} from './policy-server.ts';
import { ACTORS, apps, CLUSTER, core, NAMESPACE, ours, RIGHTS } from './wedding-world.ts';

const HOUR_MS = 3_600_000;
const DEPLOYMENT = apps('deployments', `${CLUSTER}-presence`);
const OWN = ours('presenceclusters', CLUSTER);
const FREEZE = ours('rolloutfreezes', CLUSTER);
const SAFE = 'cluster-autoscaler.kubernetes.io/safe-to-evict';
const DISRUPT = 'karpenter.sh/do-not-disrupt';
const RELEASE_LIMIT_MS = 5_000;
/** For the operator's pass and its answer to be seen, on a loaded machine, from the moment that status names. */
const PASS_LIMIT_MS = 30_000;
/** How long before its end the freeze is made so short: the operator has to write that first. */
const ENDS_IN_MS = 45_000;
/** Requests that are taken of each minute. */
const REQUESTS_A_MINUTE = 10;

let server: PolicyServer;
let operator: ChartOperator;

const get = async (path: string) => (await server.ask(ADMIN, { method: 'GET', path })).body;
const imageOf = async () => (await get(DEPLOYMENT)).spec.template.spec.containers[0].image;
const conditionOf = async (type: string): Promise<Condition | undefined> =>
  (await get(OWN)).status?.conditions?.find((condition: Condition) => condition.type === type);
const patchOwn = (spec: object) =>
  server.must(ADMIN, { method: 'PATCH', path: OWN, type: MERGE_PATCH, body: { spec } });

/** A confirmed wedding in UTC. */
async function makeWedding(name: string, ceremony: Date, ends: Date): Promise<void> {
  const time = (instant: Date) => instant.toISOString().slice(11, 16);
  const spec = {
    date: ceremony.toISOString().slice(0, 10),
    timeZone: 'UTC',
    state: 'Confirmed',
    ceremony: time(ceremony),
    ends: time(ends),
    team: { photographer: 1 },
  };
  const body = { apiVersion: API_VERSION, kind: 'Wedding', metadata: { name }, spec };
  await server.must(ADMIN, { method: 'POST', path: ours('weddings'), body });
}

const setState = (name: string, state: string) =>
  server.must(ADMIN, {
    method: 'PATCH',
    path: ours('weddings', name),
    type: MERGE_PATCH,
    body: { spec: { state } },
  });

/** A pod as a ReplicaSet makes it from the template, running. */
async function makePod(name: string, annotations: Record<string, string> = {}): Promise<void> {
  const { template } = (await get(DEPLOYMENT)).spec;
  const metadata = { name, labels: template.metadata.labels, annotations };
  const body = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec: { ...template.spec, serviceAccountName: 'default' },
  };
  await server.must(ACTORS.replicaSetController, {
    method: 'POST',
    path: core('pods', '').slice(0, -1),
    body,
  });
  await server.must(ADMIN, {
    method: 'PATCH',
    path: `${core('pods', name)}/status`,
    type: STRATEGIC_PATCH,
    body: { status: { phase: 'Running' } },
  });
}

async function annotationsOf(pod: string): Promise<Record<string, string>> {
  return (await get(core('pods', pod))).metadata.annotations ?? {};
}

const CONTROLLER_RIGHTS = [
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'controllers' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [ACTORS.replicaSetController, ACTORS.garbageCollector].map(({ user: name }) => ({
      apiGroup: 'rbac.authorization.k8s.io',
      kind: 'User',
      name,
    })),
  },
];

beforeAll(async () => {
  server = await startPolicyServer([...RIGHTS, ...CONTROLLER_RIGHTS]);
  operator = await startChartOperator(server);
  const spec = {
    timeZone: 'UTC',
    scaling: { baselineReplicas: 4, seasonMultipliers: { '1': 1 }, peaks: [] },
    freeze: { days: WEEKDAYS, before: '12h', after: '12h' },
  };
  const body = { apiVersion: API_VERSION, kind: 'PresenceCluster', metadata: { name: CLUSTER }, spec };
  await server.must(ADMIN, { method: 'POST', path: ours('presenceclusters'), body });
  await until('the Deployment is there, and has its number of pods', async () =>
    (await get(DEPLOYMENT)).metadata.managedFields.some(
      ({ manager }: { manager: string }) => manager === 'presence-autoscaler',
    ),
  );
  await makePod('before');
  await makePod('by-template', { [SAFE]: 'false', [DISRUPT]: 'false' });
});

afterAll(async () => {
  await operator?.stop();
  await server?.stop();
});

describe('a freeze with the operator up', () => {
  it('marks live pods against drains, without a roll and past its own policies', async () => {
    const { generation } = (await get(DEPLOYMENT)).metadata;
    await makeWedding('now', new Date(Date.now() - HOUR_MS), new Date(Date.now() + HOUR_MS));
    await until('frozen', async () => (await get(FREEZE)).spec.phase === 'Frozen');
    await until('marked', async () => (await annotationsOf('before'))[DISRUPT] === 'true');
    expect(await annotationsOf('before')).toMatchObject({ [SAFE]: 'false', [DISRUPT]: 'true' });
    await until('marked', async () => (await annotationsOf('by-template'))[DISRUPT] === 'true');
    await makePod('during');
    await until('a new pod is marked', async () => (await annotationsOf('during'))[SAFE] === 'false');
    expect((await get(DEPLOYMENT)).metadata.generation).toBe(generation);
    const { managedFields } = (await get(core('pods', 'before'))).metadata;
    expect(managedFields.map(({ manager }: { manager: string }) => manager)).toContain('presence-freeze');
  });

  it('has its RolloutFreeze back when that is deleted or edited by somebody whom the policies let pass', async () => {
    const { metadata, spec } = await get(FREEZE);
    await server.must(ACTORS.garbageCollector, { method: 'DELETE', path: FREEZE });
    await until('it is there again', async () => (await get(FREEZE)).spec?.phase === 'Frozen');
    const again = await get(FREEZE);
    expect(again.metadata.uid).not.toBe(metadata.uid);
    expect(again.spec.windows).toEqual(spec.windows);
    for (const body of [
      [{ op: 'replace', path: '/spec/windows', value: [] }],
      [{ op: 'replace', path: '/spec/phase', value: 'Open' }],
      [{ op: 'replace', path: '/spec/floor', value: 0 }],
      [{ op: 'remove', path: '/metadata/labels' }],
    ]) {
      await server.must(ACTORS.garbageCollector, { method: 'PATCH', path: FREEZE, type: JSON_PATCH, body });
      await until(`it is put right: ${JSON.stringify(body)}`, async () => {
        const { metadata: now, spec: found } = await get(FREEZE);
        return (
          found.phase === 'Frozen' &&
          found.floor === spec.floor &&
          JSON.stringify(found.windows) === JSON.stringify(spec.windows) &&
          now.labels?.['presence.wedsync.io/cluster'] === CLUSTER
        );
      });
    }
  });

  it('holds pods by request also while frozen, and forges no name', async () => {
    const request = (requestedBy: string, name: string, replicas = 30) => ({
      method: 'POST',
      path: ours('presenceoptimizations'),
      body: {
        apiVersion: API_VERSION,
        kind: 'PresenceOptimization',
        metadata: { name },
        spec: {
          presenceClusterName: CLUSTER,
          requestedBy,
          type: 'HoldReplicas',
          holdReplicas: { replicas, for: '1h' },
        },
      },
    });
    // The API server takes a moment to learn of policies that are new.
    const forge = () => server.ask(ACTORS.ci, { ...request(ADMIN.user, 'forged'), dryRun: true });
    await until('the policy is in force', async () => (await forge()).code === 403);
    const forged = await forge();
    expect([forged.code, forged.message]).toEqual([
      403,
      expect.stringContaining('a request is made in your own name'),
    ]);
    const before = (await get(DEPLOYMENT)).spec.replicas;
    await server.must(ACTORS.ci, request(ACTORS.ci.user, 'hold'));
    await until('scaled out', async () => (await get(DEPLOYMENT)).spec.replicas === 30);
    await until(
      'it says so',
      async () => (await get(ours('presenceoptimizations', 'hold'))).status?.phase === 'Active',
    );
    await until('others cannot undercut it', async () => (await get(FREEZE)).spec.floor === 30);
    await server.must(ACTORS.ci, { method: 'DELETE', path: ours('presenceoptimizations', 'hold') });
    await until('scaled in', async () => (await get(DEPLOYMENT)).spec.replicas === before);
  });

  it('costs a flood of requests no pass, and tells ten of its refusals at once', async () => {
    const one = (index: number) =>
      server.must(ACTORS.ci, {
        method: 'POST',
        path: ours('presenceoptimizations'),
        body: {
          apiVersion: API_VERSION,
          kind: 'PresenceOptimization',
          metadata: { name: `flood-${index}` },
          spec: { presenceClusterName: CLUSTER, requestedBy: ACTORS.ci.user, type: 'RefreshTopology' },
        },
      });
    const lookAt = async (pattern: RegExp) => Number(pattern.exec(await operator.metrics())?.[1] ?? 0);
    const taken = /presence_optimization_requests_total\{type="RefreshTopology",result="Accepted"\} (\d+)/;
    const limited =
      /presence_optimization_requests_total\{type="RefreshTopology",result="RateLimited"\} (\d+)/;
    const passes =
      /controller_runtime_reconcile_total\{[^}]*controller="presencecluster"[^}]*result="requeue_after"[^}]*\} (\d+)/;
    const passesBefore = await lookAt(passes);
    const begunMs = performance.now();
    for (let round = 0; round < 20; round += 1) {
      await Promise.all(Array.from({ length: 10 }, (_, index) => one(round * 10 + index)));
    }
    // One whose status could not be written is judged once more.
    await until('all are judged', async () => (await lookAt(limited)) + (await lookAt(taken)) >= 200);
    const seconds = (performance.now() - begunMs) / 1000;
    // The hold before was one of the ten of this minute, unless that has passed.
    const mostTaken = REQUESTS_A_MINUTE * (Math.floor(seconds / 60) + 2);
    expect(await lookAt(taken)).toBeLessThanOrEqual(mostTaken);
    expect(await lookAt(limited)).toBeGreaterThanOrEqual(200 - mostTaken);
    // Each that is taken may cause a pass, or a few; pods that never answer cause one a second.
    const passesAfter = await lookAt(passes);
    const secondsAfter = (performance.now() - begunMs) / 1000;
    expect(passesAfter).toBeLessThan(passesBefore + 40 + mostTaken + secondsAfter);
    expect(passesBefore).toBeGreaterThan(0);
    const refused = async () =>
      (await get(ours('presenceoptimizations'))).items.filter(
        ({ status }: { status?: { reason?: string } }) => status?.reason === 'RateLimited',
      );
    await until('some are told', async () => (await refused()).length >= 10);
    for (const { status } of await refused()) {
      expect(status).toMatchObject({ phase: 'Refused', retryAfter: expect.stringMatching(/Z$/) });
    }
  });

  it('leaves every workload as it is when an operator is replaced, in the freeze and after it', async () => {
    const paths = [
      DEPLOYMENT,
      ...[0, 1, 2].map((shard) => apps('statefulsets', `${CLUSTER}-redis-${shard}`)),
    ];
    const versions = () => Promise.all(paths.map(async (path) => (await get(path)).metadata.generation));
    const before = await versions();
    for (let restart = 0; restart < 2; restart += 1) {
      await operator.stop();
      operator = await startChartOperator(server);
      await until('it has looked', async () =>
        /controller_runtime_reconcile_total\{[^}]*presencecluster[^}]*\} [1-9]/.test(
          await operator.metrics(),
        ),
      );
      expect(await versions()).toEqual(before);
    }
  });

  it('lets its rollout out within 5 s of the end, when status said, and takes the marks away', async () => {
    await patchOwn({ presence: { image: 'presence:2' } });
    await until('held', async () => (await conditionOf('RolloutHeld'))?.status === 'True');
    // A second wedding ended in this minute; `after` ends its freeze soon.
    const ended = Math.floor(Date.now() / 60_000) * 60_000;
    await makeWedding('soon', new Date(ended - 2 * HOUR_MS), new Date(ended));
    const end = Math.ceil(Date.now() / 1000) * 1000 + ENDS_IN_MS;
    await patchOwn({ freeze: { after: `${(end - ended) / 1000}s` } });
    await setState('now', 'Cancelled');
    const ends = new Date(end).toISOString().replace('.000Z', 'Z');
    await until('the freeze is short', async () => (await get(FREEZE)).spec.windows[0]?.until === ends);
    let goesOut = '';
    await until('it says when it goes out', async () => {
      goesOut = (await get(OWN)).status.held[0]?.until ?? '';
      return Date.parse(goesOut) < end + RELEASE_LIMIT_MS;
    });
    expect(Date.parse(goesOut)).toBeGreaterThanOrEqual(end);
    await until(
      'released',
      async () => (await imageOf()) === 'presence:2',
      ENDS_IN_MS + RELEASE_LIMIT_MS + PASS_LIMIT_MS,
    );
    const released = Date.now();
    expect(released).toBeGreaterThanOrEqual(Date.parse(goesOut));
    expect(released).toBeLessThan(Date.parse(goesOut) + PASS_LIMIT_MS);
    await until('unmarked', async () => (await annotationsOf('before'))[SAFE] === undefined);
    await until('unmarked', async () => (await annotationsOf('during'))[SAFE] === undefined);
    expect(await annotationsOf('before')).toEqual({});
    await until(
      'as the template had it',
      async () => (await annotationsOf('by-template'))[DISRUPT] === 'false',
    );
    expect(await annotationsOf('by-template')).toEqual({ [SAFE]: 'false', [DISRUPT]: 'false' });
  });
});

describe('the namespace of the test', () => {
  it('had no object of ours refused', async () => {
    const { items } = await get(`/apis/events.k8s.io/v1/namespaces/${NAMESPACE}/events`);
    const failed = items.filter(({ reason }: { reason: string }) => reason === 'ApplyFailed');
    expect(failed.map(({ note }: { note: string }) => note)).toEqual([]);
  });
});
