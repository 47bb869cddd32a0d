import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API_VERSION } from '../../../src/api/schema/group.ts';
import type { ChangeFreezeStatus } from '../../../src/api/v1alpha1/change-freeze.ts';
import { formatWallClock } from '../../../src/domain/calendar/instant.ts';
import { repository } from '../../cluster/paths.ts';
import { fencedBlocks } from '../../house/markdown.ts';
import {
  CHANGES,
  CHART_VALUES,
  changeFreeze,
  controllersWork,
  DELETES,
  FREE,
  letThrough,
  MORE_OBJECTS,
  makeShop,
  NAMESPACE_OF_SHOP,
  OPERATOR_ENV,
  override,
  SHOP,
} from './change-freeze-world.ts';
import { type ChartOperator, startChartOperator } from './chart-operator.ts';
import {
  type Actor,
  ADMIN,
  type Call,
  MERGE_PATCH,
  type PolicyServer,
  startPolicyServer,
  until,
} from './policy-server.ts';
import { ACTORS, inSeconds, keepLease, RIGHTS, renewLease, renewSeenLease } from './wedding-world.ts';

const HOUR = 3600;
const NAME = 'releases';
const ZONE = 'Asia/Kolkata';
const WINDOWS = `presence.wedsync.io/change-windows.${NAME}`;
const OVERRIDES = `presence.wedsync.io/change-overrides.${NAME}`;
const CHANGE_WINDOWS = 'presence.wedsync.io/change-windows.';
/** About 60 KiB. */
const FREEZES = 32;
const WINDOWS_EACH = 42;
const SOON = `${inSeconds(2 * HOUR)}/${inSeconds(3 * HOUR)}`;
/** For a loaded machine. */
const SEEN = { timeout: 60_000 };
const REFUSED = { ...CHANGES, ...DELETES };
const EVERYTHING = [...Object.keys(REFUSED), ...Object.keys(FREE)];

/** A window that is on, and one that begins when no operator is left. */
const NOW = { name: 'now', from: inSeconds(-HOUR), until: inSeconds(HOUR), reason: 'incident 7' };
const LATER = { name: 'later', from: inSeconds(5 * HOUR), until: inSeconds(6 * HOUR), reason: 'the sale' };

let server: PolicyServer;
let operator: ChartOperator | undefined;
let controlPlane: { stop(): Promise<void> } | undefined;

beforeAll(async () => {
  server = await startPolicyServer([...RIGHTS, ...MORE_OBJECTS], { values: CHART_VALUES });
  await makeShop(server);
  controlPlane = keepLease(server);
  await renewLease(server);
  operator = await startChartOperator(server, { env: OPERATOR_ENV });
});

afterAll(async () => {
  await operator?.stop();
  await controlPlane?.stop();
  await server?.stop();
});

const make = (actor: Actor, spec: object, { namespace = SHOP, name = NAME, dryRun = false } = {}) =>
  server.ask(actor, {
    method: 'POST',
    dryRun,
    path: changeFreeze('', namespace),
    body: { apiVersion: API_VERSION, kind: 'ChangeFreeze', metadata: { name, namespace }, spec },
  });
const patch = (actor: Actor, path: string, body: object, dryRun = false) =>
  server.ask(actor, { method: 'PATCH', path, type: MERGE_PATCH, body, dryRun, fieldManager: 'somebody' });
const statusOf = async (): Promise<ChangeFreezeStatus> =>
  (await server.must(ADMIN, { method: 'GET', path: changeFreeze(NAME) })).body.status ?? {};
const annotation = async (key: string): Promise<string> =>
  (await server.must(ADMIN, { method: 'GET', path: NAMESPACE_OF_SHOP })).body.metadata.annotations?.[key] ??
  '';
const isTrue = ({ conditions = [] }: ChangeFreezeStatus, type: string): boolean =>
  conditions.some((each) => each.type === type && each.status === 'True');
