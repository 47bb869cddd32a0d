import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Condition, WEEKDAYS } from '../../../src/api/schema/fields.ts';
import { API_VERSION } from '../../../src/api/schema/group.ts';
import { repository } from '../../cluster/paths.ts';
import { operatorKubeconfig, startChartOperator } from './chart-operator.ts';
import {
  ADMIN,
  type Answer,
  MERGE_PATCH,
  type PolicyServer,
  RELEASE,
  STRATEGIC_PATCH,
  sleepUntil,
  startPolicyServer,
  until,
} from './policy-server.ts';
import { tryDelete, tryImage } from './tries.ts';
import { ACTORS, apps, CLUSTER, core, inSeconds, ours, PRESENCE_POD, RIGHTS } from './wedding-world.ts';

const HOUR = 3600;
const DEPLOYMENT = apps('deployments', `${CLUSTER}-presence`);
const OWN = ours('presenceclusters', CLUSTER);
const FREEZE = ours('rolloutfreezes', CLUSTER);
const LEASE = `/apis/coordination.k8s.io/v1/namespaces/${RELEASE.namespace}/leases/presence-operator`;
const LEASE_MS = 15_000;
/** For the operator to publish the freeze. */
const AHEAD_SECONDS = 20;
const KILLED_BEFORE_MS = 1_000;
/** The lease of 15 s that nobody renews, two seconds until the next try, the first pass, and a machine that is loaded. */
const TAKE_OVER_LIMIT_MS = 60_000;

let server: PolicyServer;

const get = async (target: string) => (await server.ask(ADMIN, { method: 'GET', path: target })).body;
const imageOf = async (): Promise<string | undefined> =>
  (await get(DEPLOYMENT)).spec?.template.spec.containers[0].image;
const phaseOf = async (): Promise<string | undefined> => (await get(FREEZE)).spec?.phase;
const isHeld = async (): Promise<boolean> =>
  (await get(OWN)).status?.conditions?.some(
    ({ type, status }: Condition) => type === 'RolloutHeld' && status === 'True',
  ) ?? false;
const patchOwn = (spec: object) =>
  server.must(ADMIN, { method: 'PATCH', path: OWN, type: MERGE_PATCH, body: { spec } });
const manual = (from: string) => ({
  windows: [{ name: 'stock-taking', from, until: inSeconds(HOUR), reason: 'nobody is in the office' }],
});

/** What carries no stamp: a delete, a drain, the scale subresource below the floor. */
const unstamped = (): Promise<Answer[]> => {
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: PRESENCE_POD } };
  const evict = { method: 'POST', path: `${core('pods', PRESENCE_POD)}/eviction`, body: eviction };
  const scale = {
    method: 'PATCH',
    path: `${DEPLOYMENT}/scale`,
    type: MERGE_PATCH,
    body: { spec: { replicas: 0 } },
  };
  return Promise.all([
    tryDelete(server, ACTORS.ci),
    ...[evict, scale].map((call) => server.ask(ADMIN, { ...call, dryRun: true })),
  ]);
};

beforeAll(async () => {
  server = await startPolicyServer(RIGHTS);
  const spec = {
    timeZone: 'UTC',
    scaling: { baselineReplicas: 4, seasonMultipliers: { '1': 1 }, peaks: [] },
    freeze: { days: WEEKDAYS },
  };
  const body = { apiVersion: API_VERSION, kind: 'PresenceCluster', metadata: { name: CLUSTER }, spec };
  await server.must(ADMIN, { method: 'POST', path: ours('presenceclusters'), body });
});

afterAll(() => server?.stop());

