import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Condition, WEEKDAYS } from '../../src/api/v1alpha1/fields.ts';
import { API_VERSION } from '../../src/api/v1alpha1/group.ts';
import { parseConfig } from '../../src/operator/config.ts';
import { OWN_TYPES } from '../../src/operator/kinds.ts';
import { createOperator, type Operator } from '../../src/operator/operator.ts';
import { createKubeClient, type KubeClient } from '../../src/platform/kube/client.ts';
import { loadKubeConfig } from '../../src/platform/kube/kubeconfig.ts';
import { systemClock } from '../../src/platform/runtime/clock.ts';
import { silentLogger } from '../../src/platform/telemetry/log.ts';
import { createMetrics } from '../../src/platform/telemetry/metrics.ts';
import {
  type Actor,
  ADMIN,
  type Answer,
  MERGE_PATCH,
  type PolicyServer,
  RELEASE,
  STRATEGIC_PATCH,
  startPolicyServer,
  until,
} from './admission/policy-server.ts';
import { ACTORS, apps, CLUSTER, inSeconds, NAMESPACE, ours, RIGHTS } from './admission/wedding-world.ts';

const DEPLOYMENT = apps('deployments', `${CLUSTER}-presence`);
const OWN = ours('presenceclusters', CLUSTER);
const FREEZE = ours('rolloutfreezes', CLUSTER);
const HOUR = 3600;

let server: PolicyServer;
let client: KubeClient;
let operator: Operator;
let running: Promise<void>;
const metrics = createMetrics({ processMetrics: false });
const stop = new AbortController();

beforeAll(async () => {
  server = await startPolicyServer(RIGHTS);
  client = createKubeClient({
    config: loadKubeConfig({ path: await operatorKubeconfig() }),
    clock: systemClock,
    types: OWN_TYPES,
  });
  operator = createOperator({
    config: parseConfig({ PRESENCE_IMAGE: 'presence:1', LEADER_ELECTION: 'false' }),
    ...{ client, clock: systemClock, log: silentLogger(), metrics, identity: 'test' },
  });
  running = operator.manager.run(stop.signal);
  const spec = {
    timeZone: 'UTC',
    scaling: { baselineReplicas: 4, seasonMultipliers: { '1': 1 }, peaks: [] },
    freeze: { days: WEEKDAYS, before: '12h', after: '12h' },
  };
  const body = { apiVersion: API_VERSION, kind: 'PresenceCluster', metadata: { name: CLUSTER }, spec };
  await server.must(ADMIN, { method: 'POST', path: ours('presenceclusters'), body });
  await until('the Deployment is there', async () => (await get(DEPLOYMENT)).code === 200);
}, 120_000);

afterAll(async () => {
  stop.abort();
  await running;
  operator?.close();
  await client?.close();
  await server?.stop();
});

/** The service account that the chart makes, with a token as its pod would have. */
async function operatorKubeconfig(): Promise<string> {
  const { server: url, ca, kubeconfig } = server.kinds.server;
  const account = `/api/v1/namespaces/${RELEASE.namespace}/serviceaccounts/${RELEASE.name}/token`;
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
  const { body } = await server.must(ADMIN, { method: 'POST', path: account, body: request });
  const file = path.join(path.dirname(kubeconfig), 'operator.kubeconfig');
  const cluster = { server: url, 'certificate-authority-data': Buffer.from(ca).toString('base64') };
  const config = {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'operator' },
    clusters: [{ name: 'test', cluster }],
    users: [{ name: 'operator', user: { token: body.status.token } }],
    contexts: [{ name: 'operator', context: { cluster: 'test', user: 'operator' } }],
  };
  await writeFile(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}

const get = (target: string): Promise<Answer> => server.ask(ADMIN, { method: 'GET', path: target });
const imageOf = async (): Promise<string> =>
  (await get(DEPLOYMENT)).body.spec.template.spec.containers[0].image;
const conditionOf = async (type: string): Promise<Condition | undefined> =>
  (await get(OWN)).body.status?.conditions?.find((condition: Condition) => condition.type === type);

let tries = 0;
const setImage = (actor: Actor): Promise<Answer> =>
  server.ask(actor, {
    ...{
      method: 'PATCH',
      path: DEPLOYMENT,
      type: STRATEGIC_PATCH,
      dryRun: true,
      fieldManager: `try-${++tries}`,
    },
    body: { spec: { template: { spec: { containers: [{ name: 'presence', image: 'mine:1' }] } } } },
  });

/** A wedding that began an hour ago. */
const wedding = (state: string) => {
  const ceremony = new Date(Date.now() - HOUR * 1000).toISOString();
  const [date, time] = [ceremony.slice(0, 10), ceremony.slice(11, 16)];
  const spec = { date, timeZone: 'UTC', ceremony: time, ends: time, state, team: { photographer: 1 } };
  return { apiVersion: API_VERSION, kind: 'Wedding', metadata: { name: 'now' }, spec };
};

