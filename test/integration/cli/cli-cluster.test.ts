import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { KINDS } from '../../../src/api/v1alpha1/kinds.ts';
import { createKubeClient, type KubeClient } from '../../../src/platform/kube/client.ts';
import { loadKubeConfig } from '../../../src/platform/kube/kubeconfig.ts';
import { builtin, type KubeObject } from '../../../src/platform/kube/resource.ts';
import { systemClock } from '../../../src/platform/runtime/clock.ts';
import { runCli, SAMPLE_FILES } from '../../support/run-cli.ts';
import { ADMIN, type PolicyServer, startPolicyServer, until } from '../admission/policy-server.ts';
import { inSeconds, ours, RIGHTS } from '../admission/wedding-world.ts';
import { type KubeApiServer, startKubeApiServer } from '../kube-apiserver.ts';

const WRITE = { fieldManager: 'test' };
const ESTABLISH_LIMIT_MS = 90_000;
const POLL_MS = 100;

let server: KubeApiServer;
let client: KubeClient;
/** A kubeconfig whose namespace is `default`, so that -n matters. */
const cli = (...args: string[]) => runCli([...args, '--kubeconfig', server.kubeconfig]);

beforeAll(async () => {
  server = await startKubeApiServer();
  client = createKubeClient({
    config: loadKubeConfig({ path: server.kubeconfig }),
    clock: systemClock,
    types: [...KINDS, builtin.Deployment],
  });
});

afterAll(async () => {
  await client?.close();
  await server?.stop();
});

async function objectsOf(file: string | URL): Promise<KubeObject[]> {
  return parseAllDocuments(await readFile(file, 'utf8')).map((document) => document.toJS() as KubeObject);
}

async function installKinds(): Promise<void> {
  for (const kind of KINDS) {
    const file = new URL(`../../../crds/${kind.plural}.yaml`, import.meta.url);
    for (const crd of await objectsOf(file)) await client.apply(crd, WRITE);
  }
  const giveUp = systemClock.monotonicMs() + ESTABLISH_LIMIT_MS;
  for (const kind of KINDS) {
    while ((await client.list(kind).catch(() => undefined)) === undefined) {
      if (systemClock.monotonicMs() > giveUp) throw new Error(`${kind.kind} was not established`);
      await systemClock.sleep(POLL_MS);
    }
  }
}

