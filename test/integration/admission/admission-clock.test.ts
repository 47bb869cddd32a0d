import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RolloutFreezeSpec } from '../../../src/api/v1alpha1/rollout-freeze.ts';
import { freezeAnnotations } from '../../../src/domain/freeze/clock/freeze-annotations.ts';
import {
  type Actor,
  ADMIN,
  type Answer,
  JSON_PATCH,
  MERGE_PATCH,
  type PolicyServer,
  startPolicyServer,
  until,
} from './policy-server.ts';
import { tryDelete } from './tries.ts';
import {
  ACTORS,
  annotationsSeen,
  apps,
  CLUSTER,
  core,
  FLOOR,
  inSeconds,
  keepLease,
  LEAD_MS,
  LEASE_PATH,
  makeWorld,
  NAMESPACE_PATH,
  NEIGHBOUR,
  ours,
  PRESENCE_POD,
  RIGHTS,
  renewLease,
  window,
  writeAnnotations,
  writeFreeze,
} from './wedding-world.ts';

const HOUR = 3600;
/** What issue and page promise for either edge of a window. */
const PROMISE_MS = 15_000;
const BEGINS_IN_SECONDS = 14;
/** Longer, where this machine stood still for all of that. */
const LASTS_SECONDS = 4;
const ALL_WINDOWS = 200;
const WINDOWS = `presence.wedsync.io/freeze-windows.${CLUSTER}`;
const OVERRIDES = `presence.wedsync.io/freeze-overrides.${CLUSTER}`;

let server: PolicyServer;

beforeAll(async () => {
  server = await startPolicyServer(RIGHTS);
  await makeWorld(server);
});

afterAll(() => server?.stop());

const frozen = ({ code, message }: Answer): boolean => code === 403 && message.includes('is frozen until');
const annotate = (actor: Actor, annotations: Record<string, string | null>, path = NAMESPACE_PATH) =>
  server.ask(actor, {
    method: 'PATCH',
    path,
    type: MERGE_PATCH,
    body: { metadata: { annotations } },
    dryRun: true,
    fieldManager: 'somebody',
  });
const evict = (pod: string): Promise<Answer> =>
  server.ask(ADMIN, {
    method: 'POST',
    path: `${core('pods', pod)}/eviction`,
    body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod } },
    dryRun: true,
  });

interface Try {
  askedAt: number;
  answeredAt: number;
  refused: boolean;
}

/** Asks for a delete again and again, until one after this instant is let through. */
async function triesUntilOpen(end: string): Promise<Try[]> {
  const controlPlane = keepLease(server);
  const tries: Try[] = [];
  try {
    for (;;) {
      const askedAt = Date.now();
      const refused = frozen(await tryDelete(server, ADMIN));
      tries.push({ askedAt, answeredAt: Date.now(), refused });
      if (askedAt >= Date.parse(end) && !refused) return tries;
      await sleep(100);
    }
  } finally {
    await controlPlane.stop();
  }
}