describe('an upgrade of the operator that brings a newer presence image', () => {
  /** As `helm upgrade` replaces the operator: the old one ends, one with another default image starts. */
  async function withImage(image: string, look: () => Promise<void>): Promise<void> {
    const operator = await startChartOperator(server, { env: { PRESENCE_IMAGE: image } });
    try {
      await look();
    } finally {
      await operator.stop();
    }
  }

  it('rolls the presence pods when no freeze is on', async () => {
    await withImage('presence:1', () => until('made', async () => (await imageOf()) === 'presence:1'));
    await withImage('presence:2', () => until('rolled', async () => (await imageOf()) === 'presence:2'));
  });

  it('is held in a freeze, and goes out when it ends', async () => {
    await withImage('presence:2', async () => {
      await patchOwn({ freeze: manual(inSeconds(-HOUR)) });
      await until('frozen', async () => (await phaseOf()) === 'Frozen');
    });
    await withImage('presence:3', async () => {
      await until('held', isHeld);
      expect(await imageOf()).toBe('presence:2');
      expect((await get(OWN)).status.held).toMatchObject([
        { fields: ['spec.containers[name=presence].image'] },
      ]);
      await patchOwn({ freeze: { windows: [] } });
      await until('out', async () => (await imageOf()) === 'presence:3');
    });
  });

  it('changes nothing where the image is pinned', async () => {
    const acted = async (): Promise<boolean> => {
      const { metadata, status } = await get(OWN);
      return status?.observedGeneration === metadata.generation;
    };
    await patchOwn({ presence: { image: 'presence:3' } });
    await withImage('presence:3', () => until('pinned', acted));
    await patchOwn({ freeze: { before: '7h' } });
    await withImage('presence:4', () => until('acted on', acted));
    expect(await imageOf()).toBe('presence:3');
  });
});

describe('two operators, and the leader is killed one second before a freeze', () => {
  const processes = new Map<string, ChildProcess>();

  async function startProcess(name: string, kubeconfig: string): Promise<void> {
    const child = spawn(process.execPath, [path.join(repository, 'src/operator/main.ts')], {
      stdio: 'ignore',
      env: {
        PATH: process.env.PATH,
        KUBECONFIG: kubeconfig,
        POD_NAME: name,
        METRICS_PORT: '0',
        OPERATOR_NAMESPACE: RELEASE.namespace,
        PRESENCE_IMAGE: 'presence:3',
      },
    });
    processes.set(name, child);
  }

  /** Has the operator publish a freeze before it begins: later, where that takes longer. @returns when it begins */
  async function frozenAhead(): Promise<string> {
    for (let seconds = AHEAD_SECONDS; ; seconds *= 2) {
      const from = inSeconds(seconds);
      await patchOwn({ freeze: manual(from) });
      await until('published', async () => (await get(FREEZE)).spec.windows[0]?.from === from);
      await until('frozen ahead', async () => (await unstamped()).every(({ code }) => code === 403));
      const { active } = (await get(OWN)).status.freeze;
      const { code } = await tryImage(server, ACTORS.ci);
      if (Date.now() + KILLED_BEFORE_MS >= Date.parse(from)) continue;
      expect([active, code]).toEqual([false, 200]);
      return from;
    }
  }

  const leader = async (): Promise<string> => ((await get(LEASE)).spec?.holderIdentity ?? '').split('_')[0];

  afterAll(async () => {
    for (const child of processes.values()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    }
  });

  it('nothing passes: changes by their stamps, the rest by the phase, which was written a minute ahead', async () => {
    await server.must(ADMIN, {
      method: 'POST',
      path: core('pods', '').slice(0, -1),
      body: {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: PRESENCE_POD, labels: (await get(DEPLOYMENT)).metadata.labels },
        spec: { containers: [{ name: 'presence', image: 'presence:3' }] },
      },
    });
    await server.must(ADMIN, {
      method: 'PATCH',
      path: `${core('pods', PRESENCE_POD)}/status`,
      type: STRATEGIC_PATCH,
      body: { status: { phase: 'Running' } },
    });
    const kubeconfig = await operatorKubeconfig(server);
    await startProcess('a', kubeconfig);
    await until('a leads', async () => (await leader()) === 'a');
    await startProcess('b', kubeconfig);
    const from = await frozenAhead();
    await sleepUntil(Date.parse(from) - KILLED_BEFORE_MS);
    processes.get('a')?.kill('SIGKILL');
    await sleepUntil(Date.parse(from));

    const answers: Answer[] = [];
    while ((await leader()) !== 'b' || !(await get(OWN)).status.freeze.active) {
      expect(Date.now() - Date.parse(from)).toBeLessThan(TAKE_OVER_LIMIT_MS);
      answers.push(await tryImage(server, ACTORS.ci), ...(await unstamped()));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    // Nobody wrote anything for the time of a lease.
    expect(Date.now() - Date.parse(from)).toBeGreaterThan(LEASE_MS / 2);
    expect(answers.length).toBeGreaterThan(0);
    expect(answers.filter(({ code }) => code !== 403)).toEqual([]);
    const told = (await tryImage(server, ACTORS.ci)).message;
    expect(told).toContain('(stock-taking: nobody is in the office): ');
    expect((await tryDelete(server, ACTORS.ci)).message).toContain('(stock-taking: nobody is in the office)');
  });
});