describe('kubectl presence against an API server', () => {
  it('says so when the kinds are not installed', async () => {
    const result = await cli('status');
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toMatch(/^error: .*CustomResourceDefinitions.*\n$/);
  });

  it('finds the operator and says which version it is', async () => {
    const metadata = {
      name: 'presence-operator',
      namespace: 'default',
      labels: {
        'app.kubernetes.io/component': 'operator',
        'app.kubernetes.io/part-of': 'wedsync',
        'app.kubernetes.io/version': '1.2.4',
      },
    };
    const pod = { containers: [{ name: 'operator', image: 'example.com/presence-operator:1.2.4' }] };
    const template = { metadata: { labels: { app: 'operator' } }, spec: pod };
    const spec = { replicas: 2, selector: { matchLabels: { app: 'operator' } }, template };
    expect((await cli('version')).stdout).toMatch(/\noperator: none found in the cluster\n$/);
    await client.apply({ apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec }, WRITE);
    const { stdout, exitCode } = await cli('version', '-o', 'json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      version: '1.2.3',
      commit: 'abc',
      operators: [
        { namespace: 'default', name: 'presence-operator', version: '1.2.4', replicas: 2, readyReplicas: 0 },
      ],
    });
    expect((await cli('version', '-n', 'kube-system', '-o', 'json')).stdout).toContain('"operators": []');
  });

  it('reads namespaces, statuses and written freezes', async () => {
    await installKinds();
    await client.apply(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'weddings' } } satisfies KubeObject,
      WRITE,
    );
    for (const file of SAMPLE_FILES.filter((arg) => arg !== '-f')) {
      for (const object of await objectsOf(file)) await client.apply(object, WRITE);
    }

    const nothing = await cli('status');
    expect(nothing).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('there is no PresenceCluster'),
    });

    const fromFiles = await runCli(['explain', '--at', '2027-06-05T18:30', '-o', 'json', ...SAMPLE_FILES]);
    const fromServer = await cli(
      'explain',
      'wedsync',
      '-n',
      'weddings',
      '--at',
      '2027-06-05T18:30',
      '-o',
      'json',
    );
    expect(fromServer).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(fromServer.stdout)).toEqual(JSON.parse(fromFiles.stdout));

    await writeStatus();
    const status = await cli('status', '-A', '-o', 'json');
    expect(JSON.parse(status.stdout)).toMatchObject({
      name: 'wedsync',
      fleet: { desired: 24, readyReplicas: 23 },
      shards: [{ index: 0, primary: 'wedsync-redis-0-0', replicas: ['wedsync-redis-0-1'], slots: 16384 }],
    });

    const now = new Date('2027-06-05T12:00:00Z');
    await client.apply(rolloutFreeze(), WRITE);
    const listed = await runCli(
      ['freeze', 'list', '-n', 'weddings', '-o', 'json', '--kubeconfig', server.kubeconfig],
      { now },
    );
    expect(JSON.parse(listed.stdout)).toMatchObject({
      windows: [{ source: 'RolloutFreeze', reason: 'written by hand', until: '2027-06-06T04:00:00Z' }],
    });
  });

  it('serves the last accepted spec while a new one is not accepted', async () => {
    await client.patch(
      KINDS[0] as (typeof KINDS)[number],
      'weddings',
      'wedsync',
      { spec: { timeZone: 'Europe/Londn' } },
      WRITE,
    );
    const result = await cli(
      'explain',
      'wedsync',
      '-n',
      'weddings',
      '--at',
      '2027-06-05T18:30',
      '-o',
      'json',
    );
    expect(result.stderr).toContain('UnknownTimeZone');
    expect(JSON.parse(result.stdout)).toMatchObject({ desired: 60, timeZone: 'Europe/Paris' });
  });

  it('freezes now by a window of the spec, and drops its own windows that are over', async () => {
    const now = async (at: string, ...args: string[]) => {
      const verb = ['freeze', 'now', '-n', 'weddings', '--reason', 'the venue moves', ...args];
      return runCli([...verb, '--kubeconfig', server.kubeconfig], { now: new Date(at) });
    };
    expect(await now('2027-03-01T10:00:00Z', '--for', '2h')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('weddings/wedsync is frozen until 2027-03-01T12:00:00Z'),
    });
    const again = await now('2027-03-01T13:00:00Z', '--for', '30m', '-o', 'json');
    expect(JSON.parse(again.stdout).windows).toEqual([
      {
        name: 'now-20270301t130000z',
        from: '2027-03-01T13:00:00Z',
        until: '2027-03-01T13:30:00Z',
        reason: 'the venue moves',
      },
    ]);
    expect(await now('2027-03-01T13:00:00Z', '--for', '1h', 'wedsink')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('no PresenceCluster named wedsink in namespace weddings'),
    });
  });

  it('asks in the name of another user', async () => {
    const result = await cli('status', '-A', '--as', 'visitor');
    expect(result).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('User "visitor" cannot list'),
    });
  });

  it('completes names from the cluster', async () => {
    const words = ['--kubeconfig', server.kubeconfig, '-n', 'weddings', 'explain', 'wed'];
    expect((await runCli(['__complete', '--', ...words])).stdout).toBe('wedsync\n:4\n');
  });

  it('says what is forbidden', async () => {
    const result = await cli('status', '--context', 'visitor');
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toMatch(/^error: list presenceclusters.*403.*\n$/);
  });
});

