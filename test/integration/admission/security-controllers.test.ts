import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WEEKDAYS } from '../../../src/api/schema/fields.ts';
import { API_VERSION } from '../../../src/api/schema/group.ts';
import { type AuditEvent, type AuditLog, makeAuditLog } from './audit-log.ts';
import { type ChartOperator, startChartOperator } from './chart-operator.ts';
import { type ControllerManager, startControllerManager } from './controller-manager.ts';
import {
  ADMIN,
  type Answer,
  type Call,
  MERGE_PATCH,
  type PolicyServer,
  STRATEGIC_PATCH,
  startPolicyServer,
  until,
} from './policy-server.ts';
import { ACTORS, apps, CLUSTER, core, NAMESPACE, ours, RIGHTS } from './wedding-world.ts';

/**
 * The real kube-controller-manager and the operator behind the policies, while a freeze is on: nothing that keeps a
 * PresenceCluster alive is refused. There is no kubelet; the test writes what one would.
 */

/** No namespace of the protected ones, and one that is not. */
const LEAVING = 'unprotected';
const REPLICAS = 4;
/** Controllers back off when they are refused, and this machine may be slow. */
const PATIENCE_MS = 120_000;

let server: PolicyServer;
let audit: AuditLog;
let operator: ChartOperator;
let controllers: ControllerManager;
const events: AuditEvent[] = [];

beforeAll(async () => {
  audit = await makeAuditLog();
  server = await startPolicyServer(RIGHTS, { flags: audit.flags });
  controllers = await startControllerManager(server.kinds.server);
  operator = await startChartOperator(server);
  for (const namespace of [NAMESPACE, LEAVING]) {
    await make(`/apis/presence.wedsync.io/v1alpha1/namespaces/${namespace}/weddings`, wedding());
    await make(
      `/apis/presence.wedsync.io/v1alpha1/namespaces/${namespace}/presenceclusters`,
      presenceCluster(),
    );
    await until(
      `${namespace} is frozen`,
      async () =>
        (await get(there(ours('rolloutfreezes', CLUSTER), namespace))).body.spec?.phase === 'Frozen',
    );
  }
});

afterAll(async () => {
  await operator?.stop();
  await controllers?.stop();
  await server?.stop();
  await audit?.remove();
});

const there = (path: string, namespace: string) => path.replace(`/${NAMESPACE}/`, `/${namespace}/`);
const make = (path: string, body: object): Promise<Answer> =>
  server.must(ADMIN, { method: 'POST', path, body });
const get = (path: string): Promise<Answer> => server.ask(ADMIN, { method: 'GET', path });
const items = async (path: string): Promise<Answer['body'][]> => (await get(path)).body.items ?? [];
const labelled = (plural: string, namespace = NAMESPACE, component = '') =>
  `/api/v1/namespaces/${namespace}/${plural}?labelSelector=presence.wedsync.io%2Fcluster%3D${CLUSTER}${component && `%2Capp.kubernetes.io%2Fcomponent%3D${component}`}`;
const eventually = (what: string, condition: () => Promise<boolean>) => until(what, condition, PATIENCE_MS);

/** Six Redis pods, and as many presence pods as the autoscaler has written. */
async function allPodsAreMade(namespace: string): Promise<boolean> {
  const deployment = (await get(there(apps('deployments', `${CLUSTER}-presence`), namespace))).body;
  const isScaled = deployment.metadata.managedFields.some(
    ({ manager }: { manager: string }) => manager === 'presence-autoscaler',
  );
  const [redis, presence] = await Promise.all(
    ['redis', 'presence'].map((component) => items(labelled('pods', namespace, component))),
  );
  return isScaled && redis?.length === 6 && presence?.length === deployment.spec.replicas;
}

function presenceCluster(): object {
  return {
    apiVersion: API_VERSION,
    kind: 'PresenceCluster',
    metadata: { name: CLUSTER },
    spec: {
      timeZone: 'UTC',
      scaling: { baselineReplicas: REPLICAS, seasonMultipliers: { '1': 1 }, peaks: [] },
      redis: {
        shards: 3,
        replicasPerShard: 1,
        storage: { type: 'Claim', size: '1Gi', retention: 'Delete' },
      },
      freeze: { days: WEEKDAYS, before: '12h', after: '12h' },
    },
  };
}

/** One that began an hour ago. */
function wedding(): object {
  const ceremony = new Date(Date.now() - 3_600_000).toISOString();
  const [date, time] = [ceremony.slice(0, 10), ceremony.slice(11, 16)];
  const spec = {
    date,
    timeZone: 'UTC',
    ceremony: time,
    ends: time,
    state: 'Confirmed',
    team: { photographer: 1 },
  };
  return { apiVersion: API_VERSION, kind: 'Wedding', metadata: { name: 'now' }, spec };
}