describe('a freeze of deletes with nothing of ours running', () => {
  it('begins at most ten seconds early and never late, and ends soon after the last second', async () => {
    for (let seconds = LASTS_SECONDS; ; seconds *= 2) {
      const [from, end] = [inSeconds(BEGINS_IN_SECONDS), inSeconds(BEGINS_IN_SECONDS + seconds)];
      await writeFreeze(server, { windows: [{ ...window(0, HOUR), from, until: end }] as object[] });
      const tries = await triesUntilOpen(end);
      const early = tries.filter(({ answeredAt }) => answeredAt < Date.parse(from) - LEAD_MS);
      expect(early.filter(({ refused }) => refused)).toEqual([]);
      const inside = tries.filter(
        ({ askedAt, answeredAt }) => askedAt >= Date.parse(from) && answeredAt < Date.parse(end),
      );
      expect(inside.filter(({ refused }) => !refused)).toEqual([]);
      expect(tries.at(-1)?.askedAt).toBeLessThan(Date.parse(end) + PROMISE_MS);
      if (inside.length > 0) return;
    }
  });

  it('begins at once by the word of an operator that is up, when the Lease stands still', async () => {
    const spec = { windows: [window(-60, HOUR)], phase: 'Frozen', floor: FLOOR, overrides: [] };
    await writeFreeze(server, spec as object);
    await renewLease(server, new Date(Date.now() - HOUR * 1000));
    await annotationsSeen(server);
    expect(await tryDelete(server, ADMIN)).toSatisfy(frozen);
    // Written before the freeze began, by an operator that is dead since.
    const old = freezeAnnotations(spec as RolloutFreezeSpec, new Date(Date.now() - HOUR * 1000));
    await writeAnnotations(server, CLUSTER, old);
    await until('the clock stands before the window', async () => !frozen(await tryDelete(server, ADMIN)));
    await renewLease(server);
    await until('the clock goes on', async () => frozen(await tryDelete(server, ADMIN)));
  });

  it('says the same as the RolloutFreeze: until when, why, and how to break the glass', async () => {
    const freeze = window(-HOUR, HOUR) as { until: string };
    await writeFreeze(server, { windows: [freeze] });
    const { message } = await tryDelete(server, ADMIN);
    expect(message).toContain(`weddings/wedsync is frozen until ${freeze.until} (2 weddings: 5f2a 81cc)`);
    expect(message).toContain('kubectl presence override create wedsync -n weddings');
    expect(message).toContain('--scope Delete');
    expect(frozen(await evict(PRESENCE_POD))).toBe(true);
  });

  it('holds with all windows that fit, in the last one too', async () => {
    const windows = Array.from({ length: ALL_WINDOWS }, (_, index) =>
      window((index - ALL_WINDOWS + 1) * 2 * HOUR - HOUR, (index - ALL_WINDOWS + 1) * 2 * HOUR + HOUR),
    );
    await writeFreeze(server, { windows });
    expect(await tryDelete(server, ADMIN)).toSatisfy(frozen);
    expect((await evict(PRESENCE_POD)).code).toBe(403);
  });

  it('keeps what the namespace controller would delete, until an override opens each frozen PresenceCluster', async () => {
    const controller = ACTORS.namespaceController;
    const wedding = {
      apiVersion: 'presence.wedsync.io/v1alpha1',
      kind: 'Wedding',
      metadata: { name: 'ada' },
      spec: {
        date: '2027-06-05',
        timeZone: 'UTC',
        state: 'Confirmed',
        ceremony: '14:00',
        ends: '22:00',
        team: { photographer: 1 },
      },
    };
    await server.must(ADMIN, { method: 'POST', path: ours('weddings'), body: wedding });
    const ask = () =>
      server.ask(controller, { method: 'DELETE', path: ours('weddings', 'ada'), dryRun: true });
    const override = {
      name: 'incident',
      user: ACTORS.onCall.user,
      ticket: 'OPS-1',
      scope: ['Delete'],
      from: inSeconds(-HOUR),
      until: inSeconds(HOUR),
    };
    const both = async (...overrides: object[][]) => {
      for (const [index, name] of [CLUSTER, NEIGHBOUR].entries()) {
        await writeFreeze(
          server,
          { windows: [window(-HOUR, HOUR)], overrides: overrides[index] ?? [] },
          name,
        );
      }
    };
    await both([], []);
    expect(frozen(await ask())).toBe(true);
    await both([override], []);
    expect((await ask()).message).toContain(`weddings/${NEIGHBOUR} is frozen until`);
    await both([override], [override]);
    expect((await ask()).code).not.toBe(403);
    await writeFreeze(server, { windows: [window(HOUR, 2 * HOUR)] }, NEIGHBOUR);
  });

  it('leaves everything that is not ours alone, with and without the Lease', async () => {
    const other = `/apis/apps/v1/namespaces/unprotected/deployments/other-presence`;
    const labels = { app: 'other-presence' };
    const template = { metadata: { labels }, spec: { containers: [{ name: 'x', image: 'x:1' }] } };
    const spec = { replicas: 3, selector: { matchLabels: labels }, template };
    await server.must(ADMIN, {
      method: 'POST',
      path: other.slice(0, other.lastIndexOf('/')),
      body: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'other-presence' }, spec },
    });
    const scale = {
      method: 'PATCH',
      path: `${other}/scale`,
      type: MERGE_PATCH,
      body: { spec: { replicas: 1 } },
    };
    await writeFreeze(server, { windows: [window(-HOUR, HOUR)] });
    for (const call of [scale, { method: 'DELETE', path: other }]) {
      expect((await server.ask(ADMIN, { ...call, dryRun: true })).code).toBe(200);
    }
    await server.must(ADMIN, { method: 'DELETE', path: LEASE_PATH });
    await until('the policies see no Lease', async () => !frozen(await tryDelete(server, ADMIN)));
    for (const call of [scale, { method: 'DELETE', path: other }]) {
      expect((await server.ask(ADMIN, { ...call, dryRun: true })).code).toBe(200);
    }
    // The operator sees that too and takes the annotations away; then the phase rules.
    await writeAnnotations(server, CLUSTER, { windows: null, overrides: null });
    await server.must(ACTORS.operator, {
      method: 'PATCH',
      path: ours('rolloutfreezes', CLUSTER),
      type: MERGE_PATCH,
      body: { spec: { phase: 'Frozen' } },
    });
    await until('the phase rules', async () => frozen(await tryDelete(server, ADMIN)));
    await renewLease(server);
  });
});