describe('kubectl presence override against an API server with the admission policies', () => {
  const WHY = ['--reason', 'the signing key leaked', '--ticket', 'OPS-1234'];
  const VISITOR = { kind: 'User', name: 'visitor', apiGroup: 'rbac.authorization.k8s.io' };
  /** The visitor may make overrides, as a deployer, and lacks the verb. */
  const MAY_DEPLOY = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'visitor-deploys' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'deployer' },
    subjects: [VISITOR],
  };
  let policies: PolicyServer;
  const presence = (...args: string[]) =>
    runCli([...args, '-n', 'weddings', '--kubeconfig', policies.kinds.server.kubeconfig], {
      now: systemClock.now(),
    });
  const stored = async () =>
    (await policies.must(ADMIN, { method: 'GET', path: ours('rolloutoverrides') })).body.items;

  beforeAll(async () => {
    policies = await startPolicyServer([...RIGHTS, MAY_DEPLOY]);
    for (const object of await objectsOf(SAMPLE_FILES[1] as string)) {
      await policies.kinds.client.apply(object, WRITE);
    }
    // The API server takes a moment until it judges by new policies.
    const path = ours('rolloutoverrides');
    const visitor = { user: 'visitor', groups: ['system:authenticated'] };
    const body = {
      apiVersion: 'presence.wedsync.io/v1alpha1',
      kind: 'RolloutOverride',
      metadata: { name: 'probe' },
      spec: {
        presenceClusterName: 'wedsync',
        reason: 'are the policies there',
        ticket: 'none',
        requestedBy: 'visitor',
        expiresAt: inSeconds(60),
      },
    };
    await until('policies', async () => {
      const { message } = await policies.ask(visitor, { method: 'POST', path, body, dryRun: true });
      return message.includes('breakglass');
    });
  });

  afterAll(() => policies?.stop());

  it('refuses whoever lacks the verb in the words of the API server, and stores nothing', async () => {
    const args = ['override', 'create', 'wedsync', ...WHY, '--context', 'visitor'];
    expect(await presence(...args)).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^error: .*visitor lacks the verb breakglass on presenceclusters\/wedsync: bind ClusterRole .*:breakglass\n$/,
      ),
    });
    expect(await stored()).toEqual([]);
  });

  it('refuses what would open nothing, and a reason that is none', async () => {
    const misspelt = await presence('override', 'create', 'wedsink', ...WHY);
    expect(misspelt).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('named wedsink in namespace weddings'),
    });
    const fix = await presence('override', 'create', '--reason', 'fix', '--ticket', 'OPS-1234');
    expect(fix).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('spec.reason') });
    expect(await stored()).toEqual([]);
  });

  it('opens for the user whom the API server sees, without NAME where there is one', async () => {
    const args = ['override', 'create', ...WHY, '--for', '4h', '--scope', 'Delete', '--scope', 'Evict'];
    const made = await presence(...args, '-o', 'json');
    expect(made).toMatchObject({ exitCode: 0, stderr: '' });
    const object = JSON.parse(made.stdout);
    const [found] = await stored();
    expect(object.spec).toEqual(found.spec);
    expect(object).toMatchObject({
      kind: 'RolloutOverride',
      metadata: { name: expect.stringMatching(/^wedsync-ops-1234-\d{8}t\d{6}z$/), namespace: 'weddings' },
      spec: { presenceClusterName: 'wedsync', requestedBy: 'admin', scope: ['Delete', 'Evict'] },
    });
    expect(object.metadata).not.toHaveProperty('managedFields');

    const listed = JSON.parse((await presence('override', 'list', '-o', 'json')).stdout);
    expect(listed.overrides).toMatchObject([
      { name: object.metadata.name, requestedBy: 'admin', until: object.spec.expiresAt, active: 'Unknown' },
    ]);
  });

  it('opens for whoever may do nothing but break the glass', async () => {
    const kubectl = (...args: string[]) => policies.kubectl(ADMIN, args);
    expect(await kubectl('delete', 'clusterrolebinding', 'visitor-deploys')).toMatchObject({
      code: 0,
    });
    const role = '--clusterrole=presence-system:presence-operator:breakglass';
    const bound = await kubectl('-n', 'weddings', 'create', 'rolebinding', 'glass', role, '--user=visitor');
    expect(bound.code).toBe(0);
    // Another ticket than before, because a name is made of the ticket and the second.
    const why = ['--reason', 'the signing key leaked', '--ticket', 'OPS-1235'];
    const create = () => presence('override', 'create', 'wedsync', ...why, '--context', 'visitor');
    await expect.poll(create, { timeout: ESTABLISH_LIMIT_MS }).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/opens Rollout of wedsync for visitor until \d{4}-.*Z\.\n/),
    });
    const listed = await presence('override', 'list', '--context', 'visitor');
    expect(listed).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/ visitor .* Rollout .* Unknown/),
    });
  });
});

async function writeStatus(): Promise<void> {
  const { spec } = (await objectsOf(SAMPLE_FILES[1] as string))[0] as { spec: Record<string, unknown> };
  await client.applyStatus(
    {
      apiVersion: 'presence.wedsync.io/v1alpha1',
      kind: 'PresenceCluster',
      metadata: { name: 'wedsync', namespace: 'weddings' },
      status: {
        presence: { replicas: 24, readyReplicas: 23 },
        redis: {
          state: 'Steady',
          message: 'nothing to do',
          slotsCovered: 16384,
          shards: [{ index: 0, primary: 'wedsync-redis-0-0', replicas: ['wedsync-redis-0-1'], slots: 16384 }],
        },
        scaling: { floor: 24, desired: 24, season: 3, peak: 2, because: 'ceil(4 × 3 × 2) = 24' },
        acceptedSpec: {
          ...spec,
          timeZone: 'Europe/Paris',
          scaling: { baselineReplicas: 20, peaks: [{ from: '18:00', to: '20:00', multiplier: 2 }] },
        },
      },
    } satisfies KubeObject,
    WRITE,
  );
}

function rolloutFreeze(): KubeObject {
  return {
    apiVersion: 'presence.wedsync.io/v1alpha1',
    kind: 'RolloutFreeze',
    metadata: { name: 'wedsync', namespace: 'weddings' },
    spec: {
      windows: [
        {
          from: '2027-06-05T07:30:00Z',
          until: '2027-06-06T04:00:00Z',
          reason: 'written by hand',
          weddings: [],
        },
      ],
    },
  };
}