/** What a kubelet writes about a pod. */
function kubeletSays(pod: string, status: object, namespace = NAMESPACE): Promise<Answer> {
  const path = there(`${core('pods', pod)}/status`, namespace);
  return server.must(ACTORS.kubelet, { method: 'PATCH', path, type: STRATEGIC_PATCH, body: { status } });
}

const RUNNING = {
  phase: 'Running',
  podIP: '192.0.2.9',
  podIPs: [{ ip: '192.0.2.9' }],
  conditions: [{ type: 'Ready', status: 'True' }],
};

/** What the policies have refused to the control plane, kubelets and the operator since the test began. */
async function refusedToSystem(): Promise<string[]> {
  events.push(...(await audit.taken()));
  return events
    .filter(({ responseStatus, user, impersonatedUser }) => {
      const name = (impersonatedUser ?? user).username;
      const isControlPlane = name.startsWith('system:serviceaccount:') || name.startsWith('system:node:');
      return responseStatus.code === 403 && isControlPlane;
    })
    .map(({ verb, objectRef, user, impersonatedUser }) => {
      const { resource, subresource } = objectRef;
      return `${(impersonatedUser ?? user).username}: ${verb} ${resource}${subresource ? `/${subresource}` : ''}`;
    });
}

describe('controllers, kubelets and the operator in a freeze', () => {
  it('make all pods and claims', async () => {
    await eventually('all pods are made', () => allPodsAreMade(NAMESPACE));
    expect((await items(labelled('persistentvolumeclaims'))).length).toBe(6);
  });

  it('bind a claim to a volume', async () => {
    const [claim] = await items(labelled('persistentvolumeclaims'));
    await make('/api/v1/persistentvolumes', {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: 'disk' },
      spec: {
        accessModes: ['ReadWriteOnce'],
        capacity: { storage: '1Gi' },
        hostPath: { path: '/unused' },
        claimRef: { namespace: NAMESPACE, name: claim.metadata.name },
      },
    });
    const path = core('persistentvolumeclaims', claim.metadata.name);
    await eventually('the claim is bound', async () => (await get(path)).body.status?.phase === 'Bound');
    expect((await get(path)).body.spec.volumeName).toBe('disk');
  });

  it('own the claims by their StatefulSet, so that they go with it', async () => {
    await eventually('claims have owners', async () =>
      (await items(labelled('persistentvolumeclaims'))).every(
        ({ metadata }) => metadata.ownerReferences?.[0].kind === 'StatefulSet',
      ),
    );
  });

  it('replace a pod that has failed, and a pod that is gone', async () => {
    const pods = await items(labelled('pods', NAMESPACE, 'presence'));
    const [failed, gone] = pods.map(({ metadata }) => metadata.name as string);
    for (const name of [failed, gone]) await kubeletSays(name as string, RUNNING);
    await kubeletSays(failed as string, { phase: 'Failed' });
    await server.must(ACTORS.kubelet, { method: 'DELETE', path: core('pods', gone as string) });
    const known = new Set(pods.map(({ metadata }) => metadata.name));
    await eventually('two more pods are made', async () => {
      const now = await items(labelled('pods', NAMESPACE, 'presence'));
      return now.filter(({ metadata }) => !known.has(metadata.name)).length >= 2;
    });
  });

  it('make more pods when more are asked for', async () => {
    const more = { spec: { scaling: { baselineReplicas: REPLICAS + 4 } } };
    const path = ours('presenceclusters', CLUSTER);
    await server.must(ADMIN, { method: 'PATCH', path, type: MERGE_PATCH, body: more });
    await eventually('they are made', async () => {
      const pods = await items(labelled('pods', NAMESPACE, 'presence'));
      return pods.filter(({ status }) => status.phase !== 'Failed').length >= REPLICAS + 4;
    });
  });

  it('keep an object to which somebody gives an owner that does not exist', async () => {
    const path = apps('statefulsets', `${CLUSTER}-redis-0`);
    const { uid } = (await get(path)).body.metadata;
    const owner = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      name: 'gone',
      uid: '00000000-0000-0000-0000-000000000000',
    };
    const { code } = await server.ask(ADMIN, {
      method: 'PATCH',
      path,
      type: MERGE_PATCH,
      body: { metadata: { ownerReferences: [owner] } },
    });
    expect(code).toBe(403);
    expect((await get(path)).body.metadata.uid).toBe(uid);
  });

  it('were refused nothing in all of this', async () => {
    expect(await refusedToSystem()).toEqual([]);
  });

  it('keep a PresenceCluster whose owner is deleted until the freeze has ended', async () => {
    const owner = (
      await make(core('configmaps', '').slice(0, -1), {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'app' },
      })
    ).body;
    const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'app', uid: owner.metadata.uid };
    const path = ours('presenceclusters', CLUSTER);
    await server.must(ADMIN, {
      method: 'PATCH',
      path,
      type: MERGE_PATCH,
      body: { metadata: { ownerReferences: [reference] } },
    });
    await server.must(ADMIN, { method: 'DELETE', path: core('configmaps', 'app') });
    await eventually('the garbage collector has tried', async () =>
      (await refusedToSystem()).includes(
        'system:serviceaccount:kube-system:generic-garbage-collector: delete presenceclusters',
      ),
    );
    expect((await get(path)).code).toBe(200);
  });

  it('delete it, its pods and its claims once the freeze has ended', async () => {
    await server.must(ADMIN, { method: 'DELETE', path: ours('weddings', 'now') });
    await eventually('it is gone', async () => (await get(ours('presenceclusters', CLUSTER))).code === 404);
    // Pods that run on no node are deleted at once.
    await eventually('its pods are gone', async () => (await items(labelled('pods'))).length === 0);
    await eventually('its claims are going', async () =>
      (await items(labelled('persistentvolumeclaims'))).every(({ metadata }) => metadata.deletionTimestamp),
    );
    for (const [group, plural] of [
      ['apps/v1', 'deployments'],
      ['apps/v1', 'statefulsets'],
      ['apps/v1', 'replicasets'],
    ]) {
      const path = `/apis/${group}/namespaces/${NAMESPACE}/${plural}`;
      await eventually(`${plural} are gone`, async () => (await items(path)).length === 0);
    }
  });
});

