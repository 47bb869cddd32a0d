import { setTimeout as sleep } from 'node:timers/promises';
import type { PresenceCluster } from '../../../src/api/v1alpha1/kinds.ts';
import { FREEZE_ANNOTATION_PREFIX } from '../../../src/api/v1alpha1/names.ts';
import { presenceClusterSpec } from '../../../src/api/v1alpha1/presence-cluster.ts';
import type { RolloutFreezeSpec } from '../../../src/api/v1alpha1/rollout-freeze.ts';
import { formatInstant } from '../../../src/domain/calendar/instant.ts';
import { freezeAnnotations } from '../../../src/domain/freeze/clock/freeze-annotations.ts';
import { disruptionBudget } from '../../../src/domain/resources/disruption-budget.ts';
import type { Manifest } from '../../../src/domain/resources/manifest.ts';
import { presenceDeployment } from '../../../src/domain/resources/presence-workload.ts';
import { redisShardStatefulSet } from '../../../src/domain/resources/redis-workload.ts';
import { serviceAccount as serviceAccountOf } from '../../../src/domain/resources/service-account.ts';
import { presenceService } from '../../../src/domain/resources/services.ts';
import { clockCheckName } from '../../../src/operator/freeze-clock/lease-clock.ts';
import {
  type Actor,
  ADMIN,
  APPLY_PATCH,
  MERGE_PATCH,
  type PolicyServer,
  RELEASE,
  STRATEGIC_PATCH,
  until,
} from './policy-server.ts';

export const NAMESPACE = 'weddings';
/** The PresenceCluster whose freeze is tried. */
export const CLUSTER = 'wedsync';
/** Another in the same namespace, never frozen; its name begins as the first one's presence pods do. */
export const NEIGHBOUR = 'wedsync-presence';
/** A third, of which there is only the RolloutFreeze: what tells that the policies have seen the newest state. */
export const PROBE = 'probe';
/** A pod of wedsync as its ReplicaSet names it. */
export const PRESENCE_POD = `${CLUSTER}-presence-7d9f8c5b6d-x2k4p`;
export const REPLICA_SET = `${CLUSTER}-presence-7d9f8c5b6d`;
export const REDIS_POD = `${CLUSTER}-redis-0-1`;
export const CLAIM = `data-${CLUSTER}-redis-0-1`;
export const FLOOR = 4;
export const REPLICAS = 8;

const user = (name: string, ...groups: string[]): Actor => ({
  user: name,
  groups: [...groups, 'system:authenticated'],
});
const serviceAccount = (namespace: string, name: string): Actor =>
  user(
    `system:serviceaccount:${namespace}:${name}`,
    'system:serviceaccounts',
    `system:serviceaccounts:${namespace}`,
  );

export const ACTORS = {
  admin: ADMIN,
  ci: serviceAccount('ci', 'deploy'),
  operator: serviceAccount(RELEASE.namespace, RELEASE.name),
  replicaSetController: serviceAccount('kube-system', 'replicaset-controller'),
  garbageCollector: serviceAccount('kube-system', 'generic-garbage-collector'),
  namespaceController: serviceAccount('kube-system', 'namespace-controller'),
  kubelet: user('system:node:worker-1', 'system:nodes'),
  onCall: user('on-call@example.org'),
} as const;

export const apps = (plural: string, name: string) =>
  `/apis/apps/v1/namespaces/${NAMESPACE}/${plural}/${name}`;
export const core = (plural: string, name: string) => `/api/v1/namespaces/${NAMESPACE}/${plural}/${name}`;
export const ours = (plural: string, name = '') =>
  `/apis/presence.wedsync.io/v1alpha1/namespaces/${NAMESPACE}/${plural}${name && `/${name}`}`;
export const budget = (name: string) =>
  `/apis/policy/v1/namespaces/${NAMESPACE}/poddisruptionbudgets/${name}`;

export const networkPolicy = (name: string) =>
  `/apis/networking.k8s.io/v1/namespaces/${NAMESPACE}/networkpolicies/${name}`;

