import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { WEEKDAYS } from '../../src/api/schema/fields.ts';
import type { PresenceCluster } from '../../src/api/v1alpha1/kinds.ts';
import { isReady } from '../../src/operator/cluster-state/pod.ts';
import { ownType } from '../../src/operator/objects/kinds.ts';
import { builtin, type KubeObject } from '../../src/platform/kube/resource.ts';
import { eventually } from '../support/eventually.ts';
import {
  applyNamespace,
  conditionOf,
  connect,
  deleteNamespace,
  getCluster,
  untilCondition,
} from '../support/live-cluster.ts';
import { apply, podsOf, presenceCluster, STEADY_SCALING } from './presence-cluster.ts';

/** docs/freeze.md: own rollouts start within 5 s after a freeze. */
const RELEASE_WITHIN_MS = 5_000;
const namespace = 'e2e-freeze';
const target = { namespace, name: 'frozen' };
const client = connect();
const today = new Date();
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** As without a freeze: a pass of the operator. */
const SCALED_WITHIN_SECONDS = 90;
/** As without a freeze: a pod is scheduled, starts and is ready, on a small machine. */
const HEALED_WITHIN_SECONDS = 240;
/** As without a freeze: the time-out of the cluster bus, an election, and the next look of the operator. */
const FAILED_OVER_WITHIN_SECONDS = 120;

/** What waits for the end of the freeze. */
const CHANGED = {
  presence: { drainSeconds: 5 },
  redis: { resources: { requests: { cpu: '20m', memory: '48Mi' }, limits: { memory: '256Mi' } } },
};

/** Pods start one time faster than another, on a machine that does other things as well. */
const NOISE_MS = 30_000;

const POLICIES = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies';

interface Policy {
  metadata: { name: string; generation: number };
  status?: { observedGeneration?: number; typeChecking?: { expressionWarnings?: object[] } };
}

/** Names of the policies that the chart renders with its default values, sorted. */
function policiesOfTheChart(): string[] {
  const text = readFileSync(new URL('../../manifests/install.yaml', import.meta.url), 'utf8');
  const objects = parseAllDocuments(text).map((document) => document.toJS() as KubeObject | null);
  return objects
    .filter((object) => object?.kind === 'ValidatingAdmissionPolicy')
    .map((object) => object?.metadata.name ?? '')
    .sort();
}

const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 16);

/** Today is a protected day, so that the freeze is on whatever day the test runs. */
const freeze = { days: [WEEKDAYS[(today.getUTCDay() + 6) % 7] as string], before: '12h', after: '12h' };

function wedding(state: string): KubeObject {
  return {
    apiVersion: 'presence.wedsync.io/v1alpha1',
    kind: 'Wedding',
    metadata: { name: 'ada-and-grace', namespace },
    spec: {
      date: today.toISOString().slice(0, 10),
      timeZone: 'UTC',
      ceremony:
        new Date(today.getTime() - HOUR_MS).getUTCDate() === today.getUTCDate()
          ? new Date(today.getTime() - HOUR_MS).toISOString().slice(11, 16)
          : '00:00',
      ends: '23:59',
      state,
      team: { photographer: 2, catering: 8 },
    },
  };
}

/** The user of kind's kubeconfig. */
function breakGlass(): KubeObject {
  return {
    apiVersion: 'presence.wedsync.io/v1alpha1',
    kind: 'RolloutOverride',
    metadata: { name: 'healing', namespace },
    spec: {
      presenceClusterName: 'frozen',
      requestedBy: 'kubernetes-admin',
      reason: 'a pod is killed to see it healed',
      ticket: 'TEST-1',
      expiresAt: new Date(Date.now() + HOUR_MS).toISOString(),
      scope: ['Delete'],
    },
  };
}

beforeAll(async () => {
  await applyNamespace(client, namespace);
});
afterAll(async () => {
  await deleteNamespace(client, namespace, 300);
  await client.close();
});

type Deployment = KubeObject & {
  spec: { replicas: number; template: { spec: { terminationGracePeriodSeconds: number } } };
};

async function deployment(): Promise<Deployment> {
  const found = await client.get<Deployment>(builtin.Deployment, namespace, 'frozen-presence');
  if (!found) throw new Error('no Deployment yet');
  return found;
}

/** Milliseconds from `ask` until so many presence pods are ready. */
async function readyAfter(replicas: number, ask: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await ask();
  await eventually(
    { what: `${replicas} pods are asked for`, withinSeconds: SCALED_WITHIN_SECONDS },
    async () => {
      return (await deployment()).spec.replicas === replicas;
    },
  );
  const ready = { what: `${replicas} presence pods are ready`, withinSeconds: HEALED_WITHIN_SECONDS };
  await eventually(ready, async () => {
    const pods = await podsOf(client, namespace, 'frozen', 'presence');
    return pods.filter(isReady).length === replicas;
  });
  return performance.now() - begun;
}

