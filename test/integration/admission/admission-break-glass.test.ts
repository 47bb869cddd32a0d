import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { API_VERSION } from '../../../src/api/schema/group.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { removeDirectory } from '../../support/remove-directory.ts';
import {
  type Actor,
  ADMIN,
  type Answer,
  APPLY_PATCH,
  type Call,
  JSON_PATCH,
  MERGE_PATCH,
  type PolicyServer,
  startPolicyServer,
  until,
} from './policy-server.ts';
import { tryDelete, tryImage } from './tries.ts';
import {
  ACTORS,
  apps,
  CLUSTER,
  inSeconds,
  makeWorld,
  NAMESPACE,
  ours,
  PRESENCE_POD,
  RIGHTS,
  window,
  writeFreeze,
  writePhase,
} from './wedding-world.ts';

const HOUR = 3600;
const DEPLOYMENT = apps('deployments', `${CLUSTER}-presence`);
const NAME = `${CLUSTER}-presence`;

let server: PolicyServer;

beforeAll(async () => {
  server = await startPolicyServer(RIGHTS);
  await makeWorld(server);
  await writeFreeze(server, { phase: 'Frozen', windows: [window(-HOUR, HOUR)] });
});

afterAll(() => server?.stop());

const overrideOf = (actor: Actor, change: object = {}) => ({
  apiVersion: API_VERSION,
  kind: 'RolloutOverride',
  metadata: { name: 'incident' },
  spec: {
    presenceClusterName: CLUSTER,
    reason: 'the signing key leaked',
    ticket: 'OPS-1234',
    requestedBy: actor.user,
    expiresAt: inSeconds(HOUR),
    ...change,
  },
});

const create = (body: object, dryRun = true): Call => ({
  method: 'POST',
  path: ours('rolloutoverrides'),
  body,
  dryRun,
});

describe('making a RolloutOverride', () => {
  it('is for whoever has the verb, for themselves, for at most four hours', async () => {
    expect((await server.ask(ACTORS.onCall, create(overrideOf(ACTORS.onCall)))).code).toBe(201);
    expect((await server.ask(ADMIN, create(overrideOf(ADMIN)))).code).toBe(201);
    const fourHours = overrideOf(ACTORS.onCall, { expiresAt: inSeconds(4 * HOUR) });
    expect((await server.ask(ACTORS.onCall, create(fourHours))).code).toBe(201);
  });

  it.each<[string, Actor, object, string]>([
    [
      'without the verb',
      ACTORS.ci,
      overrideOf(ACTORS.ci),
      'lacks the verb breakglass on presenceclusters/wedsync',
    ],
    ['for somebody else', ACTORS.onCall, overrideOf(ADMIN), 'an override is for yourself'],
    [
      'for more than four hours',
      ACTORS.onCall,
      overrideOf(ACTORS.onCall, { expiresAt: inSeconds(5 * HOUR) }),
      'more than 4 hours away',
    ],
    [
      'in the past',
      ACTORS.onCall,
      overrideOf(ACTORS.onCall, { expiresAt: inSeconds(-1) }),
      'has passed already',
    ],
    ['without a reason', ACTORS.onCall, overrideOf(ACTORS.onCall, { reason: 'fix' }), 'spec.reason'],
    ['without a ticket', ACTORS.onCall, overrideOf(ACTORS.onCall, { ticket: '' }), 'spec.ticket'],
    [
      'with a creation time of its own',
      ACTORS.onCall,
      {
        ...overrideOf(ACTORS.onCall, { expiresAt: inSeconds(8 * HOUR) }),
        metadata: { name: 'incident', creationTimestamp: inSeconds(5 * HOUR) },
      },
      'more than 4 hours away',
    ],
  ])('is refused %s', async (_what, actor, override, says) => {
    const { code, message } = await server.ask(actor, create(override));
    expect([code >= 400, message]).toEqual([true, expect.stringContaining(says)]);
    const applied = await server.ask(actor, {
      method: 'PATCH',
      path: ours('rolloutoverrides', 'incident'),
      type: APPLY_PATCH,
      body: override,
      dryRun: true,
      fieldManager: 'kubectl',
    });
    expect([applied.code >= 400, applied.message]).toEqual([true, expect.stringContaining(says)]);
  });

  it('is not extended afterwards', async () => {
    await server.must(ACTORS.onCall, create(overrideOf(ACTORS.onCall), false));
    const path = ours('rolloutoverrides', 'incident');
    const longer = {
      method: 'PATCH',
      path,
      type: MERGE_PATCH,
      body: { spec: { expiresAt: inSeconds(2 * HOUR) } },
    };
    expect(await server.ask(ACTORS.onCall, longer)).toMatchObject({
      code: 422,
      message: expect.stringContaining('never changed or extended'),
    });
    await server.must(ACTORS.onCall, { method: 'DELETE', path });
  });
});