/** Everything that RBAC must allow, so that a refusal is one of the policies. */
export const RIGHTS: object[] = [
  {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: NAMESPACE, labels: { 'presence.wedsync.io/protected': 'true' } },
  },
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'unprotected' } },
  role(
    'deployer',
    ['', 'apps', 'policy', 'networking.k8s.io', 'presence.wedsync.io'],
    [...['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection']],
  ),
  binding('deployer', 'deployer', [ACTORS.ci, ACTORS.onCall]),
  binding('on-call', `${RELEASE.namespace}:${RELEASE.name}:breakglass`, [ACTORS.onCall]),
  // The Node authorizer gives it to kubelets; these tests run with RBAC alone.
  role('kubelet', [''], ['delete', 'get', 'patch']),
  binding('kubelet', 'kubelet', [ACTORS.kubelet]),
];

function role(name: string, apiGroups: string[], verbs: string[]): object {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name },
    rules: [{ apiGroups, resources: ['*'], verbs }],
  };
}

function binding(name: string, roleName: string, subjects: readonly Actor[]): object {
  const apiGroup = 'rbac.authorization.k8s.io';
  return {
    apiVersion: `${apiGroup}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup, kind: 'ClusterRole', name: roleName },
    subjects: subjects.map(({ user: subject }) => ({ apiGroup, kind: 'User', name: subject })),
  };
}

/** Two PresenceClusters with their workloads and a few pods, as the operator and the controllers would make them. */
export async function makeWorld(server: PolicyServer): Promise<void> {
  const make = async (path: string, object: object): Promise<void> => {
    await server.must(ADMIN, { method: 'POST', path, body: object });
  };
  for (const name of [CLUSTER, NEIGHBOUR]) {
    const owner = await ownerOf(server, name);
    const deployment = presenceDeployment(owner, owner.spec, { image: 'presence:1', pullSecrets: [] });
    (deployment.spec as { replicas: number }).replicas = REPLICAS;
    const redis = redisShardStatefulSet(owner, owner.spec, 0, 'config', {
      image: 'valkey:9',
      serverBinary: 'valkey-server',
      cliBinary: 'valkey-cli',
      cliTimeout: ['-t', '3'],
      pullSecrets: [],
    });
    await applyAsOperator(server, apps('deployments', deployment.metadata.name), deployment);
    await applyAsOperator(server, apps('statefulsets', redis.metadata.name), redis);
    const pdb = disruptionBudget(owner, 'presence', false);
    await applyAsOperator(server, budget(pdb.metadata.name), pdb);
    const service = presenceService(owner, owner.spec);
    await applyAsOperator(server, core('services', service.metadata.name), service);
    const account = serviceAccountOf(owner, owner.spec, 'redis');
    await applyAsOperator(server, core('serviceaccounts', account.metadata.name), account);
    const { labels } = deployment.metadata;
    await make(networkPolicy('').slice(0, -1), {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: `${name}-presence`, labels },
      spec: { podSelector: { matchLabels: labels }, policyTypes: ['Ingress'], ingress: [{}] },
    });
    const pod = { ...(deployment.spec as { template: { spec: object } }).template };
    await make(core('pods', '').slice(0, -1), {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `${name}-presence-7d9f8c5b6d-x2k4p`, labels },
      spec: { ...pod.spec, serviceAccountName: 'default' },
    });
    await make(apps('replicasets', '').slice(0, -1), {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { name: `${name}-presence-7d9f8c5b6d`, labels },
      spec: {
        replicas: REPLICAS,
        selector: { matchLabels: labels },
        template: { ...pod, metadata: { labels } },
      },
    });
    await make(core('persistentvolumeclaims', '').slice(0, -1), {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: `data-${name}-redis-0-1`, labels: redis.metadata.labels },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    });
    await make(core('pods', '').slice(0, -1), {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `${name}-redis-0-1`, labels: redis.metadata.labels },
      spec: { containers: [{ name: 'redis', image: 'valkey:9' }] },
    });
    for (const running of [`${name}-presence-7d9f8c5b6d-x2k4p`, `${name}-redis-0-1`]) {
      await server.must(ADMIN, {
        method: 'PATCH',
        path: `${core('pods', running)}/status`,
        type: STRATEGIC_PATCH,
        body: {
          status: {
            phase: 'Running',
            podIP: '192.0.2.9',
            podIPs: [{ ip: '192.0.2.9' }],
            conditions: [{ type: 'Ready', status: 'True' }],
          },
        },
      });
    }
  }
  await make(core('configmaps', '').slice(0, -1), {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: PROBE, labels: { 'presence.wedsync.io/cluster': PROBE } },
  });
}

async function ownerOf(server: PolicyServer, name: string): Promise<PresenceCluster> {
  const { body } = await server.must(ADMIN, {
    method: 'POST',
    path: ours('presenceclusters'),
    body: {
      apiVersion: 'presence.wedsync.io/v1alpha1',
      kind: 'PresenceCluster',
      metadata: { name },
      spec: { timeZone: 'Europe/London', redis: { storage: { type: 'Claim', size: '1Gi' } } },
    },
  });
  return { ...body, spec: presenceClusterSpec.parse(body.spec) };
}

async function applyAsOperator(server: PolicyServer, path: string, manifest: Manifest): Promise<void> {
  const call = {
    method: 'PATCH',
    path,
    type: APPLY_PATCH,
    fieldManager: 'presence-operator',
    body: manifest,
  };
  await server.must(ACTORS.operator, call);
}

export const NAMESPACE_PATH = `/api/v1/namespaces/${NAMESPACE}`;
export const LEASE_PATH =
  '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-controller-manager';
/** How often the kube-controller-manager renews it. */
const RENEW_MS = 2_000;
/** How long before a window the policies refuse: `leaseSoon` in the chart. */
export const LEAD_MS = 10_000;

export interface Freeze {
  windows?: object[];
  phase?: 'Open' | 'Frozen';
  overrides?: object[];
  heartbeat?: string;
}

let probes = 0;

/**
 * Writes a freeze as an operator does that sees no Lease: the RolloutFreeze alone. Returns when the policies judge by it.
 */
export async function writePhase(server: PolicyServer, freeze: Freeze, name = CLUSTER): Promise<void> {
  await writeAnnotations(server, name, { windows: null, overrides: null });
  await applyFreeze(server, name, { ...NO_FREEZE, ...freeze });
  await freezeSeen(server);
}

/**
 * Writes a freeze as the operator does: where the policies with the clock read it, and the RolloutFreeze. Returns when all
 * policies judge by it, with a Lease that was renewed just now.
 */
export async function writeFreeze(
  server: PolicyServer,
  freeze: Freeze,
  name = CLUSTER,
  writtenAt = new Date(),
): Promise<void> {
  const spec = { ...NO_FREEZE, ...freeze } as RolloutFreezeSpec;
  await writeAnnotations(server, name, freezeAnnotations(spec, writtenAt));
  await applyFreeze(server, name, spec);
  await freezeSeen(server);
  await clockSeen(server, await renewLease(server));
}

const NO_FREEZE = { floor: FLOOR, windows: [], phase: 'Open', overrides: [] } as const;

/** Writes the annotations of the Namespace, as the operator. */
export async function writeAnnotations(
  server: PolicyServer,
  name: string,
  { windows, overrides }: { windows: string | null; overrides: string | null },
): Promise<void> {
  const annotations = {
    [`${FREEZE_ANNOTATION_PREFIX.windows}${name}`]: windows,
    [`${FREEZE_ANNOTATION_PREFIX.overrides}${name}`]: overrides,
  };
  await server.must(ACTORS.operator, {
    method: 'PATCH',
    path: NAMESPACE_PATH,
    type: MERGE_PATCH,
    fieldManager: 'presence-freeze',
    body: { metadata: { annotations } },
  });
}

/** Renews the Lease as the kube-controller-manager does, here to any instant. @returns the instant */
export async function renewLease(server: PolicyServer, at = new Date()): Promise<Date> {
  const renewTime = at.toISOString().replace('Z', '000Z');
  await server.must(ADMIN, {
    method: 'PATCH',
    path: LEASE_PATH,
    type: APPLY_PATCH,
    fieldManager: 'control-plane',
    body: {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'kube-controller-manager', namespace: 'kube-system' },
      spec: { holderIdentity: 'test', leaseDurationSeconds: 15, renewTime },
    },
  });
  return at;
}

/** The renewal of the Lease that the policies judge by; undefined while none of them answers. */
export async function renewalSeen(server: PolicyServer): Promise<string | undefined> {
  const name = clockCheckName(RELEASE.name);
  const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name } };
  const path = `/apis/coordination.k8s.io/v1/namespaces/${RELEASE.namespace}/leases`;
  const { code, message } = await server.ask(ADMIN, { method: 'POST', path, body: lease, dryRun: true });
  return code === 422 ? /see a Lease of (\S+)/.exec(message)?.[1] : undefined;
}

/** Renews the Lease, and returns when the policies judge by it. */
export async function renewSeenLease(server: PolicyServer, at = new Date()): Promise<void> {
  await renewLease(server, at);
  await until(
    'the policies see the Lease',
    async () => Date.parse((await renewalSeen(server)) ?? '') === at.getTime(),
  );
}

/** A control plane that lives: renews the Lease every two seconds until it is stopped. */
export function keepLease(server: PolicyServer): { stop(): Promise<void> } {
  const end = new AbortController();
  const loop = (async () => {
    while (!end.signal.aborted) {
      // One that fails is followed by the next, as there.
      await renewLease(server).catch(() => {});
      await sleep(RENEW_MS, undefined, { signal: end.signal }).catch(() => {});
    }
  })();
  return {
    stop: async () => {
      end.abort();
      await loop;
    },
  };
}

/** Returns when the policies see a Lease of this instant or a later one, and the annotations written before. */
async function clockSeen(server: PolicyServer, at: Date): Promise<void> {
  await annotationsSeen(server);
  // A window that begins ten seconds after the Lease is on by the lead, and no other is.
  await markSeen(server, formatInstant(at.getTime() + LEAD_MS), '1970-01-01T00:00:00Z');
  await writeAnnotations(server, PROBE, { windows: null, overrides: null });
}

/** Returns when the policies see the annotations written before: they are parts of one object. */
export async function annotationsSeen(server: PolicyServer): Promise<void> {
  // A refusal has the message of one policy: here that of the clock.
  await applyFreeze(server, PROBE, { phase: 'Open', windows: [] });
  const begun = formatInstant(Date.now() - 3_600_000);
  await markSeen(server, begun, begun);
  await writeAnnotations(server, PROBE, { windows: null, overrides: null });
}

async function markSeen(server: PolicyServer, from: string, seen: string): Promise<void> {
  const mark = `probe ${++probes}`;
  const window = `${from}/${formatInstant(Date.now() + 3_600_000)} ${mark}`;
  await writeAnnotations(server, PROBE, { windows: `seen=${seen} floor=0\n${window}`, overrides: null });
  const probe = { method: 'DELETE', path: core('configmaps', PROBE), dryRun: true };
  await until(mark, async () => (await server.ask(ADMIN, probe)).message.includes(`(${mark})`));
}

async function freezeSeen(server: PolicyServer): Promise<void> {
  // The policies see RolloutFreezes in the order in which they were written.
  const mark = `probe ${++probes}`;
  const window = { from: '2000-01-01T00:00:00Z', until: '2000-01-02T00:00:00Z', reason: mark, weddings: [] };
  await applyFreeze(server, PROBE, { phase: 'Frozen', windows: [window] });
  const probe = { method: 'DELETE', path: core('configmaps', PROBE), dryRun: true };
  await until(mark, async () => (await server.ask(ADMIN, probe)).message.includes(`(${mark})`));
}

/** Writes a RolloutFreeze as the operator does, and waits for nothing. */
export async function applyFreeze(server: PolicyServer, name: string, spec: object): Promise<void> {
  await server.must(ACTORS.operator, {
    method: 'PATCH',
    path: ours('rolloutfreezes', name),
    type: APPLY_PATCH,
    fieldManager: 'presence-freeze',
    body: {
      apiVersion: 'presence.wedsync.io/v1alpha1',
      kind: 'RolloutFreeze',
      metadata: { name, namespace: NAMESPACE },
      spec,
    },
  });
}

const SECOND = 1000;

/** Seconds from now, to the second, as the API server writes it. */
export function inSeconds(seconds: number, now = Date.now()): string {
  return new Date(Math.floor(now / SECOND) * SECOND + seconds * SECOND).toISOString().replace('.000Z', 'Z');
}

export function window(from: number, untilSeconds: number): object {
  return {
    from: inSeconds(from),
    until: inSeconds(untilSeconds),
    reason: '2 weddings',
    weddings: ['5f2a', '81cc'],
  };
}
