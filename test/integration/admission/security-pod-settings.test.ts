import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { presenceClusterSpec } from '../../../src/api/v1alpha1/presence-cluster.ts';
import { presenceDeployment } from '../../../src/domain/resources/presence-workload.ts';
import { redisShardStatefulSet } from '../../../src/domain/resources/redis-workload.ts';
import { FURTHER_VOLUMES } from '../samples/containers.ts';
import { PRESENCE_PODS, REDIS_PODS } from '../samples/pods.ts';
import { withValue } from '../samples/spec-paths.ts';
import { ADMIN, type Answer, type PolicyServer, startPolicyServer, until } from './policy-server.ts';
import { ACTORS, apps, CLUSTER, makeWorld, NAMESPACE, ours, RIGHTS } from './wedding-world.ts';

/**
 * What somebody gains who may write a PresenceCluster, and has the operator make pods of it: nothing that the restricted Pod Security
 * Standard forbids, no service account of others, and no pod that passes for one of another PresenceCluster.
 */

let server: PolicyServer;

beforeAll(async () => {
  server = await startPolicyServer(RIGHTS, { flags: ['--allow-privileged=true'] });
  await makeWorld(server);
  const denied = { ...redis({}), metadata: { name: 'x', namespace: NAMESPACE } };
  await until('the policies are in force', async () => (await create('statefulsets', denied)).code === 403);
});

afterAll(() => server?.stop());

const INIT = { name: 'x', image: 'x' };
const tenant = ACTORS.ci;
const spec = (pods: object) => ({ timeZone: 'Europe/London', redis: { pods }, presence: { pods } });

/** As kubectl sends it, which asks the API server to refuse fields that it does not know. */
function apply(body: object, validation: 'Strict' | 'Ignore' = 'Strict'): Promise<Answer> {
  return server.ask(tenant, {
    method: 'POST',
    path: `${ours('presenceclusters')}?fieldValidation=${validation}&dryRun=All`,
    body: {
      apiVersion: 'presence.wedsync.io/v1alpha1',
      kind: 'PresenceCluster',
      metadata: { name: 'mine' },
      spec: body,
    },
  });
}

const owner = { metadata: { name: 'mine', namespace: NAMESPACE, uid: 'uid' }, spec: {} } as Parameters<
  typeof presenceDeployment
>[0];

function redis(pods: object): object {
  const wanted = presenceClusterSpec.parse({ timeZone: 'Europe/London', redis: { pods } });
  const image = {
    image: 'valkey:9',
    serverBinary: 'valkey-server',
    cliBinary: 'valkey-cli',
    cliTimeout: [],
    pullSecrets: [],
  };
  return redisShardStatefulSet(owner, wanted, 0, 'config', image);
}

function presence(pods: object): object {
  const wanted = presenceClusterSpec.parse({ timeZone: 'Europe/London', presence: { pods } });
  return presenceDeployment(owner, wanted, { image: 'presence:1', pullSecrets: [] });
}

const create = (plural: string, body: object): Promise<Answer> =>
  server.ask(ACTORS.operator, { method: 'POST', path: apps(plural, '').slice(0, -1), body, dryRun: true });

