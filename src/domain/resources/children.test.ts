import { describe, expect, it } from 'vitest';
import { presenceCluster } from '../../../test/support/presence-cluster-builder.ts';
import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { LABEL } from '../../api/v1alpha1/names.ts';
import { rolloutFreezeSpec } from '../../api/v1alpha1/rollout-freeze.ts';
import { disruptionBudget } from './disruption-budget.ts';
import type { Manifest } from './manifest.ts';
import { presenceDeployment } from './presence-workload.ts';
import { presenceAuthSecret, redisAclSecret } from './redis-acl-secret.ts';
import { redisConfigMap } from './redis-config-map.ts';
import { redisShardStatefulSet } from './redis-workload.ts';
import { rolloutFreezeObject } from './rollout-freeze-object.ts';
import { serviceAccount } from './service-account.ts';
import { presenceService, redisClientService, redisHeadlessService } from './services.ts';

const NO_FREEZE = rolloutFreezeSpec.parse({});
const passwords = { operator: 'a', presence: 'b', probe: 'c', replication: 'd' };
const redisImage = {
  image: 'valkey:9',
  serverBinary: 'valkey-server',
  cliBinary: 'valkey-cli',
  cliTimeout: ['-t', '3'],
  pullSecrets: [],
};
const presenceImage = { image: 'presence:1', pullSecrets: [] };

/** One of each child, with the component that it belongs to. */
function children(cluster: PresenceCluster = presenceCluster()): [Manifest, string][] {
  const { spec } = cluster;
  return [
    [serviceAccount(cluster, spec, 'redis'), 'redis'],
    [serviceAccount(cluster, spec, 'presence'), 'presence'],
    [redisConfigMap(cluster, 'wedsync-redis-config-1', 'port 6379\n'), 'redis'],
    [redisHeadlessService(cluster, cluster.spec), 'redis'],
    [redisClientService(cluster, cluster.spec), 'redis'],
    [presenceService(cluster, spec), 'presence'],
    [disruptionBudget(cluster, 'redis', false), 'redis'],
    [disruptionBudget(cluster, 'presence', false), 'presence'],
    [redisShardStatefulSet(cluster, spec, 1, 'wedsync-redis-config-1', redisImage), 'redis'],
    [presenceDeployment(cluster, spec, presenceImage), 'presence'],
    [redisAclSecret(cluster, passwords, 'user default off\n'), 'redis'],
    [presenceAuthSecret(cluster, 'key'), 'presence'],
    [rolloutFreezeObject(cluster, NO_FREEZE), 'operator'],
  ];
}

describe('every child', () => {
  it.each(children())('%# has the promised labels and one owner', ({ kind, metadata }, component) => {
    expect(metadata.namespace).toBe('weddings');
    expect(metadata.labels).toEqual({
      'app.kubernetes.io/name': component,
      'app.kubernetes.io/instance': 'wedsync',
      'app.kubernetes.io/component': component,
      'app.kubernetes.io/part-of': 'wedsync',
      'app.kubernetes.io/managed-by': 'presence-operator',
      'presence.wedsync.io/cluster': 'wedsync',
      ...(kind === 'StatefulSet' ? { 'presence.wedsync.io/shard': '1' } : {}),
    });
    expect(metadata.ownerReferences).toEqual([
      {
        apiVersion: 'presence.wedsync.io/v1alpha1',
        kind: 'PresenceCluster',
        name: 'wedsync',
        uid: 'uid-wedsync',
        controller: true,
        blockOwnerDeletion: true,
      },
    ]);
  });

  it('has a name that is a label, also for the longest name and the last shard', () => {
    const cluster = presenceCluster({}, { metadata: { name: 'x'.repeat(40) } });
    const last = redisShardStatefulSet(cluster, cluster.spec, 89, 'config', redisImage);
    for (const [{ metadata }] of [...children(cluster), [last]] as [Manifest][])
      expect(`${metadata.name}-0`.length).toBeLessThanOrEqual(63);
  });
});

describe('services', () => {
  it('publish Redis pods that are not ready yet, without an address of their own', () => {
    expect(redisHeadlessService(presenceCluster(), presenceCluster().spec).spec).toMatchObject({
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      ports: [{ name: 'redis', port: 6379, targetPort: 'redis' }],
      selector: { [LABEL.cluster]: 'wedsync', [LABEL.component]: 'redis' },
    });
    expect(redisClientService(presenceCluster(), presenceCluster().spec).spec).toEqual({
      type: 'ClusterIP',
      selector: { [LABEL.cluster]: 'wedsync', [LABEL.component]: 'redis' },
      ports: [{ name: 'redis', port: 6379, targetPort: 'redis' }],
    });
  });

  it.each([
    [{}, 'ClusterIP', undefined],
    [{ type: 'NodePort' as const, nodePort: 30080 }, 'NodePort', 30080],
    [{ type: 'LoadBalancer' as const }, 'LoadBalancer', undefined],
  ])('show presence as the spec says: %j', (service, type, nodePort) => {
    const cluster = presenceCluster({ presence: { service } });
    expect(presenceService(cluster, cluster.spec).spec).toEqual({
      type,
      selector: { [LABEL.cluster]: 'wedsync', [LABEL.component]: 'presence' },
      ports: [{ name: 'ws', port: 8080, targetPort: 'ws', ...(nodePort ? { nodePort } : {}) }],
    });
  });
});

it('makes one budget for all Redis pods, not one a shard', () => {
  expect(disruptionBudget(presenceCluster(), 'redis', false).spec).toEqual({
    maxUnavailable: 1,
    selector: { matchLabels: { [LABEL.cluster]: 'wedsync', [LABEL.component]: 'redis' } },
  });
});

it('lets nothing be evicted in a freeze', () => {
  expect(disruptionBudget(presenceCluster(), 'redis', true).spec).toMatchObject({ maxUnavailable: 0 });
});

it('gives pods no token for the API server', () => {
  for (const component of ['redis', 'presence'] as const)
    expect(
      serviceAccount(presenceCluster(), presenceCluster().spec, component).automountServiceAccountToken,
    ).toBe(false);
});

it('never changes a configuration that is in use', () => {
  const config = redisConfigMap(presenceCluster(), 'name', 'port 6379\n');
  expect(config).toMatchObject({ immutable: true, data: { 'redis.conf': 'port 6379\n' } });
});

it('puts every password and the files of the server into one Secret', () => {
  expect(redisAclSecret(presenceCluster(), passwords, 'acl').stringData).toEqual({
    'operator-password': 'a',
    'presence-password': 'b',
    'probe-password': 'c',
    'replication-password': 'd',
    'users.acl': 'acl',
    'replication.conf': 'masteruser replication\nmasterauth d\n',
  });
});

it('freezes by an object of the same name, with a list also when it is empty', () => {
  expect(rolloutFreezeObject(presenceCluster(), NO_FREEZE)).toMatchObject({
    kind: 'RolloutFreeze',
    metadata: { name: 'wedsync' },
    spec: { windows: [] },
  });
});
