import { execFile } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repository } from '../cluster/paths.ts';
import { ensureTools } from '../cluster/tools.ts';
import { type KubeApiServer, startKubeApiServer } from '../integration/kube-apiserver.ts';
import type { RenderedObject } from './helm.ts';

const OPERATOR = 'system:serviceaccount:presence-system:presence-operator';

let server: KubeApiServer;
let kubectlProgram: string;

beforeAll(async () => {
  kubectlProgram = (await ensureTools()).kubectl;
  server = await startKubeApiServer();
  await kubectl(['create', 'namespace', 'weddings']);
}, 180_000);

afterAll(() => server?.stop());

interface Answer {
  code: number;
  stdout: string;
  stderr: string;
}

function ask(args: readonly string[], input = ''): Promise<Answer> {
  return new Promise((resolve) => {
    const argv = ['--kubeconfig', server.kubeconfig, ...args];
    const child = execFile(kubectlProgram, argv, { cwd: repository }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    );
    child.stdin?.end(input);
  });
}

async function kubectl(args: readonly string[], input = ''): Promise<Answer> {
  const answer = await ask(args, input);
  if (answer.code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${answer.stderr}`);
  return answer;
}

interface Access {
  verb: string;
  group: string;
  resource: string;
  subresource?: string;
  namespace?: string;
  name?: string;
}

/** kubectl auth can-i takes `deployments/scale` for a Deployment named scale, so the review is sent as it is. */
async function operatorMay(access: Access): Promise<boolean> {
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: { user: OPERATOR, resourceAttributes: access },
  };
  const { stdout } = await kubectl(['create', '-o', 'json', '-f', '-'], JSON.stringify(review));
  return (JSON.parse(stdout) as RenderedObject).status.allowed;
}

async function granted(accesses: readonly Access[], expected: boolean): Promise<Access[]> {
  const answers = await Promise.all(accesses.map(operatorMay));
  return accesses.filter((_access, index) => answers[index] === expected);
}

const ours = 'presence.wedsync.io';
const somewhere = { namespace: 'weddings' };
const own = { namespace: 'presence-system' };

const NEEDED: Access[] = [
  { verb: 'watch', group: ours, resource: 'presenceclusters' },
  { verb: 'list', group: ours, resource: 'weddings' },
  { verb: 'patch', group: ours, resource: 'presenceclusters', subresource: 'status', ...somewhere },
  { verb: 'patch', group: ours, resource: 'weddings', subresource: 'status', ...somewhere },
  { verb: 'update', group: ours, resource: 'presenceclusters', subresource: 'finalizers', ...somewhere },
  { verb: 'delete', group: ours, resource: 'rolloutfreezes', ...somewhere },
  { verb: 'watch', group: ours, resource: 'weddingcalendars' },
  { verb: 'patch', group: ours, resource: 'weddingcalendars', subresource: 'status', ...somewhere },
  { verb: 'create', group: ours, resource: 'weddings', ...somewhere },
  { verb: 'patch', group: ours, resource: 'weddings', ...somewhere },
  { verb: 'delete', group: ours, resource: 'weddings', ...somewhere },
  { verb: 'watch', group: ours, resource: 'rolloutoverrides' },
  { verb: 'delete', group: ours, resource: 'presenceoptimizations', ...somewhere },
  { verb: 'patch', group: ours, resource: 'presenceoptimizations', subresource: 'status', ...somewhere },
  { verb: 'watch', group: ours, resource: 'changefreezes' },
  { verb: 'patch', group: ours, resource: 'changefreezes', subresource: 'status', ...somewhere },
  { verb: 'watch', group: 'admissionregistration.k8s.io', resource: 'validatingadmissionpolicies' },
  { verb: 'get', group: '', resource: 'configmaps', name: 'presence-operator-policies', ...own },
  { verb: 'watch', group: '', resource: 'nodes' },
  { verb: 'patch', group: '', resource: 'persistentvolumeclaims', ...somewhere },
  { verb: 'delete', group: '', resource: 'persistentvolumeclaims', ...somewhere },
  // The API server asks it of a writer of a policy that has them as parameters.
  { verb: 'get', group: ours, resource: 'presenceclusters', ...somewhere },
  { verb: 'patch', group: '', resource: 'pods', ...somewhere },
  { verb: 'patch', group: ours, resource: 'rolloutoverrides', subresource: 'status', ...somewhere },
  { verb: 'patch', group: 'apps', resource: 'deployments', subresource: 'scale', ...somewhere },
  { verb: 'create', group: 'apps', resource: 'statefulsets', ...somewhere },
  { verb: 'get', group: '', resource: 'secrets', ...somewhere },
  { verb: 'delete', group: '', resource: 'pods', ...somewhere },
  { verb: 'create', group: '', resource: 'pods', subresource: 'eviction', ...somewhere },
  { verb: 'patch', group: 'policy', resource: 'poddisruptionbudgets', ...somewhere },
  { verb: 'patch', group: 'networking.k8s.io', resource: 'networkpolicies', ...somewhere },
  { verb: 'create', group: 'events.k8s.io', resource: 'events', ...somewhere },
  { verb: 'create', group: 'coordination.k8s.io', resource: 'leases', ...own },
  { verb: 'patch', group: 'coordination.k8s.io', resource: 'leases', name: 'presence-operator', ...own },
  { verb: 'patch', group: '', resource: 'namespaces', name: 'weddings', namespace: 'weddings' },
  {
    verb: 'get',
    group: 'coordination.k8s.io',
    resource: 'leases',
    name: 'kube-controller-manager',
    namespace: 'kube-system',
  },
];

const NOT_NEEDED: Access[] = [
  { verb: 'delete', group: '', resource: 'secrets', ...somewhere },
  { verb: 'get', group: '', resource: 'pods', ...somewhere },
  { verb: 'patch', group: 'events.k8s.io', resource: 'events', ...somewhere },
  { verb: 'list', group: '', resource: 'secrets', ...somewhere },
  { verb: 'watch', group: '', resource: 'secrets', ...own },
  { verb: 'patch', group: ours, resource: 'presenceclusters', ...somewhere },
  { verb: 'patch', group: ours, resource: 'weddingcalendars', ...somewhere },
  { verb: 'delete', group: ours, resource: 'weddingcalendars', ...somewhere },
  { verb: 'patch', group: ours, resource: 'changefreezes', ...somewhere },
  { verb: 'create', group: ours, resource: 'rolloutoverrides', ...somewhere },
  { verb: 'create', group: ours, resource: 'presenceoptimizations', ...somewhere },
  {
    verb: 'patch',
    group: 'admissionregistration.k8s.io',
    resource: 'validatingadmissionpolicies',
    name: 'of-others',
  },
  { verb: 'delete', group: 'admissionregistration.k8s.io', resource: 'validatingadmissionpolicies' },
  { verb: 'breakglass', group: ours, resource: 'presenceclusters', ...somewhere },
  { verb: 'create', group: '', resource: 'pods', subresource: 'exec', ...somewhere },
  { verb: 'create', group: '', resource: 'pods', ...somewhere },
  {
    verb: 'patch',
    group: 'coordination.k8s.io',
    resource: 'leases',
    name: 'presence-operator',
    ...somewhere,
  },
  { verb: 'patch', group: 'coordination.k8s.io', resource: 'leases', name: 'another', ...own },
  { verb: 'update', group: 'coordination.k8s.io', resource: 'leases', name: 'presence-operator', ...own },
  { verb: 'create', group: 'rbac.authorization.k8s.io', resource: 'clusterrolebindings' },
  { verb: 'patch', group: '', resource: 'nodes' },
  { verb: 'delete', group: '', resource: 'namespaces', name: 'weddings', namespace: 'weddings' },
  {
    verb: 'get',
    group: 'coordination.k8s.io',
    resource: 'leases',
    name: 'kube-scheduler',
    namespace: 'kube-system',
  },
  {
    verb: 'patch',
    group: 'coordination.k8s.io',
    resource: 'leases',
    name: 'kube-controller-manager',
    namespace: 'kube-system',
  },
];

describe('the documented install line, on a real API server', () => {
  const install = ['apply', '--server-side', '-f', 'crds/', '-f', 'manifests/install.yaml'];

  it('is accepted without a warning, and a second time', async () => {
    for (const _time of ['first', 'second']) {
      const { stdout, stderr } = await kubectl(install);
      expect(stdout).toContain('deployment.apps/presence-operator serverside-applied');
      expect(stderr).toBe('');
    }
  });

  it('lets the operator do its work in any namespace, and no more', async () => {
    // The API server judges by new roles a moment after it was given them.
    await expect.poll(() => granted(NEEDED, false)).toEqual([]);
    expect(await granted(NOT_NEEDED, true)).toEqual([]);
  });

  it('makes pods that the restricted Pod Security Standard of its namespace admits', async () => {
    const { stdout } = await kubectl([
      'get',
      'deployment',
      'presence-operator',
      '-n',
      'presence-system',
      '-o',
      'json',
    ]);
    const { template } = (JSON.parse(stdout) as RenderedObject).spec;
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'probe', namespace: 'presence-system', labels: template.metadata.labels },
      spec: template.spec,
    };
    const create = ['create', '--dry-run=server', '-f', '-'];
    expect((await ask(create, JSON.stringify(pod))).stderr).toBe('');
    const open = structuredClone(pod);
    open.spec.containers[0].securityContext.allowPrivilegeEscalation = true;
    await expect
      .poll(async () => (await ask(create, JSON.stringify(open))).stderr)
      .toContain('violates PodSecurity "restricted');
  });
});
