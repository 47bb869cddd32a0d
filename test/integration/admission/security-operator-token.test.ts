import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { presenceClusterSpec } from '../../../src/api/v1alpha1/presence-cluster.ts';
import type { Manifest } from '../../../src/domain/resources/manifest.ts';
import { presenceDeployment } from '../../../src/domain/resources/presence-workload.ts';
import {
  ADMIN,
  type Answer,
  type Call,
  MERGE_PATCH,
  type PolicyServer,
  RELEASE,
  STRATEGIC_PATCH,
  startPolicyServer,
  until,
} from './policy-server.ts';
import {
  ACTORS,
  apps,
  CLAIM,
  CLUSTER,
  core,
  makeWorld,
  NAMESPACE,
  PRESENCE_POD,
  REDIS_POD,
  RIGHTS,
} from './wedding-world.ts';

/** What somebody could do who holds the token of the operator, and what the operator itself must go on doing. */

const OURS = { 'presence.wedsync.io/cluster': CLUSTER, 'app.kubernetes.io/component': 'presence' };
const DEPLOYMENT = apps('deployments', `${CLUSTER}-presence`);
const collection = (path: string) => path.slice(0, -1);
const inNamespace = (namespace: string, path: string) => path.replace(`/${NAMESPACE}/`, `/${namespace}/`);

let server: PolicyServer;
/** The Deployment as the operator makes it, of a PresenceCluster named second. */
let second: Manifest;

beforeAll(async () => {
  server = await startPolicyServer(RIGHTS, { flags: ['--allow-privileged=true'] });
  await makeWorld(server);
  for (const object of [
    { kind: 'ConfigMap', metadata: { name: 'of-a-team' }, data: { a: 'b' } },
    { kind: 'Secret', metadata: { name: 'of-a-team' }, stringData: { a: 'b' } },
    { kind: 'Service', metadata: { name: 'of-a-team' }, spec: { ports: [{ port: 80 }] } },
    {
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'of-a-team' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    },
  ]) {
    const path = collection(core(`${object.kind.toLowerCase()}s`, ''));
    await server.must(ADMIN, { method: 'POST', path, body: { apiVersion: 'v1', ...object } });
  }
  await server.must(ADMIN, {
    method: 'POST',
    path: collection(apps('deployments', '')),
    body: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'of-a-team' },
      spec: {
        selector: { matchLabels: { app: 'team' } },
        template: {
          metadata: { labels: { app: 'team' } },
          spec: { containers: [{ name: 'x', image: 'x:1' }] },
        },
      },
    },
  });
  const { body } = await server.must(ADMIN, {
    method: 'GET',
    path: `/apis/presence.wedsync.io/v1alpha1/namespaces/${NAMESPACE}/presenceclusters/${CLUSTER}`,
  });
  const owner = { ...body, metadata: { ...body.metadata, name: 'second' } };
  const image = { image: 'presence:1', pullSecrets: [] };
  second = presenceDeployment(owner, presenceClusterSpec.parse(body.spec), image);
  await policiesInForce();
});

afterAll(() => server?.stop());

/** The API server takes a moment to put policies in force. */
async function policiesInForce(): Promise<void> {
  const label = patch(core('configmaps', 'of-a-team'), { metadata: { labels: OURS } });
  const root = withPod((pod) => {
    pod.hostNetwork = true;
  });
  for (const call of [label, post(apps('deployments', ''), root)]) {
    await until('the policies are in force', async () => (await asOperator(call)).code === 403);
  }
}

const asOperator = (call: Call): Promise<Answer> => server.ask(ACTORS.operator, { ...call, dryRun: true });
const post = (path: string, body: object): Call => ({ method: 'POST', path: collection(path), body });
const patch = (path: string, body: object, type = MERGE_PATCH): Call => ({
  method: 'PATCH',
  path,
  type,
  body,
});
const refusal = async (call: Call): Promise<string> => {
  const { code, message } = await asOperator(call);
  return code === 403 && message.includes('ValidatingAdmissionPolicy') ? message : `${code} ${message}`;
};

const secret = (type: string, labels: object = OURS) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  type,
  metadata: { name: 'made', labels, annotations: { 'kubernetes.io/service-account.name': 'default' } },
  ...(type === 'kubernetes.io/tls' ? { data: { 'tls.crt': '', 'tls.key': '' } } : { data: { a: '' } }),
});
const configMap = (labels: object) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'made', labels },
});

/** The Deployment of a second PresenceCluster with another pod spec. */
// biome-ignore lint/suspicious/noExplicitAny: tests break any field of a pod spec.
const withPod = (change: (pod: any, deployment: any) => void): object => {
  const copy = structuredClone(second);
  change((copy.spec as { template: { spec: object } }).template.spec, copy);
  return copy;
};
const container = (change: object) =>
  withPod((pod) => {
    pod.containers[0] = { ...pod.containers[0], ...change };
  });