describe('an override in the RolloutFreeze', () => {
  const entry = (from: number, until: number) => ({
    name: 'incident',
    user: ACTORS.onCall.user,
    ticket: 'OPS-1234',
    scope: ['Rollout'],
    from: inSeconds(from),
    until: inSeconds(until),
  });
  const freeze = { phase: 'Frozen' as const, windows: [window(-HOUR, HOUR)] };

  /** Looks at an override that is open for seconds; for more of them, where that takes longer. @returns when it ends */
  async function whileOpen(): Promise<number> {
    for (let seconds = 6; ; seconds *= 2) {
      const open = entry(-60, seconds);
      await writeFreeze(server, { ...freeze, overrides: [open] });
      const codes: number[] = [];
      for (const actor of [ACTORS.onCall, ACTORS.operator, ACTORS.ci])
        codes.push((await tryImage(server, actor)).code);
      if (Date.now() >= Date.parse(open.until)) continue;
      expect(codes).toEqual([200, 200, 403]);
      return Date.parse(open.until);
    }
  }

  it('ends to the second with the operator dead, for its user and for the rollouts of the operator', async () => {
    const end = await whileOpen();
    let answer: Answer;
    let lastPassedAsked = 0;
    for (;;) {
      const asked = Date.now();
      answer = await tryImage(server, ACTORS.onCall);
      if (answer.code !== 200) break;
      lastPassedAsked = asked;
    }
    expect(answer.message).toContain('is frozen until');
    expect(Date.now()).toBeGreaterThanOrEqual(end);
    // By when it was asked: how long an answer takes is the machine's business.
    expect(lastPassedAsked).toBeLessThan(end + 1000);
  });

  // Where there is a clock, admission-clock.test.ts has it.
  it('can be added by hand while the operator is down, by a holder of the verb for itself alone', async () => {
    await writePhase(server, freeze);
    const path = ours('rolloutfreezes', CLUSTER);
    const add = (value: object, ...more: object[]): Call => ({
      method: 'PATCH',
      path,
      type: JSON_PATCH,
      fieldManager: 'kubectl-patch',
      body: [{ op: 'add', path: '/spec/overrides/-', value }, ...more],
    });
    const mine = { ...entry(0, HOUR), scope: ['Delete'] };
    const refused = 'a RolloutFreeze is written by the operator';
    for (const [actor, call] of [
      [ACTORS.ci, add({ ...mine, user: ACTORS.ci.user })],
      [ACTORS.onCall, add({ ...mine, user: ADMIN.user })],
      [ACTORS.onCall, add({ ...mine, until: inSeconds(5 * HOUR) })],
      [ACTORS.onCall, add({ ...mine, ticket: '' })],
      [ACTORS.onCall, add(mine, { op: 'replace', path: '/spec/phase', value: 'Open' })],
      [ACTORS.onCall, add(mine, { op: 'replace', path: '/spec/windows', value: [] })],
    ] as const) {
      const { code, message } = await server.ask(actor, call);
      expect([code, message]).toEqual([403, expect.stringContaining(refused)]);
    }
    expect((await tryDelete(server, ACTORS.onCall)).code).toBe(403);
    await server.must(ACTORS.onCall, add(mine));
    await writePhase(server, {}, 'another');
    expect((await tryDelete(server, ACTORS.onCall)).code).toBe(200);
    expect((await tryDelete(server, ADMIN)).code).toBe(403);
    await writePhase(server, freeze);
    expect((await tryDelete(server, ACTORS.onCall)).code).toBe(403);
  });
});

