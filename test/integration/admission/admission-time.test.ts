import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ADMIN,
  type Answer,
  type Call,
  until as eventually,
  JSON_PATCH,
  MERGE_PATCH,
  type PolicyServer,
  STRATEGIC_PATCH,
  sleepUntil,
  startPolicyServer,
} from './policy-server.ts';
import { tryImage } from './tries.ts';
import {
  ACTORS,
  apps,
  CLUSTER,
  core,
  FLOOR,
  inSeconds,
  makeWorld,
  RIGHTS,
  window,
  writeAnnotations,
  writeFreeze,
} from './wedding-world.ts';

const HOUR = 3600;
/** Room for the write; what is left of it is for tries before the window. */
const BEGINS_IN_SECONDS = 6;
/** So much of it has to be left, on a machine that may stand still for half of that. */
const TRIES_BEFORE_MS = 3_000;
/** Room for a hundred tries and more inside the window, and for some on a machine that stands still for most of it. */
const LASTS_SECONDS = 14;
const DEPLOYMENT = apps('deployments', `${CLUSTER}-presence`);

let server: PolicyServer;

beforeAll(async () => {
  server = await startPolicyServer(RIGHTS);
  await makeWorld(server);
});

afterAll(() => server?.stop());

const setImage = (): Promise<Answer> => tryImage(server, ADMIN);

const frozen = ({ code, message }: Answer): boolean => code === 403 && message.includes('is frozen until');

/** Tries again and again before an instant; those that were answered before it. */
async function triesBefore(instant: string): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (;;) {
    const answer = await setImage();
    // The stamp is of the API server's clock, which is this machine's.
    if (Date.now() >= Date.parse(instant)) return answers;
    answers.push(answer);
  }
}

/** Writes a window that is still ahead when the policies know it, with time for some tries: later, where that takes longer. */
async function writeWindowAhead(): Promise<{ from: string; until: string }> {
  for (let seconds = BEGINS_IN_SECONDS; ; seconds *= 2) {
    const [from, until] = [inSeconds(seconds), inSeconds(seconds + LASTS_SECONDS)];
    await writeFreeze(server, { windows: [{ ...window(0, HOUR), from, until }] });
    if (Date.now() + TRIES_BEFORE_MS < Date.parse(from)) return { from, until };
  }
}

describe('a freeze with nothing of ours running', () => {
  it('begins with the first second of its window and ends with the last, to the second', async () => {
    const { from, until } = await writeWindowAhead();
    const before = await triesBefore(from);
    expect(before.length).toBeGreaterThan(0);
    expect(before.filter(({ code }) => code !== 200)).toEqual([]);

    await sleepUntil(Date.parse(from));
    // Scaling and healing are not held by it.
    const scale = { method: 'PATCH', path: `${DEPLOYMENT}/scale`, type: STRATEGIC_PATCH, dryRun: true };
    expect(
      (await server.ask(ACTORS.operator, { ...scale, body: { spec: { replicas: FLOOR - 1 } } })).code,
    ).toBe(200);
    const inside = await triesBefore(until);
    expect(inside.length).toBeGreaterThan(0);
    expect(inside.filter((answer) => !frozen(answer))).toEqual([]);
    expect(inside.at(-1)?.message).toContain(
      `weddings/wedsync is frozen until ${until} (2 weddings: 5f2a 81cc)`,
    );
    expect(inside.at(-1)?.message).toContain('kubectl presence override create wedsync -n weddings');

    let last: Answer;
    let lastRefusedAsked = 0;
    for (;;) {
      const asked = Date.now();
      last = await setImage();
      if (!frozen(last)) break;
      lastRefusedAsked = asked;
    }
    expect(last.code).toBe(200);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(until));
    // By when it was asked: how long an answer takes is the machine's business.
    expect(lastRefusedAsked).toBeLessThan(Date.parse(until) + 1000);
  });
});

