import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Condition, WEEKDAYS } from '../../../src/api/schema/fields.ts';
import { API_VERSION } from '../../../src/api/schema/group.ts';
import { type ChartOperator, startChartOperator } from './chart-operator.ts';
import {
  ADMIN,
  type Answer,
  MERGE_PATCH,
  type PolicyServer,
  startPolicyServer,
  until,
} from './policy-server.ts';
import { tryImage } from './tries.ts';
import { ACTORS, apps, CLUSTER, inSeconds, NAMESPACE, ours, RIGHTS } from './wedding-world.ts';

const DEPLOYMENT = apps('deployments', `${CLUSTER}-presence`);
const OWN = ours('presenceclusters', CLUSTER);
const FREEZE = ours('rolloutfreezes', CLUSTER);
const HOUR = 3600;
/** The promise, and what a loaded machine may add to it; without a timer of its own the operator would look after minutes. */
const OPENS_WITHIN_MS = 5_000;
const SLACK_MS = 20_000;

let server: PolicyServer;
let operator: ChartOperator;

beforeAll(async () => {
  server = await startPolicyServer(RIGHTS);
  operator = await startChartOperator(server);
  const spec = {
    timeZone: 'UTC',
    scaling: { baselineReplicas: 4, seasonMultipliers: { '1': 1 }, peaks: [] },
    freeze: { days: WEEKDAYS, before: '12h', after: '12h' },
  };
  const body = { apiVersion: API_VERSION, kind: 'PresenceCluster', metadata: { name: CLUSTER }, spec };
  await server.must(ADMIN, { method: 'POST', path: ours('presenceclusters'), body });
  await until('the Deployment is there', async () => (await get(DEPLOYMENT)).code === 200);
});

afterAll(() => server?.stop());

const get = (target: string): Promise<Answer> => server.ask(ADMIN, { method: 'GET', path: target });
const imageOf = async (): Promise<string> =>
  (await get(DEPLOYMENT)).body.spec.template.spec.containers[0].image;
const conditionOf = async (type: string): Promise<Condition | undefined> =>
  (await get(OWN)).body.status?.conditions?.find((condition: Condition) => condition.type === type);

/** A wedding that began an hour ago. */
const wedding = (state: string) => {
  const ceremony = new Date(Date.now() - HOUR * 1000).toISOString();
  const [date, time] = [ceremony.slice(0, 10), ceremony.slice(11, 16)];
  const spec = { date, timeZone: 'UTC', ceremony: time, ends: time, state, team: { photographer: 1 } };
  return { apiVersion: API_VERSION, kind: 'Wedding', metadata: { name: 'now' }, spec };
};

describe('the operator behind its own policies', () => {
  it('publishes the freeze, which then holds against others, and holds its own rollout', async () => {
    expect((await tryImage(server, ACTORS.ci)).code).toBe(200);
    await server.must(ADMIN, { method: 'POST', path: ours('weddings'), body: wedding('Confirmed') });
    await until('frozen', async () => (await get(FREEZE)).body.spec.phase === 'Frozen');
    const { spec } = (await get(FREEZE)).body;
    expect(spec).toMatchObject({ floor: expect.any(Number), overrides: [], heartbeat: expect.any(String) });
    await until('refused', async () => (await tryImage(server, ACTORS.ci)).code === 403);
    expect((await tryImage(server, ACTORS.ci)).message).toContain(
      `(1 wedding: ${spec.windows[0].weddings[0]})`,
    );

    await server.must(ADMIN, {
      method: 'PATCH',
      path: OWN,
      type: MERGE_PATCH,
      body: { spec: { presence: { image: 'presence:2' } } },
    });
    await until('held', async () => (await conditionOf('RolloutHeld'))?.status === 'True');
    expect(await imageOf()).toBe('presence:1');
  });

  it('scales while it is frozen, and nobody else scales below its floor', async () => {
    const { floor } = (await get(FREEZE)).body.spec;
    const scale = (replicas: number) => ({
      method: 'PATCH',
      path: `${DEPLOYMENT}/scale`,
      type: MERGE_PATCH,
      body: { spec: { replicas } },
    });
    expect((await server.ask(ACTORS.ci, scale(floor - 1))).code).toBe(403);
    await server.must(ADMIN, {
      method: 'PATCH',
      path: OWN,
      type: MERGE_PATCH,
      body: { spec: { scaling: { minReplicas: 40 } } },
    });
    await until('scaled out', async () => (await get(DEPLOYMENT)).body.spec.replicas === 40);
    await server.must(ADMIN, {
      method: 'PATCH',
      path: OWN,
      type: MERGE_PATCH,
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
        presenceClusterName: CLUSTER,
        requestedBy: ACTORS.onCall.user,
        ticket: 'OPS-1234',
        reason: 'the signing key leaked',
        expiresAt: inSeconds(HOUR),
      },
    };
    await server.must(ACTORS.onCall, { method: 'POST', path: ours('rolloutoverrides'), body: override });
    await until('released', async () => (await imageOf()) === 'presence:2');
    expect((await tryImage(server, ACTORS.onCall)).code).toBe(200);
    expect((await tryImage(server, ACTORS.ci)).code).toBe(403);
    await until('told', async () => (await conditionOf('BreakGlass'))?.status === 'True');
    expect((await conditionOf('BreakGlass'))?.message).toContain(
      'incident (user on-call@example.org, ticket OPS-1234',
    );
    const path = ours('rolloutoverrides', 'incident');
    await until('active', async () => (await get(path)).body.status?.conditions[0].status === 'True');
    const metric = 'presence_breakglass_active{namespace="weddings",presencecluster="wedsync"} 1';
    await until('counted', async () => (await operator.metrics()).includes(metric));

    await server.must(ACTORS.onCall, { method: 'DELETE', path });
    await until('closed', async () => (await tryImage(server, ACTORS.onCall)).code === 403);
    await until('written', async () => (await get(FREEZE)).body.spec.overrides.length === 0);
  });

  it('writes its RolloutFreeze again when a holder of the verb has added to it', async () => {
    const value = {
      name: 'by-hand',
      user: ACTORS.onCall.user,
      ticket: 'OPS-1',
      scope: ['Delete'],
      from: inSeconds(0),
      until: inSeconds(HOUR),
    };
    await server.must(ACTORS.onCall, {
      method: 'PATCH',
      path: FREEZE,
      type: 'application/json-patch+json',
      body: [{ op: 'add', path: '/spec/overrides/-', value }],
    });
    await until('written again', async () => (await get(FREEZE)).body.spec.overrides.length === 0);
  });

  it('opens within five seconds of a wedding that is called off, and was never refused itself', async () => {
    await server.must(ADMIN, {
      method: 'PATCH',
      path: OWN,
      type: MERGE_PATCH,
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
    await until('released', async () => (await imageOf()) === 'presence:3', OPENS_WITHIN_MS + SLACK_MS);
    await until('open', async () => (await tryImage(server, ACTORS.ci)).code === 200, SLACK_MS);
    await operator.stop();
    const events = (await get(`/apis/events.k8s.io/v1/namespaces/${NAMESPACE}/events`)).body.items;
    const reasons = events.map(({ reason }: { reason: string }) => reason);
    expect(reasons).toEqual(expect.arrayContaining(['OverrideOpened', 'WeddingActive', 'RolloutReleased']));
    const failed = events.filter(({ reason }: { reason: string }) => reason === 'ApplyFailed');
    expect(failed.map(({ note }: { note: string }) => note)).toEqual([]);
  });
});