describe('the operator behind its own policies', () => {
  it('publishes the freeze, which then holds against others, and holds its own rollout', async () => {
    expect((await setImage(ACTORS.ci)).code).toBe(200);
    await server.must(ADMIN, { method: 'POST', path: ours('weddings'), body: wedding('Confirmed') });
    await until('frozen', async () => (await get(FREEZE)).body.spec.phase === 'Frozen');
    const { spec } = (await get(FREEZE)).body;
    expect(spec).toMatchObject({ floor: expect.any(Number), overrides: [], heartbeat: expect.any(String) });
    await until('refused', async () => (await setImage(ACTORS.ci)).code === 403);
    expect((await setImage(ACTORS.ci)).message).toContain(`(1 wedding: ${spec.windows[0].weddings[0]})`);

    await server.must(ADMIN, {
      ...{ method: 'PATCH', path: OWN, type: MERGE_PATCH },
      body: { spec: { presence: { image: 'presence:2' } } },
    });
    await until('held', async () => (await conditionOf('RolloutHeld'))?.status === 'True');
    expect(await imageOf()).toBe('presence:1');
  });

  it('scales while it is frozen, and nobody else scales below its floor', async () => {
    const { floor } = (await get(FREEZE)).body.spec;
    const scale = (replicas: number) => ({
      ...{ method: 'PATCH', path: `${DEPLOYMENT}/scale`, type: MERGE_PATCH, body: { spec: { replicas } } },
    });
    expect((await server.ask(ACTORS.ci, scale(floor - 1))).code).toBe(403);
    await server.must(ADMIN, {
      ...{ method: 'PATCH', path: OWN, type: MERGE_PATCH },
      body: { spec: { scaling: { minReplicas: 40 } } },
    });
    await until('scaled out', async () => (await get(DEPLOYMENT)).body.spec.replicas === 40);
    await server.must(ADMIN, {
      ...{ method: 'PATCH', path: OWN, type: MERGE_PATCH },
      body: { spec: { scaling: { minReplicas: 1 } } },
    });
    await until('scaled in', async () => (await get(DEPLOYMENT)).body.spec.replicas === floor);
  });

  it('lets its own rollout out for an override, opens for its user, and closes when it is deleted', async () => {
    const override = {
      apiVersion: API_VERSION,
      kind: 'RolloutOverride',
      metadata: { name: 'incident' },
      spec: {
        ...{ presenceClusterName: CLUSTER, requestedBy: ACTORS.onCall.user, ticket: 'OPS-1234' },
        ...{ reason: 'the signing key leaked', expiresAt: inSeconds(HOUR) },
      },
    };
    await server.must(ACTORS.onCall, { method: 'POST', path: ours('rolloutoverrides'), body: override });
    await until('released', async () => (await imageOf()) === 'presence:2');
    expect((await setImage(ACTORS.onCall)).code).toBe(200);
    expect((await setImage(ACTORS.ci)).code).toBe(403);
    await until('told', async () => (await conditionOf('BreakGlass'))?.status === 'True');
    expect((await conditionOf('BreakGlass'))?.message).toContain(
      'incident of on-call@example.org, ticket OPS-1234',
    );
    const path = ours('rolloutoverrides', 'incident');
    await until('active', async () => (await get(path)).body.status?.conditions[0].status === 'True');
    const metric = 'presence_breakglass_active{namespace="weddings",presencecluster="wedsync"} 1';
    expect(await metrics.registry.metrics()).toContain(metric);

    await server.must(ACTORS.onCall, { method: 'DELETE', path });
    await until('closed', async () => (await setImage(ACTORS.onCall)).code === 403);
    expect((await get(FREEZE)).body.spec.overrides).toEqual([]);
  });

  it('writes its RolloutFreeze again when a holder of the verb has added to it', async () => {
    const value = {
      ...{ name: 'by-hand', user: ACTORS.onCall.user, ticket: 'OPS-1', scope: ['Delete'] },
      ...{ from: inSeconds(0), until: inSeconds(HOUR) },
    };
    await server.must(ACTORS.onCall, {
      ...{ method: 'PATCH', path: FREEZE, type: 'application/json-patch+json' },
      body: [{ op: 'add', path: '/spec/overrides/-', value }],
    });
    await until('written again', async () => (await get(FREEZE)).body.spec.overrides.length === 0);
  });

  it('opens within five seconds of a wedding that is called off, and was never refused itself', async () => {
    await server.must(ADMIN, {
      ...{ method: 'PATCH', path: OWN, type: MERGE_PATCH },
      body: { spec: { presence: { image: 'presence:3' } } },
    });
    await until('held', async () => (await conditionOf('RolloutHeld'))?.status === 'True');
    const path = ours('weddings', 'now');
    await server.must(ADMIN, {
      method: 'PATCH',
      path,
      type: MERGE_PATCH,
      body: { spec: { state: 'Cancelled' } },
    });
    await until('released', async () => (await imageOf()) === 'presence:3', 5_000);
    await until('open', async () => (await setImage(ACTORS.ci)).code === 200, 5_000);
    await operator.events.flush();
    const events = (await get(`/apis/events.k8s.io/v1/namespaces/${NAMESPACE}/events`)).body.items;
    const reasons = events.map(({ reason }: { reason: string }) => reason);
    expect(reasons).toEqual(expect.arrayContaining(['OverrideOpened', 'WeddingActive', 'RolloutReleased']));
    const failed = events.filter(({ reason }: { reason: string }) => reason === 'ApplyFailed');
    expect(failed.map(({ note }: { note: string }) => note)).toEqual([]);
  });
});