describe('the day before a freeze', () => {
  const LEAD_OF_WARNINGS = 24 * HOUR;
  const NAME = `${CLUSTER}-presence`;
  const asked = (actor: Actor, args: readonly string[]) =>
    server.kubectl(actor, ['-n', 'weddings', ...args, '--dry-run=server']);
  const REFUSED_THEN: string[][] = [
    ['delete', 'pod', PRESENCE_POD],
    ['delete', 'presencecluster', CLUSTER],
    ['scale', `deployment/${NAME}`, '--replicas=1'],
    ['set', 'image', `deployment/${NAME}`, 'presence=presence:2'],
    ['patch', 'deployment', NAME, '-p', '{"spec":{"replicas":1}}'],
  ];
  const PASSES_THEN: string[][] = [
    ['scale', `deployment/${NAME}`, '--replicas=40'],
    ['annotate', `deployment/${NAME}`, 'note=seen'],
  ];

  it('warns people of what will be refused, with cause, start and the command that shows more', async () => {
    const { from, until: end } = window(LEAD_OF_WARNINGS - HOUR, LEAD_OF_WARNINGS) as {
      from: string;
      until: string;
    };
    await writeFreeze(server, { windows: [window(LEAD_OF_WARNINGS - HOUR, LEAD_OF_WARNINGS)] });
    for (const args of REFUSED_THEN) {
      const { code, text } = await asked(ADMIN, args);
      expect([code, text]).toEqual([0, expect.stringContaining('Warning: ')]);
      expect(text).toContain(
        `weddings/wedsync will be frozen from ${from} until ${end} (2 weddings: 5f2a 81cc)`,
      );
      expect(text).toContain('kubectl presence freeze list -n weddings');
    }
    for (const args of PASSES_THEN) expect((await asked(ADMIN, args)).text).not.toContain('Warning');
    for (const actor of [ACTORS.operator, ACTORS.garbageCollector]) {
      const { text } = await asked(actor, ['delete', 'pod', PRESENCE_POD]);
      expect(text).not.toContain('Warning');
    }
  });

  it('begins 24 hours before and ends where the refusal begins', async () => {
    // Some minutes more, for five kubectl one after the other.
    await writeFreeze(server, { windows: [window(LEAD_OF_WARNINGS + 600, LEAD_OF_WARNINGS + HOUR)] });
    for (const args of REFUSED_THEN) expect((await asked(ADMIN, args)).text).not.toContain('Warning');
    await writeFreeze(server, { windows: [window(-HOUR, HOUR)] });
    for (const args of REFUSED_THEN) {
      const { code, text } = await asked(ADMIN, args);
      expect([code, text]).toEqual([1, expect.not.stringContaining('Warning')]);
    }
  });
});