/** The Deployment and the StatefulSets of the three shards wait for the end of the freeze. */
function allHeld(): Promise<PresenceCluster> {
  return eventually({ what: 'all four workloads are held', withinSeconds: 90 }, async () => {
    const cluster = await getCluster(client, namespace, 'frozen');
    return cluster.status?.freeze?.active === true && cluster.status.held?.length === 4 && cluster;
  });
}

let readyInFreezeMs = 0;

describe('a freeze', () => {
  it('is made of the weddings that are on', async () => {
    await apply(client, wedding('Confirmed'));
    await apply(client, presenceCluster(namespace, 'frozen', { freeze }));
    // What is not there yet is made during a freeze as well.
    await untilCondition(client, target, { type: 'Ready', status: 'True' }, 300);
    const cluster = await untilCondition(client, target, { type: 'Frozen', status: 'True' }, 90);
    expect(cluster.status?.freeze).toMatchObject({ active: true, reason: '1 wedding' });
    const object = await client.get<KubeObject>(ownType('RolloutFreeze'), namespace, 'frozen');
    expect(object?.spec).toMatchObject({
      windows: [{ until: cluster.status?.freeze?.until, weddings: cluster.status?.freeze?.weddings }],
    });
    expect(JSON.stringify(object)).not.toContain('ada-and-grace');
  });

  it('holds changes of pod templates and says what waits until when, while scaling goes on', async () => {
    const before = await podsOf(client, namespace, 'frozen', 'redis');
    await apply(
      client,
      presenceCluster(namespace, 'frozen', {
        ...CHANGED,
        freeze,
        scaling: { ...STEADY_SCALING, baselineReplicas: 3 },
      }),
    );
    await untilCondition(client, target, { type: 'RolloutHeld', status: 'True', reason: 'HeldByFreeze' }, 90);
    const held = await allHeld();
    const entry = held.status?.held?.find(({ workload }) => workload === 'Deployment/frozen-presence');
    // Rollouts of many PresenceClusters start spread over the first seconds after a freeze.
    const spread = Date.parse(String(entry?.until)) - Date.parse(String(held.status?.freeze?.until));
    expect(spread).toBeGreaterThanOrEqual(0);
    expect(spread).toBeLessThan(RELEASE_WITHIN_MS);
    expect(entry?.fields.join()).toContain('terminationGracePeriodSeconds');
    await eventually(
      { what: '3 replicas in the freeze', withinSeconds: SCALED_WITHIN_SECONDS },
      async () => (await deployment()).spec.replicas === 3,
    );
    expect((await deployment()).spec.template.spec.terminationGracePeriodSeconds).toBe(30);
    const after = await podsOf(client, namespace, 'frozen', 'redis');
    expect(after.map(({ metadata }) => metadata.uid).sort()).toEqual(
      before.map(({ metadata }) => metadata.uid).sort(),
    );
  });

  it('has policies in which the API server finds nothing to warn of', async () => {
    const ours = async (): Promise<Policy[]> => {
      const { items } = JSON.parse(await client.raw(POLICIES)) as { items: Policy[] };
      return items.filter(({ metadata }) => metadata.name.endsWith('.presence-operator.presence-system'));
    };
    const looked = { what: 'kube-controller-manager has looked at each policy', withinSeconds: 120 };
    const policies = await eventually(looked, async () => {
      const found = await ours();
      return (
        found.every(({ metadata, status }) => status?.observedGeneration === metadata.generation) && found
      );
    });
    expect(policies.map(({ metadata }) => metadata.name).sort()).toEqual(policiesOfTheChart());
    for (const { metadata, status } of policies)
      expect(status?.typeChecking?.expressionWarnings ?? [], metadata.name).toEqual([]);
  });

  it('never stops scaling out at a peak', async () => {
    const now = Date.now();
    const peak = { from: clock(now - MINUTE_MS), to: clock(now + HOUR_MS), multiplier: 2 };
    const scaling = { ...STEADY_SCALING, baselineReplicas: 3, peaks: [peak] };
    readyInFreezeMs = await readyAfter(6, () =>
      apply(client, presenceCluster(namespace, 'frozen', { ...CHANGED, freeze, scaling })),
    );
    // Pods that are new in a freeze are of the template that is released, not of the one that waits.
    expect((await deployment()).spec.template.spec.terminationGracePeriodSeconds).toBe(30);
  });

  it('never stops healing', async () => {
    const [pod] = await podsOf(client, namespace, 'frozen', 'redis');
    const kill = () =>
      client.delete(builtin.Pod, namespace, pod?.metadata.name ?? '', { gracePeriodSeconds: 0 });
    await expect(kill()).rejects.toThrow('is frozen until');
    await client.create(breakGlass(), { fieldManager: 'test' });
    await eventually({ what: 'the override opens the freeze', withinSeconds: 60 }, () =>
      kill().then(
        () => true,
        () => false,
      ),
    );
    await eventually(
      { what: 'the pod is replaced and ready', withinSeconds: HEALED_WITHIN_SECONDS },
      async () => {
        const pods = await podsOf(client, namespace, 'frozen', 'redis');
        return pods.filter(({ metadata }) => metadata.uid !== pod?.metadata.uid).filter(isReady).length === 6;
      },
    );
    await eventually(
      { what: 'the new pod has joined its shard', withinSeconds: HEALED_WITHIN_SECONDS },
      async () => {
        const { status } = await getCluster(client, namespace, 'frozen');
        const members = status?.redis?.shards.flatMap(({ primary, replicas }) => [primary, ...replicas]);
        return status?.redis?.state === 'Steady' && members?.includes(pod?.metadata.name);
      },
    );
  });

  it('never stops the replacement of a presence pod, nor the failover of a Redis primary', async () => {
    const kill = (pod: string) => client.delete(builtin.Pod, namespace, pod, { gracePeriodSeconds: 0 });
    // A server that answers late has no primary in the status for a moment.
    const { presence, primary: killed } = await eventually(
      { what: 'there are both', withinSeconds: HEALED_WITHIN_SECONDS },
      async () => {
        const [pod] = (await podsOf(client, namespace, 'frozen', 'presence')).filter(isReady);
        const { status } = await getCluster(client, namespace, 'frozen');
        const primary = status?.redis?.state === 'Steady' && status.redis.shards[0]?.primary;
        return pod !== undefined && primary ? { presence: pod, primary } : undefined;
      },
    );
    await kill(presence.metadata.name);
    await kill(killed);
    await eventually(
      { what: 'a replica is the primary', withinSeconds: FAILED_OVER_WITHIN_SECONDS },
      async () => {
        const { status } = await getCluster(client, namespace, 'frozen');
        const primary = status?.redis?.shards[0]?.primary;
        return primary !== undefined && primary !== killed && status?.redis?.slotsCovered === 16384;
      },
    );
    await eventually(
      { what: 'both are replaced and ready', withinSeconds: HEALED_WITHIN_SECONDS },
      async () => {
        const pods = await podsOf(client, namespace, 'frozen', 'presence');
        const { status } = await getCluster(client, namespace, 'frozen');
        const redis = await podsOf(client, namespace, 'frozen', 'redis');
        return (
          pods.filter(({ metadata }) => metadata.uid !== presence.metadata.uid).filter(isReady).length ===
            6 &&
          redis.filter(isReady).length === 6 &&
          status?.redis?.state === 'Steady'
        );
      },
    );
    await allHeld();
  });

  it('lets everything out when it ends: replicas of a shard first, all slots served all the time', async () => {
    await apply(client, wedding('Done'));
    await untilCondition(client, target, { type: 'Frozen', status: 'False' }, 90);
    await eventually({ what: 'the presence pods get the new template', withinSeconds: 90 }, async () => {
      return (await deployment()).spec.template.spec.terminationGracePeriodSeconds === 15;
    });
    let lowest = 16384;
    const done = await eventually({ what: 'every Redis pod is renewed', withinSeconds: 600 }, async () => {
      const cluster = await getCluster(client, namespace, 'frozen');
      lowest = Math.min(lowest, cluster.status?.redis?.slotsCovered ?? 0);
      const pods = await podsOf(client, namespace, 'frozen', 'redis');
      const renewed = pods.filter((pod) => JSON.stringify(pod.spec).includes('"48Mi"'));
      const nothingHeld = conditionOf(cluster, 'RolloutHeld').reason === 'NoRolloutHeld';
      return renewed.length === 6 && nothingHeld ? cluster : undefined;
    });
    expect(lowest).toBe(16384);
    expect(done.status?.held ?? []).toEqual([]);
    await untilCondition(client, target, { type: 'Ready', status: 'True' }, 240);
  });

  it('has not slowed scaling out down: three pods more take as long without it', async () => {
    const scaling = { ...STEADY_SCALING, baselineReplicas: 9 };
    const readyMs = await readyAfter(9, () =>
      apply(client, presenceCluster(namespace, 'frozen', { ...CHANGED, freeze, scaling })),
    );
    const text = `${Math.round(readyInFreezeMs)} ms in a freeze, ${Math.round(readyMs)} ms without`;
    console.log(`three presence pods more are ready after ${text}`);
    expect(readyInFreezeMs, text).toBeLessThan(readyMs + NOISE_MS);
  });
});