describe('a tenant who may write PresenceClusters', () => {
  it.each([
    ['the network of the node', { hostNetwork: true }],
    ['the processes of the node', { hostPID: true }],
    ['a path of the node', { volumes: [{ name: 'x', hostPath: { path: '/' } }] }],
    ['another service account', { serviceAccountName: 'default' }],
    ['its token', { automountServiceAccountToken: true }],
    [
      'privileges of a sidecar',
      { containers: [{ name: 'x', image: 'x', securityContext: { privileged: true } }] },
    ],
    [
      'a port of the node',
      { containers: [{ name: 'x', image: 'x', ports: [{ containerPort: 1, hostPort: 1 }] }] },
    ],
    [
      'capabilities of an init container',
      { initContainers: [{ ...INIT, securityContext: { capabilities: {} } }] },
    ],
    ['the processes of the other containers', { shareProcessNamespace: true }],
    [
      'a token among other files',
      { volumes: [{ name: 'x', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }] },
    ],
    ['a claim of others', { volumes: [{ name: 'x', persistentVolumeClaim: { claimName: 'x' } }] }],
    ['a node', { scheduling: { nodeName: 'control-plane' } }],
    ['privileges', { securityContext: { privileged: true } }],
    ['capabilities', { securityContext: { capabilities: { add: ['SYS_ADMIN'] } } }],
    ['sysctls', { securityContext: { sysctls: [{ name: 'kernel.shm_rmid_forced', value: '1' }] } }],
    ['no limit on users', { securityContext: { runAsNonRoot: false } }],
    ['another SELinux type', { securityContext: { seLinuxOptions: { type: 'spc_t' } } }],
  ])('has no field for %s', async (_what, pods) => {
    const [field = ''] = Object.keys(pods);
    const answer = await apply(spec(pods));
    expect(answer.code, answer.message).toBe(400);
    expect(answer.message).toMatch(new RegExp(`unknown field "spec\\.(redis|presence)\\.pods\\.${field}`));
    // Without that question the field is dropped.
    const { body } = await apply(spec(pods), 'Ignore');
    const text = JSON.stringify(body.spec ?? {});
    const forbidden =
      /hostNetwork|hostPID|hostPath|hostPort|shareProcessNamespace|serviceAccountToken|persistentVolumeClaim|serviceAccountName|automountServiceAccountToken|nodeName|privileged|capabilities|sysctls|runAsNonRoot|spc_t/;
    expect(JSON.stringify(pods)).toMatch(forbidden);
    expect(text).not.toMatch(forbidden);
  });

  it.each([
    ['root', 'securityContext.runAsUser', 0],
    ['no seccomp profile', 'securityContext.seccompProfile', { type: 'Unconfined' }],
    ['the labels of another PresenceCluster', 'metadata.labels', { 'presence.wedsync.io/cluster': CLUSTER }],
    ['the labels of the operator', 'metadata.labels', { 'app.kubernetes.io/component': 'operator' }],
    ['the labels of another revision', 'metadata.labels', { 'pod-template-hash': 'abc' }],
    [
      'no AppArmor profile',
      'metadata.annotations',
      { 'container.apparmor.security.beta.kubernetes.io/redis': 'unconfined' },
    ],
    ['the notes of the operator', 'metadata.annotations', { 'presence.wedsync.io/before-freeze': '{}' }],
    ['root in a sidecar', 'containers', [{ ...INIT, securityContext: { runAsUser: 0 } }]],
    ['another server in the place of ours', 'containers', [{ name: 'redis', image: 'x' }]],
    ['another volume in the place of ours', 'volumes', [{ name: 'acl', emptyDir: {} }]],
    [
      'another address for Redis',
      'hostAliases',
      [{ ip: '192.0.2.1', hostnames: [`${CLUSTER}-redis.${NAMESPACE}.svc`] }],
    ],
    ['another address for the server', 'env', [{ name: 'POD_IP', value: '192.0.2.1' }]],
  ])('is refused %s', async (_what, path, value) => {
    const answer = await apply({
      timeZone: 'Europe/London',
      redis: { pods: withValue(REDIS_PODS, path, value) },
    });
    expect(answer.code, answer.message).toBe(422);
    expect(answer.message).toContain(`spec.redis.pods.${path.split('.')[0]}`);
  });

  it('gets pods with every setting that there is, which the bounds of the operator let through', async () => {
    const volumes = [...REDIS_PODS.volumes, ...FURTHER_VOLUMES];
    const body = {
      timeZone: 'Europe/London',
      redis: { pods: { ...REDIS_PODS, volumes } },
      presence: { pods: { ...PRESENCE_PODS, volumes } },
    };
    expect((await apply(body)).message).toBe('');
    for (const [plural, workload] of [
      ['statefulsets', redis({ ...REDIS_PODS, volumes })],
      ['deployments', presence({ ...PRESENCE_PODS, volumes })],
    ] as const) {
      const { code, message } = await create(plural, workload);
      expect(code, message).toBe(201);
    }
  });
});

it('the world of these tests has the policies that bind the operator', async () => {
  const path = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies';
  const { body } = await server.must(ADMIN, { method: 'GET', path });
  const names = body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name);
  expect(names).toContainEqual(expect.stringMatching(/^operator-pods\./));
});