const security = (change: object) =>
  withPod((pod) => {
    Object.assign(pod.containers[0].securityContext, change);
  });

const OWNER = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  name: 'gone',
  uid: '00000000-0000-0000-0000-000000000000',
};

describe('the token of the operator', () => {
  const KUBE_SYSTEM = 'writes nothing in kube-system';
  const LABELS = 'writes only objects with the label';
  const team = (plural: string) => core(plural, 'of-a-team');

  it.each<[string, Call, string]>([
    [
      'a ConfigMap in kube-system',
      post(inNamespace('kube-system', core('configmaps', '')), configMap(OURS)),
      KUBE_SYSTEM,
    ],
    [
      'a Deployment in kube-system',
      post(inNamespace('kube-system', apps('deployments', '')), workload('kube-system')),
      KUBE_SYSTEM,
    ],
    ['a ConfigMap without our label', post(core('configmaps', ''), configMap({})), LABELS],
    ['a Secret without our label', post(core('secrets', ''), secret('Opaque', {})), LABELS],
    ['a change of a ConfigMap of others', patch(team('configmaps'), { data: { a: 'c' } }), LABELS],
    ['our label on a ConfigMap of others', patch(team('configmaps'), { metadata: { labels: OURS } }), LABELS],
    [
      'our label on a Deployment of others',
      patch(apps('deployments', 'of-a-team'), { metadata: { labels: OURS } }),
      LABELS,
    ],
    ['a change of a Secret of others', patch(team('secrets'), { data: { a: '' } }), LABELS],
    ['a change of a Service of others', patch(team('services'), { spec: { selector: OURS } }), LABELS],
    [
      'our label on a PersistentVolumeClaim of others',
      patch(team('persistentvolumeclaims'), { metadata: { labels: OURS } }),
      LABELS,
    ],
    [
      'the deletion of a PersistentVolumeClaim of others',
      { method: 'DELETE', path: team('persistentvolumeclaims') },
      LABELS,
    ],
    ['the deletion of a ConfigMap of others', { method: 'DELETE', path: team('configmaps') }, LABELS],
    [
      'the deletion of a Deployment of others',
      { method: 'DELETE', path: apps('deployments', 'of-a-team') },
      LABELS,
    ],
    [
      'another text of the policies that it puts back',
      patch(`/api/v1/namespaces/${RELEASE.namespace}/configmaps/${RELEASE.name}-policies`, {
        data: { 'policies.yaml': '' },
      }),
      LABELS,
    ],
    ...(
      [
        ['a label', { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } } }],
        ['an annotation of others', { metadata: { annotations: { note: 'seen' } } }],
        ['an owner', { metadata: { ownerReferences: [OWNER] } }],
      ] as const
    ).map(([what, body]): [string, Call, string] => [
      `${what} of a Namespace`,
      patch(`/api/v1/namespaces/${NAMESPACE}`, body),
      'of a Namespace the operator writes only the annotations',
    ]),
    [
      'a Secret that a service account token is written to',
      post(core('secrets', ''), secret('kubernetes.io/service-account-token')),
      'only Secrets of type',
    ],
    [
      'a Secret with registry credentials',
      post(core('secrets', ''), secret('example.org/anything')),
      'only Secrets of type',
    ],
    [
      'another image of a running pod',
      patch(
        core('pods', PRESENCE_POD),
        { spec: { containers: [{ name: 'presence', image: 'other:1' }] } },
        STRATEGIC_PATCH,
      ),
      'only metadata',
    ],
    ['the eviction of a pod that is no Redis pod', evict(PRESENCE_POD), 'evicts only Redis pods'],
    [
      'the scale of a Deployment of others',
      patch(`${apps('deployments', 'of-a-team')}/scale`, { spec: { replicas: 0 } }),
      'scales only presence Deployments',
    ],
    [
      'a Service for an address outside',
      post(core('services', ''), {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'made', labels: OURS },
        spec: { externalIPs: ['192.0.2.1'], ports: [{ port: 80 }] },
      }),
      'no Service an external address',
    ],
    [
      'a Service for a name outside',
      post(core('services', ''), {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'made', labels: OURS },
        spec: { type: 'ExternalName', externalName: 'example.org' },
      }),
      'no Service an external address',
    ],
  ])('is refused %s', async (_what, call, because) => {
    expect(await refusal(call)).toContain(because);
  });

  it('puts our label back on Redis pods and their claims by name, and on nothing else', async () => {
    const [pod, claim] = [`${CLUSTER}-redis-7-0`, `data-${CLUSTER}-redis-7-0`];
    const containers = [{ name: 'redis', image: 'valkey:9' }];
    const disk = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
    for (const [plural, kind, name, spec] of [
      ['pods', 'Pod', pod, { containers }],
      ['pods', 'Pod', 'of-a-team', { containers }],
      ['persistentvolumeclaims', 'PersistentVolumeClaim', claim, disk],
    ] as const) {
      const body = { apiVersion: 'v1', kind, metadata: { name }, spec };
      await server.must(ADMIN, { method: 'POST', path: collection(core(plural, '')), body });
    }
    const label = (plural: string, name: string, more: object = {}) =>
      patch(core(plural, name), { metadata: { labels: { ...OURS, ...more } } });
    const theirs = { 'presence.wedsync.io/cluster': 'other' };
    for (const [plural, name] of [
      ['pods', pod],
      ['persistentvolumeclaims', claim],
    ] as const) {
      expect(await asOperator(label(plural, name))).toMatchObject({ code: 200 });
      expect(await refusal(label(plural, name, theirs))).toContain(LABELS);
      expect(await refusal(label(plural, 'of-a-team'))).toContain(LABELS);
      // Without the label it is no object of ours, whatever its name.
      expect(await refusal(patch(core(plural, name), { metadata: { annotations: { a: 'b' } } }))).toContain(
        LABELS,
      );
    }
    const volume = { spec: { volumeName: 'another' } };
    expect(await refusal(patch(core('persistentvolumeclaims', CLAIM), volume))).toContain('only metadata');
    const removed: Call = { method: 'DELETE', path: core('persistentvolumeclaims', CLAIM) };
    expect(await asOperator(removed)).toMatchObject({ code: 200 });
    const another = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'made', labels: OURS },
      spec: disk,
    };
    expect(await refusal(post(core('persistentvolumeclaims', ''), another))).toContain(
      'cannot create resource',
    );
  });

  const NAMESPACES = 'network, process or IPC namespace';
  const VOLUMES = 'no path of a node and no token';
  const CONTAINERS = 'without privileges';
  const ACCOUNT = 'with the service account of their PresenceCluster';
  it.each<[string, () => object, string]>([
    [
      'the network of the node',
      () =>
        withPod((pod) => {
          pod.hostNetwork = true;
        }),
      NAMESPACES,
    ],
    [
      'the processes of the node',
      () =>
        withPod((pod) => {
          pod.hostPID = true;
        }),
      NAMESPACES,
    ],
    [
      'a path of the node',
      () =>
        withPod((pod) => {
          pod.volumes.push({ name: 'x', hostPath: { path: '/' } });
        }),
      VOLUMES,
    ],
    [
      'a token',
      () =>
        withPod((pod) => {
          pod.volumes.push({
            name: 'x',
            projected: { sources: [{ serviceAccountToken: { path: 'token' } }] },
          });
        }),
      VOLUMES,
    ],
    [
      'another service account',
      () =>
        withPod((pod) => {
          pod.serviceAccountName = 'admin';
        }),
      ACCOUNT,
    ],
    [
      'the token of its service account',
      () =>
        withPod((pod) => {
          pod.automountServiceAccountToken = true;
        }),
      ACCOUNT,
    ],
    [
      'a component that is none',
      () =>
        withPod((_pod, deployment) => {
          deployment.metadata.labels['app.kubernetes.io/component'] = 'other';
        }),
      ACCOUNT,
    ],
    [
      'root',
      () =>
        withPod((pod) => {
          pod.securityContext.runAsNonRoot = false;
        }),
      'runAsNonRoot',
    ],
    [
      'no seccomp profile',
      () =>
        withPod((pod) => {
          pod.securityContext.seccompProfile = { type: 'Unconfined' };
        }),
      'seccomp',
    ],
    [
      'a privileged container',
      () => security({ privileged: true, allowPrivilegeEscalation: true }),
      CONTAINERS,
    ],
    ['privilege escalation', () => security({ allowPrivilegeEscalation: true }), CONTAINERS],
    ['a capability', () => security({ capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] } }), CONTAINERS],
    ['all default capabilities', () => security({ capabilities: {} }), CONTAINERS],
    ['root in a container', () => security({ runAsUser: 0 }), CONTAINERS],
    ['a port of the node', () => container({ ports: [{ containerPort: 80, hostPort: 80 }] }), CONTAINERS],
    [
      'a privileged init container',
      () =>
        withPod((pod) => {
          pod.initContainers = [{ name: 'x', image: 'x:1', securityContext: { privileged: true } }];
        }),
      CONTAINERS,
    ],
  ])('makes no workload with %s', async (_what, body, because) => {
    expect(await refusal(post(apps('deployments', ''), body()))).toContain(because);
  });

  it('changes no workload of ours to one that is privileged', async () => {
    const containers = [{ name: 'presence', securityContext: { allowPrivilegeEscalation: true } }];
    const call = patch(DEPLOYMENT, { spec: { template: { spec: { containers } } } }, STRATEGIC_PATCH);
    expect(await refusal(call)).toContain(CONTAINERS);
  });

  it('cannot take its bounds away', async () => {
    const policies = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies';
    for (const rule of ['operator-objects', 'operator-pods']) {
      for (const plural of [policies, policies.replace('policies', 'policybindings')]) {
        const path = `${plural}/${rule}.${RELEASE.name}.${RELEASE.namespace}`;
        expect((await server.ask(ADMIN, { method: 'GET', path })).code).toBe(200);
        const labels = { metadata: { labels: { seen: 'true' } } };
        for (const call of [patch(path, labels), { method: 'DELETE', path }]) {
          expect(await asOperator(call)).toMatchObject({
            code: 403,
            message: expect.stringContaining('cannot'),
          });
        }
      }
    }
  });

  it.each<[string, () => object]>([
    [
      'an AppArmor profile that lifts all limits',
      () =>
        withPod((pod) => {
          pod.securityContext.appArmorProfile = { type: 'Unconfined' };
        }),
    ],
    ['the same in a container', () => security({ appArmorProfile: { type: 'Unconfined' } })],
    [
      'the same as an annotation',
      () =>
        withPod((_pod, deployment) => {
          deployment.spec.template.metadata.annotations = {
            'container.apparmor.security.beta.kubernetes.io/presence': 'unconfined',
          };
        }),
    ],
    [
      'an SELinux type of the node',
      () =>
        withPod((pod) => {
          pod.securityContext.seLinuxOptions = { type: 'spc_t' };
        }),
    ],
  ])('makes no workload with %s', async (_what, body) => {
    expect(await refusal(post(apps('deployments', ''), body()))).toContain(
      'AppArmor profile and the SELinux',
    );
  });

  it.each<[string, () => Call]>([
    ['its Secrets', () => post(core('secrets', ''), secret('Opaque'))],
    ['its certificates', () => post(core('secrets', ''), secret('kubernetes.io/tls'))],
    ['its workloads', () => post(apps('deployments', ''), second)],
    ['the number of presence pods', () => patch(`${DEPLOYMENT}/scale`, { spec: { replicas: 9 } })],
    [
      'what it writes on pods',
      () => patch(core('pods', PRESENCE_POD), { metadata: { annotations: { a: 'b' } } }),
    ],
    ['the deletion of its pods', () => ({ method: 'DELETE', path: core('pods', REDIS_POD) })],
  ])('goes on to write %s', async (_what, call) => {
    expect(await asOperator(call())).toMatchObject({ code: expect.toSatisfy((code: number) => code < 300) });
  });

  it('heals a workload into which somebody else has put a container that it would not', async () => {
    const sidecar = { name: 'sidecar', image: 'sidecar:1', securityContext: { privileged: true } };
    await server.must(
      ADMIN,
      patch(DEPLOYMENT, { spec: { template: { spec: { containers: [sidecar] } } } }, STRATEGIC_PATCH),
    );
    const image = {
      spec: { template: { spec: { containers: [{ name: 'presence', image: 'presence:2' }] } } },
    };
    expect((await asOperator(patch(DEPLOYMENT, image, STRATEGIC_PATCH))).message).toBe('');
  });

  it('puts our label back where an admission policy was not in force when it was taken off', async () => {
    const { body } = await server.must(ADMIN, { method: 'GET', path: DEPLOYMENT });
    const name = 'without-label';
    const { 'presence.wedsync.io/cluster': _gone, ...labels } = body.metadata.labels;
    const { ownerReferences } = body.metadata;
    const spec = structuredClone(body.spec);
    await server.must(
      ADMIN,
      post(apps('deployments', ''), {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name, labels, ownerReferences },
        spec,
      }),
    );
    const back = patch(apps('deployments', name), {
      metadata: { labels: { 'presence.wedsync.io/cluster': CLUSTER } },
    });
    expect((await asOperator(back)).message).toBe('');
  });
});

/** Only its namespace is wrong: which of two policies answers first is not fixed. */
function workload(namespace: string): object {
  const securityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
  const spec = {
    serviceAccountName: `${CLUSTER}-presence`,
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [{ name: 'x', image: 'x:1', securityContext }],
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'made', namespace, labels: OURS },
    spec: {
      selector: { matchLabels: OURS },
      template: { metadata: { labels: OURS }, spec },
    },
  };
}

function evict(pod: string): Call {
  return {
    method: 'POST',
    path: `${core('pods', pod)}/eviction`,
    body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod, namespace: NAMESPACE } },
  };
}