describe('tricks inside a freeze', () => {
  beforeAll(() => writeFreeze(server, { phase: 'Frozen', windows: [window(-HOUR, HOUR)] }));

  const FORGED = {
    manager: 'forger',
    operation: 'Update',
    apiVersion: 'apps/v1',
    time: '2099-01-01T00:00:00Z',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:spec': { 'f:template': { 'f:spec': { 'f:dnsPolicy': {} } } } },
  };
  const image = [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'presence:2' }];
  const remove = [{ op: 'remove', path: '/spec/template/spec/containers/0/livenessProbe' }];
  const forge = [{ op: 'add', path: '/metadata/managedFields/-', value: FORGED }];
  const patch = (body: unknown, more: Partial<Call> = {}): Call => ({
    method: 'PATCH',
    path: DEPLOYMENT,
    type: JSON_PATCH,
    body,
    dryRun: true,
    fieldManager: 'trick',
    ...more,
  });

  it.each<[string, () => Call | Promise<Call>]>([
    ['a forged stamp beside a change', () => patch([...image, ...forge])],
    [
      'a forged stamp in the past beside a change',
      () => patch([...image, { ...forge[0], value: { ...FORGED, time: '2020-01-01T00:00:00Z' } }]),
    ],
    [
      'a forged stamp in the past beside a removal',
      () => patch([...remove, { ...forge[0], value: { ...FORGED, time: '2020-01-01T00:00:00Z' } }]),
    ],
    [
      'every stamp moved to the future, beside a change',
      async () => {
        const { body } = await server.must(ADMIN, { method: 'GET', path: DEPLOYMENT });
        body.metadata.managedFields = body.metadata.managedFields.map((entry: object) => ({
          ...entry,
          time: FORGED.time,
        }));
        body.spec.template.spec.containers[0].image = 'presence:2';
        return { method: 'PUT', path: DEPLOYMENT, body, dryRun: true, fieldManager: 'trick' };
      },
    ],
    ["the operator's field manager", () => patch(image, { fieldManager: 'presence-operator' })],
    [
      'managedFields emptied',
      () => patch([...image, { op: 'replace', path: '/metadata/managedFields', value: [{}] }]),
    ],
    [
      'the label taken off in the same request',
      () => patch([...image, { op: 'remove', path: '/metadata/labels/presence.wedsync.io~1cluster' }]),
    ],
    [
      'the label of another PresenceCluster',
      () => patch([{ op: 'replace', path: '/metadata/labels/presence.wedsync.io~1cluster', value: 'other' }]),
    ],
    ['all pods at once', () => ({ method: 'DELETE', path: core('pods', '').slice(0, -1), dryRun: true })],
    [
      'all Deployments at once',
      () => ({ method: 'DELETE', path: apps('deployments', '').slice(0, -1), dryRun: true }),
    ],
    [
      'the label taken off a pod',
      () =>
        patch([{ op: 'remove', path: '/metadata/labels/presence.wedsync.io~1cluster' }], {
          path: core('pods', `${CLUSTER}-redis-0-1`),
        }),
    ],
    [
      'ordinals of a StatefulSet moved',
      () =>
        patch([{ op: 'add', path: '/spec/ordinals', value: { start: 5 } }], {
          path: apps('statefulsets', `${CLUSTER}-redis-0`),
        }),
    ],
  ])('are refused: %s', async (_what, call) => {
    const { code, message } = await server.ask(ADMIN, await call());
    expect([code, message]).toEqual([403, expect.stringContaining('ValidatingAdmissionPolicy')]);
  });

  it('known limit: a removal alone, beside a stamp that is forged into the time after the freeze, passes', async () => {
    expect((await server.ask(ADMIN, patch([...remove, ...forge]))).code).toBe(200);
  });

  it('are refused when managedFields were emptied by an earlier request', async () => {
    const write = (metadata: object): Call => patch({ metadata }, { type: STRATEGIC_PATCH, dryRun: false });
    await server.must(ADMIN, write({ managedFields: [{}] }));
    const { code, message } = await server.ask(ADMIN, patch(image));
    expect([code, message]).toEqual([403, expect.stringContaining('no time stamp')]);
    await server.must(ADMIN, write({ annotations: { seen: 'x' } }));
    expect((await server.ask(ADMIN, patch(image))).code).toBe(403);
  });

  it('hold back the namespace controller: a namespace that goes away keeps its pods', async () => {
    for (const path of [core('pods', `${CLUSTER}-redis-0-1`), DEPLOYMENT]) {
      const { code, message } = await server.ask(ACTORS.namespaceController, {
        method: 'DELETE',
        path,
        dryRun: true,
      });
      expect([code, message]).toEqual([403, expect.stringContaining('is frozen until')]);
    }
  });
});

describe('policies whose kinds are gone', () => {
  const ROLLOUT_FREEZES =
    '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/rolloutfreezes.presence.wedsync.io';
  const path = (plural: string, name: string) => `/apis/apps/v1/namespaces/default/${plural}/${name}`;
  const labels = { app: 'other-presence' };
  const pods = { replicas: 3, selector: { matchLabels: labels } };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'x', image: 'x:1' }] } };

  beforeAll(async () => {
    const body = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'other-presence' },
      spec: { ...pods, template },
    };
    await server.must(ADMIN, { method: 'POST', path: path('deployments', '').slice(0, -1), body });
    await server.must(ADMIN, {
      method: 'PATCH',
      path: ROLLOUT_FREEZES,
      type: MERGE_PATCH,
      body: { metadata: { annotations: { 'presence.wedsync.io/allow-deletion': 'true' } } },
    });
    await server.must(ADMIN, { method: 'DELETE', path: ROLLOUT_FREEZES });
    // Its objects go first. A server that starts before that has the kind still.
    await eventually('the kind is gone', async () => {
      return (await server.ask(ADMIN, { method: 'GET', path: ROLLOUT_FREEZES })).code === 404;
    });
    // The policies with the clock need no kind of ours, and would refuse first.
    await writeAnnotations(server, CLUSTER, { windows: null, overrides: null });
    // A running API server goes on with what it knows; one that starts finds nothing to read the parameter from.
    await server.kinds.server.stopServer();
    await server.kinds.server.startServer();
    const mine = { method: 'DELETE', path: core('pods', `${CLUSTER}-redis-0-1`), dryRun: true };
    await eventually('the policies fail', async () => {
      const answer = await server.ask(ADMIN, mine).catch(() => undefined);
      return answer?.message.includes('failed to configure') ?? false;
    });
  });

  it("are in nobody else's way, not even where a name looks like ours", async () => {
    const deployment = path('deployments', 'other-presence');
    const image = { spec: { template: { spec: { containers: [{ name: 'x', image: 'x:2' }] } } } };
    const patch = (target: string, body: object): Call => ({
      method: 'PATCH',
      path: target,
      type: STRATEGIC_PATCH,
      body,
    });
    for (const call of [
      patch(deployment, image),
      patch(`${deployment}/scale`, { spec: { replicas: 1 } }),
      { method: 'DELETE', path: deployment },
    ]) {
      expect(await server.ask(ADMIN, call)).toMatchObject({ code: 200 });
    }
  });
});