/** Until what passes is this, and nothing else: some policies see a write a moment before others. */
const untilOnly = (expected: readonly string[]) =>
  expect
    .poll(async () => [...(await letThrough(server, REFUSED)), ...(await letThrough(server, FREE))], SEEN)
    .toEqual(expected);

describe('a ChangeFreeze', () => {
  it('is refused where it would freeze everything by mistake, or what repairs the cluster', async () => {
    const windows = [NOW];
    const everything = await make(ADMIN, { windows });
    expect(everything).toMatchObject({
      code: 422,
      message: expect.stringContaining('set allWorkloads to true'),
    });
    const dryRun = true;
    for (const scope of [{ allWorkloads: true }, { selector: { matchLabels: { 'k8s-app': 'dns' } } }]) {
      const system = await make(ADMIN, { windows, ...scope }, { namespace: 'kube-system', dryRun });
      expect(system).toMatchObject({
        code: 403,
        message: expect.stringContaining('repairs of the Kubernetes cluster'),
      });
    }
    const expression = (key: string, operator: string, values?: string[]) => ({
      selector: { matchExpressions: [{ key, operator, values }] },
    });
    const name = 'app.kubernetes.io/name';
    const own = (scope: object) =>
      make(ADMIN, { windows, ...scope }, { namespace: 'presence-system', dryRun });
    for (const scope of [
      { allWorkloads: true },
      { selector: { matchLabels: { [name]: 'presence-operator' } } },
      expression(name, 'In', ['shop', 'presence-operator']),
      expression('team', 'NotIn', ['shop']),
      expression(name, 'Exists'),
      expression('team', 'DoesNotExist'),
    ]) {
      expect(await own(scope)).toMatchObject({
        code: 403,
        message: expect.stringContaining('repairs of the operator'),
      });
    }
    for (const scope of [
      { allWorkloads: true, kinds: ['StatefulSet'] },
      { selector: { matchLabels: { [name]: 'presence-operator', team: 'shop' } } },
      expression(name, 'NotIn', ['presence-operator']),
      expression('team', 'Exists'),
    ]) {
      expect([scope, (await own(scope)).message]).toEqual([scope, '']);
    }
  });

  it('is not planted with a Namespace, but for users who may open every one of it', async () => {
    const plant = (actor: Actor, metadata: object) =>
      server.ask(actor, {
        method: 'POST',
        path: '/api/v1/namespaces',
        body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'planted', ...metadata } },
        dryRun: true,
      });
    for (const metadata of [
      { annotations: { [WINDOWS]: 'x' } },
      { annotations: { [OVERRIDES]: 'x' } },
      { labels: { 'presence.wedsync.io/change-freezes': 'true' } },
    ]) {
      expect(await plant(ACTORS.ci, metadata)).toMatchObject({
        code: 403,
        message: expect.stringContaining('Create the Namespace without them'),
      });
      expect((await plant(ACTORS.onCall, metadata)).message).toBe('');
    }
    expect((await plant(ACTORS.ci, { annotations: { team: 'shop' } })).message).toBe('');
  });

  it('is taken as the page and the sample have it', async () => {
    const page = await readFile(path.join(repository, 'docs/how-to/change-freeze.md'), 'utf8');
    const sample = await readFile(
      path.join(repository, 'manifests/samples/change-freezes/weekend.yaml'),
      'utf8',
    );
    const examples = [
      ...fencedBlocks(page, 'yaml').filter((block) => block.includes('kind: ChangeFreeze')),
      sample,
    ];
    expect(examples).toHaveLength(2);
    for (const example of examples) {
      const applied = await server.kubectl(ADMIN, ['apply', '--dry-run=server', '-f', '-'], example);
      expect(applied).toEqual({
        code: 0,
        text: expect.stringContaining('changefreeze.presence.wedsync.io/weekend created'),
      });
    }
  });

  it('changes nothing before its first window', async () => {
    const customResources = CHART_VALUES.changeFreezes.customResources;
    const selector = { matchExpressions: [{ key: 'team', operator: 'In', values: ['payments', 'billing'] }] };
    const made = await make(ADMIN, { selector, customResources, windows: [LATER], timeZone: ZONE });
    expect(made.message).toBe('');
    await until('it is enforced', async () => isTrue(await statusOf(), 'Enforced'));
    expect((await statusOf()).phase).toBe('Open');
    await untilOnly(EVERYTHING);
  });

  it('warns people the day before of what will be refused, with cause, start and the command that shows more', async () => {
    const local = formatWallClock(ZONE, new Date(LATER.from));
    const edits: Record<string, Call> = {
      'delete the ChangeFreeze': { method: 'DELETE', path: changeFreeze(NAME) },
    };
    for (const call of Object.values({ ...REFUSED, ...edits })) {
      const asked = () => server.ask(ADMIN, { ...call, dryRun: true });
      await expect
        .poll(async () => (await asked()).warnings.join(), SEEN)
        .toContain(
          `ChangeFreeze shop/${NAME} will be on from ${LATER.from} (${local} ${ZONE}) until ${LATER.until} (later: the sale): then`,
        );
      const { code, warnings } = await asked();
      expect([code, warnings.join()]).toEqual([
        200,
        expect.stringContaining('kubectl presence freeze list -n shop'),
      ]);
    }
    for (const call of Object.values(FREE)) {
      expect((await server.ask(ADMIN, { ...call, dryRun: true })).warnings).toEqual([]);
    }
    const byController = await server.ask(ACTORS.garbageCollector, {
      ...(DELETES['delete the Deployment'] as Call),
      dryRun: true,
    });
    expect([byController.code, byController.warnings]).toEqual([200, []]);
  });

  it('refuses changes and deletes in a window, and leaves scaling and controllers alone', async () => {
    expect((await patch(ADMIN, changeFreeze(NAME), { spec: { windows: [NOW, LATER] } })).code).toBe(200);
    await untilOnly(Object.keys(FREE));
    await until('its status says so', async () => (await statusOf()).phase === 'Frozen');
    const { message } = await server.ask(ADMIN, {
      ...(CHANGES['another image'] as object),
      dryRun: true,
    } as never);
    expect(message).toContain(
      `ChangeFreeze shop/${NAME} is on until ${NOW.until} (now: incident 7): deployments web stays as it is`,
    );
    expect(message).toContain(`kubectl presence override create --change-freeze ${NAME} -n shop`);
    expect(await controllersWork(server)).toEqual([200, 200, 200, 200]);
  });

  it('is not opened by an edit, also not of the annotations behind it', async () => {
    const spec = (changed: object | null) => patch(ADMIN, changeFreeze(NAME), { spec: changed }, true);
    const more = { ...NOW, name: 'more' };
    expect((await spec({ windows: [NOW, LATER, more] })).code).toBe(200);
    for (const opened of [
      { windows: [LATER] },
      { kinds: ['DaemonSet'] },
      { selector: { matchLabels: { team: 'x' } } },
    ]) {
      expect(await spec(opened)).toMatchObject({
        code: 403,
        message: expect.stringContaining('windows may be added'),
      });
    }
    expect((await server.ask(ADMIN, { method: 'DELETE', path: changeFreeze(NAME), dryRun: true })).code).toBe(
      403,
    );
    for (const metadata of [
      { annotations: { [WINDOWS]: null } },
      { annotations: { [`${WINDOWS}-2`]: 'x' } },
      { labels: { 'presence.wedsync.io/change-freezes': null } },
    ]) {
      const { code, message } = await patch(ADMIN, NAMESPACE_OF_SHOP, { metadata }, true);
      expect([code, message]).toEqual([403, expect.stringContaining('are written by the operator')]);
    }
  });

  it('is opened by an override, for its user and scope, until that is deleted', async () => {
    const breakGlass = (actor: Actor) =>
      server.ask(actor, {
        method: 'POST',
        path: override(),
        body: {
          apiVersion: API_VERSION,
          kind: 'RolloutOverride',
          metadata: { name: 'incident' },
          spec: {
            changeFreezeName: NAME,
            reason: 'the prices are wrong',
            ticket: 'OPS-1',
            requestedBy: actor.user,
            expiresAt: inSeconds(HOUR, Date.now()),
          },
        },
      });
    expect(await breakGlass(ACTORS.ci)).toMatchObject({
      code: 403,
      message: expect.stringContaining(`lacks the verb breakglass on changefreezes/${NAME}`),
    });
    expect((await breakGlass(ACTORS.onCall)).message).toBe('');
    await until('the override is open', async () => (await annotation(OVERRIDES)).includes('ticket=OPS-1'));
    const ofDeployment = Object.fromEntries(
      Object.entries(REFUSED).filter(([, { path }]) => path.includes('/deployments/')),
    );
    const opened = Object.keys(ofDeployment).filter((name) => name in CHANGES);
    // Some policies see it a moment before others.
    await expect.poll(() => letThrough(server, ofDeployment, ACTORS.onCall), SEEN).toEqual(opened);
    expect(await letThrough(server, REFUSED)).toEqual([]);
    // It also lets its user take the window away.
    const without = await patch(ACTORS.onCall, changeFreeze(NAME), { spec: { windows: [LATER] } });
    expect(without.message).toBe('');
    await untilOnly(EVERYTHING);
    await server.must(ACTORS.onCall, { method: 'DELETE', path: override('incident') });
    await until('the override is gone', async () => (await annotation(OVERRIDES)) === '');
  });

  it('holds in a window that began after the operator was gone, and ends without it', async () => {
    expect(await annotation(WINDOWS)).toContain(`${LATER.from}/${LATER.until} later: the sale`);
    await operator?.stop();
    operator = undefined;
    await controlPlane?.stop();
    controlPlane = undefined;
    const at = (instant: string, seconds: number) =>
      renewSeenLease(server, new Date(Date.parse(instant) + seconds * 1000));
    await at(LATER.from, -60);
    await untilOnly(EVERYTHING);
    // Deleted before the window, and kept by a finalizer: who takes that away in the window would open it.
    const finalizers = (value: string[] | null, dryRun = false) =>
      patch(ADMIN, changeFreeze(NAME), { metadata: { finalizers: value } }, dryRun);
    expect((await finalizers(['example.com/later'])).message).toBe('');
    await server.must(ADMIN, { method: 'DELETE', path: changeFreeze(NAME) });
    await at(LATER.from, 0);
    await untilOnly(Object.keys(FREE));
    expect(await finalizers(null, true)).toMatchObject({
      code: 403,
      message: expect.stringContaining('windows may be added'),
    });
    expect(await controllersWork(server)).toEqual([200, 200, 200, 200]);
    const byHand = (actor: Actor) =>
      patch(actor, NAMESPACE_OF_SHOP, {
        metadata: {
          annotations: {
            [OVERRIDES]: `until=${inSeconds(4 * HOUR - 60, Date.now())} scope=Rollout name=by-hand ticket=OPS-2 user=${actor.user}`,
          },
        },
      });
    expect((await byHand(ACTORS.ci)).code).toBe(403);
    expect((await byHand(ACTORS.onCall)).message).toBe('');
    await at(LATER.until, -1);
    await untilOnly(Object.keys(FREE));
    await at(LATER.until, 0);
    await untilOnly(EVERYTHING);
  });

  it('is judged in full with as much text as a Namespace has room for', async () => {
    // Neither on nor soon, so that every line is looked at by what refuses and by what warns.
    const line = `${inSeconds(48 * HOUR)}/${inSeconds(49 * HOUR)}`;
    const head = ['seen=1970-01-01T00:00:00Z floor=0', 'kinds=,deployments.apps,', 'NotIn team =none'];
    const full = [...head, ...Array.from({ length: WINDOWS_EACH }, () => line)].join('\n');
    const on = [...head, `${NOW.from}/${inSeconds(HOUR)} the last one`].join('\n');
    const annotations = Object.fromEntries(
      Array.from({ length: FREEZES }, (_, index) => [`${CHANGE_WINDOWS}f${index}`, full]),
    );
    const write = (more: Record<string, string>) =>
      server.must(ACTORS.operator, {
        method: 'PATCH',
        path: NAMESPACE_OF_SHOP,
        type: MERGE_PATCH,
        body: { metadata: { annotations: { ...annotations, ...more } } },
      });
    await write({ [`${CHANGE_WINDOWS}last`]: on });
    await renewLease(server);
    const image = { ...CHANGES['another image'], dryRun: true } as Call;
    await until('the last one is seen', async () =>
      (await server.ask(ADMIN, image)).message.includes('ChangeFreeze shop/last is on until'),
    );
    expect(await letThrough(server, { scale: FREE['another number of replicas'] as Call })).toEqual([
      'scale',
    ]);
    await write({ [`${CHANGE_WINDOWS}last`]: [...head, `${SOON} the soon one`].join('\n') });
    await until('it warns of the last one', async () => {
      const { code, warnings } = await server.ask(ADMIN, image);
      return code === 200 && warnings.join().includes('ChangeFreeze shop/last will be on from');
    });
  });

  it('is judged in full with all that text in one ChangeFreeze', async () => {
    // A selector with the most values, and the most windows.
    const values = Array.from({ length: 64 }, (_, index) => `=${`v${index}-`.padEnd(63, 'a')}`).join(' ');
    const requirements = Array.from({ length: 12 }, (_, index) => `NotIn key${index} ${values}`);
    const line = `${inSeconds(48 * HOUR)}/${inSeconds(49 * HOUR)}`;
    const windows = [
      `${NOW.from}/${inSeconds(HOUR)} one of many`,
      ...Array.from({ length: 199 }, () => line),
    ];
    const head = ['seen=1970-01-01T00:00:00Z floor=0', 'kinds=,deployments.apps,'];
    const gone = Array.from({ length: FREEZES }, (_, index) => [`${CHANGE_WINDOWS}f${index}`, null]);
    await server.must(ACTORS.operator, {
      method: 'PATCH',
      path: NAMESPACE_OF_SHOP,
      type: MERGE_PATCH,
      body: {
        metadata: {
          annotations: {
            ...Object.fromEntries(gone),
            [`${CHANGE_WINDOWS}last`]: [...head, ...requirements, ...windows].join('\n'),
          },
        },
      },
    });
    await renewLease(server);
    const image = { ...CHANGES['another image'], dryRun: true } as Call;
    await until('it is seen, with its reason', async () =>
      (await server.ask(ADMIN, image)).message.includes('(one of many)'),
    );
    expect(await letThrough(server, { scale: FREE['another number of replicas'] as Call })).toEqual([
      'scale',
    ]);
    // Nothing is on: every line is looked at.
    await server.must(ACTORS.operator, {
      method: 'PATCH',
      path: NAMESPACE_OF_SHOP,
      type: MERGE_PATCH,
      body: {
        metadata: {
          annotations: {
            [`${CHANGE_WINDOWS}last`]: [
              ...head,
              ...requirements,
              ...windows.slice(1),
              `${SOON} one more`,
            ].join('\n'),
          },
        },
      },
    });
    await until('nothing is refused, and it warns of the last line', async () => {
      const { code, warnings } = await server.ask(ADMIN, image);
      return code === 200 && warnings.join().includes('(one more)');
    });
  });
});