describe('a namespace that is deleted in a freeze', () => {
  const path = `/api/v1/namespaces/${LEAVING}`;

  it('stays as it is, also the weddings that the freeze is for, and says until when', async () => {
    await eventually('all pods are made', () => allPodsAreMade(LEAVING));
    const running = await items(labelled('pods', LEAVING));
    const pods = running.length;
    for (const { metadata } of running) await kubeletSays(metadata.name, RUNNING, LEAVING);
    await server.must(ADMIN, { method: 'DELETE', path });
    await eventually('the namespace controller has tried', async () => {
      const conditions: { type: string; message: string }[] = (await get(path)).body.status?.conditions ?? [];
      const failure = conditions.find(({ type }) => type === 'NamespaceDeletionContentFailure');
      return failure?.message.includes('continues by itself when the freeze ends') ?? false;
    });
    expect((await items(labelled('pods', LEAVING))).length).toBe(pods);
    expect((await get(there(ours('weddings', 'now'), LEAVING))).code).toBe(200);
    const freeze = there(ours('rolloutfreezes', CLUSTER), LEAVING);
    expect((await get(freeze)).body.spec.phase).toBe('Frozen');
  });

  it('tells people as well that no override can be made, and none can', async () => {
    const pod = (await items(labelled('pods', LEAVING)))[0].metadata.name;
    const remove: Call = { method: 'DELETE', path: there(core('services', `${CLUSTER}-presence`), LEAVING) };
    const { code, message } = await server.ask(ADMIN, remove);
    expect([code, message]).toEqual([403, expect.stringContaining('no RolloutOverride can be created')]);
    expect(message).not.toContain('kubectl presence override create');
    const override = await server.ask(ADMIN, {
      method: 'POST',
      path: there(ours('rolloutoverrides'), LEAVING),
      body: {
        apiVersion: API_VERSION,
        kind: 'RolloutOverride',
        metadata: { name: 'late' },
        spec: {
          presenceClusterName: CLUSTER,
          reason: 'the namespace has to go',
          ticket: 'OPS-1',
          requestedBy: ADMIN.user,
          scope: ['Delete'],
          expiresAt: new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+/, ''),
        },
      },
    });
    expect([override.code, override.message, pod]).toEqual([
      403,
      expect.stringContaining('being terminated'),
      expect.any(String),
    ]);
  });

  it('goes by itself once the freeze has ended', async () => {
    await server.must(ADMIN, { method: 'DELETE', path: there(ours('weddings', 'now'), LEAVING) });
    const pods = labelled('pods', LEAVING);
    await eventually('its pods are gone', async () => (await items(pods)).length === 0);
    await eventually('the namespace is gone', async () => (await get(path)).code === 404);
  });
});