describe('kubectl in a freeze', () => {
  beforeAll(() => writeFreeze(server, { phase: 'Frozen', windows: [window(-HOUR, HOUR)] }));

  const says = 'weddings/wedsync is frozen until';

  it.each([
    ['rollout restart', ['rollout', 'restart', `deployment/${NAME}`]],
    ['set image', ['set', 'image', `deployment/${NAME}`, 'presence=presence:2']],
    ['set env', ['set', 'env', `deployment/${NAME}`, 'DEBUG=1']],
    ['scale', ['scale', `deployment/${NAME}`, '--replicas=1']],
    ['delete', ['delete', 'deployment', NAME]],
    ['delete --all', ['delete', 'pods', '--all', '--wait=false']],
    ['replace --force', ['replace', '--force', '-f', '-']],
    ['apply', ['apply', '-f', '-']],
    ['apply --server-side', ['apply', '--server-side', '--force-conflicts', '-f', '-']],
    ['replace', ['replace', '-f', '-']],
  ])('%s is refused and told why', async (_verb, args) => {
    const { body } = await server.must(ADMIN, { method: 'GET', path: DEPLOYMENT });
    body.metadata = {
      name: NAME,
      namespace: NAMESPACE,
      labels: body.metadata.labels,
      annotations: { a: 'b' },
    };
    body.spec.template.spec.containers[0].image = 'presence:2';
    const { code, text } = await server.kubectl(ACTORS.ci, ['-n', NAMESPACE, ...args], stringify(body));
    expect([code, text]).toEqual([1, expect.stringContaining(says)]);
    expect(text).toContain('kubectl presence override create wedsync -n weddings');
    expect(
      (await server.ask(ADMIN, { method: 'GET', path: DEPLOYMENT })).body.spec.template.spec.containers[0]
        .image,
    ).toBe('presence:1');
  });

  it.each(['true', 'false'])(
    'helm upgrade --server-side=%s is refused, by the real helm',
    async (serverSide) => {
      const chart = await mkdtemp(path.join(tmpdir(), 'umbrella-'));
      const { helm } = await ensureTools();
      const release = `umbrella-${serverSide}`;
      const run = (image: string): Promise<string> =>
        new Promise((resolve) => {
          const options = [`--server-side=${serverSide}`, '--kube-as-user', ACTORS.ci.user, '-n', NAMESPACE];
          const config = ['--kubeconfig', server.kinds.server.kubeconfig];
          const args = [
            'upgrade',
            '--install',
            release,
            chart,
            '--set',
            `image=${image}`,
            ...options,
            ...config,
          ];
          execFile(helm, args, (_error, stdout, stderr) => resolve(stdout + stderr));
        });
      try {
        await writeFile(path.join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: umbrella\nversion: 1.0.0\n');
        await mkdir(path.join(chart, 'templates'));
        const labels = { 'presence.wedsync.io/cluster': CLUSTER, app: release };
        const spec = { containers: [{ name: 'presence', image: '{{ .Values.image }}' }] };
        await writeFile(
          path.join(chart, 'templates', 'deployment.yaml'),
          stringify({
            apiVersion: 'apps/v1',
            kind: 'Deployment',
            metadata: { name: release, labels },
            spec: { selector: { matchLabels: { app: release } }, template: { metadata: { labels }, spec } },
          }),
        );
        expect(await run('presence:1')).toContain('STATUS: deployed');
        // The second request of a field manager within one second is refused with other words.
        const installed = Date.now();
        await until('the next second', async () => Date.now() > installed + 1_000);
        expect(await run('presence:2')).toContain(says);
        const { body } = await server.must(ADMIN, { method: 'GET', path: apps('deployments', release) });
        expect(body.spec.template.spec.containers[0].image).toBe('presence:1');
      } finally {
        await removeDirectory(chart);
      }
    },
  );

  it('drain is refused for our pods', async () => {
    const eviction = {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: PRESENCE_POD, namespace: NAMESPACE },
    };
    const path = `/api/v1/namespaces/${NAMESPACE}/pods/${PRESENCE_POD}/eviction`;
    const { code, text } = await server.kubectl(
      ACTORS.ci,
      ['create', '--raw', path, '-f', '-'],
      JSON.stringify(eviction),
    );
    expect([code, text]).toEqual([1, expect.stringContaining(says)]);
  });

  it('scale up passes', async () => {
    const { code, text } = await server.kubectl(ACTORS.ci, [
      '-n',
      NAMESPACE,
      'scale',
      `deployment/${NAME}`,
      '--replicas=12',
    ]);
    expect([code, text]).toEqual([0, expect.stringContaining('scaled')]);
  });

  it("the operator's own Deployment is never held, not even beside a frozen PresenceCluster", async () => {
    const { body } = await server.must(ADMIN, {
      method: 'GET',
      path: '/apis/apps/v1/namespaces/presence-system/deployments/presence-operator',
    });
    body.metadata = { name: 'presence-operator', namespace: NAMESPACE, labels: body.metadata.labels };
    await server.must(ADMIN, { method: 'POST', path: apps('deployments', '').slice(0, -1), body });
    for (const args of [
      ['rollout', 'restart', 'deployment/presence-operator'],
      ['scale', 'deployment/presence-operator', '--replicas=0'],
      ['delete', 'deployment', 'presence-operator'],
    ]) {
      expect(await server.kubectl(ACTORS.ci, ['-n', NAMESPACE, ...args])).toMatchObject({ code: 0 });
    }
  });
});