describe('the annotation', () => {
  const now = () => window(-HOUR, HOUR) as { from: string; until: string };
  const head = `seen=1970-01-01T00:00:00Z floor=${FLOOR}`;
  const line = ({ from, until: end }: { from: string; until: string }) => `${from}/${end}`;

  const MALFORMED: [string, () => string][] = [
    ['empty', () => ''],
    ['text', () => 'frozen until further notice'],
    ['another form', () => JSON.stringify({ windows: [now()] })],
    ['a floor that is no number', () => `seen=1970-01-01T00:00:00Z floor=many\n${line(now())}`],
    ['no instant in its head', () => `seen=now floor=${FLOOR}\n${line(now())}`],
    ['another floor', () => `seen=1970-01-01T00:00:00Z floor=0`],
    ['no windows', () => head],
    ['a window less', () => `${head}\n${line(window(2 * HOUR, 3 * HOUR) as never)}`],
    ['a window that has ended', () => `${head}\n${line(window(-2 * HOUR, -HOUR) as never)}`],
    ['days that do not exist', () => `${head}\n2027-99-99T99:99:99Z/2028-99-99T99:99:99Z`],
    ['lines that are no windows', () => `${head}\n\n-\n${'z'.repeat(60)}\n//`],
    ['far too long', () => `${head}\n${`${line(now())}\n`.repeat(2_000)}`],
  ];

  it.each(MALFORMED)('opens nothing, blocks nothing else, by hand or broken: %s', async (_what, text) => {
    await writeFreeze(server, { phase: 'Frozen', windows: [now()] });
    await writeAnnotations(server, CLUSTER, { windows: text(), overrides: null });
    await annotationsSeen(server);
    expect(await tryDelete(server, ADMIN)).toSatisfy(frozen);
    const ask = (actor: Actor, path: string) => server.ask(actor, { method: 'DELETE', path, dryRun: true });
    expect((await ask(ACTORS.replicaSetController, core('pods', PRESENCE_POD))).code).toBe(200);
    expect((await ask(ADMIN, core('services', `${NEIGHBOUR}-presence`))).code).toBe(200);
    expect((await evict('no-such-pod')).code).toBe(404);
    const scale = { method: 'PATCH', path: `${apps('deployments', `${CLUSTER}-presence`)}/scale` };
    const body = { spec: { replicas: 40 } };
    expect((await server.ask(ADMIN, { ...scale, type: MERGE_PATCH, body, dryRun: true })).code).toBe(200);
  });

  it('with broken overrides opens nothing', async () => {
    await writeFreeze(server, { windows: [now()] });
    const { user } = ACTORS.onCall;
    const good = `until=${inSeconds(HOUR)} scope=Delete name=x ticket=OPS-1 user=${user}`;
    for (const overrides of [
      '',
      user,
      good.replace('scope=Delete', 'scope=Evict'),
      good.replace(inSeconds(HOUR), 'tomorrow'),
      good.replace(`user=${user}`, `user=${user} or anybody`),
      `${'x'.repeat(70_000)}\n${good}`,
    ]) {
      const spec = { windows: [now()], phase: 'Open', floor: FLOOR, overrides: [] };
      const { windows } = freezeAnnotations(spec as unknown as RolloutFreezeSpec, new Date());
      await writeAnnotations(server, CLUSTER, { windows, overrides });
      await annotationsSeen(server);
      expect(frozen(await tryDelete(server, ACTORS.onCall)), overrides.slice(0, 80)).toBe(true);
    }
    await writeAnnotations(server, CLUSTER, { windows: null, overrides: good });
  });

  it.each([
    ['an admin', ACTORS.admin],
    ['CI', ACTORS.ci],
    ['a holder of the verb', ACTORS.onCall],
    ['a controller', ACTORS.garbageCollector],
  ])('is changed by nobody but the operator: %s', async (_who, actor) => {
    await writeFreeze(server, { windows: [now()] });
    const allowed = await server.ask(actor, {
      method: 'PATCH',
      path: NAMESPACE_PATH,
      type: MERGE_PATCH,
      body: { metadata: { annotations: { note: 'seen' } } },
      dryRun: true,
    });
    for (const annotations of [
      { [WINDOWS]: null },
      { [WINDOWS]: head },
      { [`${WINDOWS}-new`]: head },
      { [OVERRIDES]: 'open' },
    ]) {
      const { code, message } = await annotate(actor, annotations);
      expect(code).toBe(403);
      // RBAC refuses the controller before.
      if (allowed.code === 200) expect(message).toContain('are written by the operator');
    }
  });

  it('is not changed through a subresource or a replace either', async () => {
    await writeFreeze(server, { windows: [now()] });
    const { body } = await server.must(ADMIN, { method: 'GET', path: NAMESPACE_PATH });
    delete body.metadata.annotations[WINDOWS];
    for (const path of [NAMESPACE_PATH, `${NAMESPACE_PATH}/status`, `${NAMESPACE_PATH}/finalize`]) {
      const { code, message } = await server.ask(ADMIN, { method: 'PUT', path, body, dryRun: true });
      expect([code, message], path).toEqual([403, expect.stringContaining('are written by the operator')]);
    }
    const labels = { method: 'PATCH', path: NAMESPACE_PATH, type: MERGE_PATCH, dryRun: true };
    const change = { metadata: { labels: { team: 'a' }, annotations: { note: 'b' } } };
    expect((await server.ask(ADMIN, { ...labels, body: change })).code).toBe(200);
  });

  it('gets an override by hand while the operator is down, by a holder of the verb for itself alone', async () => {
    await writeFreeze(server, { windows: [now()] });
    const entry = (user: string, seconds = HOUR, scope = 'Delete') =>
      `until=${inSeconds(seconds)} scope=${scope} name=incident ticket=OPS-1234 user=${user}`;
    const refused = async (actor: Actor, value: string, more: Record<string, string> = {}) =>
      (await annotate(actor, { [OVERRIDES]: value, ...more })).code === 403;
    const { onCall, ci } = ACTORS;
    expect(await refused(onCall, entry('somebody@example.org'))).toBe(true);
    expect(await refused(onCall, entry(onCall.user, 5 * HOUR))).toBe(true);
    expect(await refused(onCall, entry(onCall.user, -1))).toBe(true);
    expect(await refused(onCall, entry(onCall.user), { [WINDOWS]: head })).toBe(true);
    expect(await refused(onCall, `${entry(onCall.user)}\n${entry('somebody@example.org')}`)).toBe(true);
    expect(await refused(ci, entry(ci.user))).toBe(true);

    await server.must(onCall, {
      method: 'PATCH',
      path: NAMESPACE_PATH,
      type: JSON_PATCH,
      body: [
        {
          op: 'add',
          path: `/metadata/annotations/${OVERRIDES.replaceAll('/', '~1')}`,
          value: entry(onCall.user),
        },
      ],
    });
    await until('it is open', async () => (await tryDelete(server, onCall)).code === 200);
    expect(await tryDelete(server, ADMIN)).toSatisfy(frozen);
    // What is there stays.
    expect(await refused(onCall, entry(onCall.user, HOUR, 'Evict'))).toBe(true);
  });
});
