import { describe, expect, it } from 'vitest';
import {
  IMAGES,
  observed,
  presenceCluster,
  wedding,
} from '../../../../test/support/presence-cluster-builder.ts';
import type { PresenceCluster } from '../../../api/v1alpha1/kinds.ts';
import type { Manifest } from '../../../domain/resources/manifest.ts';
import type { KubeObject } from '../../../platform/kube/resource.ts';
import { childKey } from '../../cluster-state/observed.ts';
import { build, type Desired } from './build.ts';
import { decide } from './decide.ts';

const { spec } = presenceCluster();

function desired(cluster: PresenceCluster = presenceCluster(), more: Parameters<typeof observed>[0] = {}) {
  const seen = observed({ cluster, ...more });
  return build(seen, cluster.spec, decide(seen, cluster.spec), IMAGES);
}

function find({ manifests }: Desired, key: string): Manifest {
  const found = manifests.find((manifest) => childKey(manifest) === key);
  if (!found) throw new Error(`${key} is not built`);
  return found;
}

interface PodSpec {
  containers: { image: string; command?: string[]; startupProbe: { exec: { command: string[] } } }[];
  volumes: { name: string; projected?: object }[];
}
const podSpec = (manifest: Manifest) => (manifest.spec as { template: { spec: PodSpec } }).template.spec;
const configMapOf = (all: Desired) => all.manifests.find(({ kind }) => kind === 'ConfigMap') as Manifest;

describe('build', () => {
  it('makes every object once, in an order in which nothing waits for what comes later', () => {
    const { manifests, freeze } = desired();
    const { name: config } = configMapOf(desired()).metadata;
    expect(manifests.map(childKey)).toEqual([
      'ServiceAccount/wedsync-redis',
      'ServiceAccount/wedsync-presence',
      `ConfigMap/${config}`,
      'ConfigMap/wedsync-redis-live-config',
      'Service/wedsync-redis',
      'Service/wedsync-redis-client',
      'Service/wedsync-presence',
      'ConfigMap/wedsync-presence-weddings',
      'PodDisruptionBudget/wedsync-redis',
      'PodDisruptionBudget/wedsync-presence',
      'StatefulSet/wedsync-redis-0',
      'StatefulSet/wedsync-redis-1',
      'StatefulSet/wedsync-redis-2',
      'Deployment/wedsync-presence',
    ]);
    expect(childKey(freeze)).toBe('RolloutFreeze/wedsync');
  });

  it('makes NetworkPolicies before the pods when it knows its own pods', () => {
    const seen = observed({ cluster: presenceCluster() });
    const operatorPods = { namespace: 'presence-system', labels: { app: 'operator' } };
    const all = build(seen, spec, decide(seen, spec), { ...IMAGES, operatorPods }).manifests.map(childKey);
    const made = all.filter((key) => key.startsWith('NetworkPolicy/'));
    expect(made).toEqual(['NetworkPolicy/wedsync-redis', 'NetworkPolicy/wedsync-presence']);
    expect(all.indexOf(made[1] ?? '')).toBeLessThan(all.indexOf('StatefulSet/wedsync-redis-0'));
  });

  it('gives a configuration a new name when what takes a new pod changes, and mounts it by that name', () => {
    const standard = desired();
    const bigger = desired(presenceCluster({ redis: { resources: { limits: { memory: '1Gi' } } } }));
    const otherPods = desired(presenceCluster({ presence: { drainSeconds: 60 } }));
    const nameOf = (all: Desired) => configMapOf(all).metadata.name;
    expect(nameOf(standard)).toMatch(/^wedsync-redis-config-[0-9a-f]{10}$/);
    expect(nameOf(bigger)).not.toBe(nameOf(standard));
    expect(nameOf(otherPods)).toBe(nameOf(standard));
    expect(podSpec(find(bigger, 'StatefulSet/wedsync-redis-2')).volumes).toContainEqual({
      name: 'config',
      projected: {
        sources: [nameOf(bigger), 'wedsync-redis-live-config'].map((name) => ({ configMap: { name } })),
      },
    });
  });

  it('leaves the pod template as it is when only what running servers take changes', () => {
    const fast = desired(presenceCluster({ redis: { profile: 'Fast' } }));
    expect(find(fast, 'StatefulSet/wedsync-redis-0')).toEqual(find(desired(), 'StatefulSet/wedsync-redis-0'));
    expect(configMapOf(fast)).toEqual(configMapOf(desired()));
    expect(find(fast, 'ConfigMap/wedsync-redis-live-config').data).toEqual({
      'live.conf': expect.stringContaining('cluster-node-timeout 2000\n'),
    });
  });

  it('takes maxmemory from the memory limit, and none without one', () => {
    const text = (cluster: PresenceCluster) => JSON.stringify(configMapOf(desired(cluster)).data);
    expect(text(presenceCluster())).toContain(`maxmemory ${Math.floor(256 * 2 ** 20 * 0.6)}\\n`);
    expect(text(presenceCluster({ redis: { resources: { requests: { cpu: '1' } } } }))).toContain(
      'maxmemory 0\\n',
    );
  });

  it.each([
    [{}, 'valkey:9', 'valkey-server', 'valkey-cli'],
    [{ engine: 'Redis' as const }, 'redis:7', 'redis-server', 'redis-cli'],
    [{ engine: 'Redis' as const, image: 'own:8' }, 'own:8', 'redis-server', 'redis-cli'],
  ])('takes image and programs of the engine: %j', (redis, image, server, cli) => {
    const container = podSpec(find(desired(presenceCluster({ redis })), 'StatefulSet/wedsync-redis-0'))
      .containers[0];
    expect(container).toMatchObject({ image, command: [server] });
    expect(container?.startupProbe.exec.command[0]).toBe(cli);
  });

  it('takes the presence image of the spec before the default', () => {
    const imageOf = (cluster: PresenceCluster) =>
      podSpec(find(desired(cluster), 'Deployment/wedsync-presence')).containers[0]?.image;
    expect(imageOf(presenceCluster())).toBe('presence:1');
    expect(imageOf(presenceCluster({ presence: { image: 'own:2' } }))).toBe('own:2');
  });

  it('writes the windows of the freeze, and an empty list without one', () => {
    expect(desired().freeze.spec).toEqual({
      windows: [],
      phase: 'Open',
      floor: 6,
      overrides: [],
      heartbeat: '2027-06-05T11:00:00Z',
    });
    expect(desired(presenceCluster(), { weddings: [wedding()] }).freeze.spec).toMatchObject({
      windows: [{ from: '2027-06-05T07:30:00Z', until: '2027-06-06T04:00:00Z', reason: '1 wedding' }],
    });
  });

  it('differs in a freeze by nothing but the templates that wait and the disruption budgets', () => {
    const before = desired().manifests as unknown as KubeObject[];
    const cluster = presenceCluster({
      presence: { image: 'own:2', service: { type: 'NodePort' } },
      redis: { replicasPerShard: 2 },
    });
    const frozen = desired(cluster, { children: before, weddings: [wedding()] });
    // A wedding that froze nothing (planned) is told to the servers all the same.
    const open = desired(cluster, { children: before, weddings: [wedding({ state: 'Planned' })] });
    const templateOf = (all: Desired, key: string) => (find(all, key).spec as { template: object }).template;
    const key = 'Deployment/wedsync-presence';
    expect(frozen.workloads.flatMap(({ held }) => held?.workload ?? [])).toEqual([key]);
    expect(templateOf(frozen, key)).toEqual(templateOf(desired(), key));
    expect(templateOf(open, key)).not.toEqual(templateOf(desired(), key));
    const others = ({ manifests }: Desired) =>
      manifests.filter(
        (manifest) =>
          ![key, 'ConfigMap/wedsync-presence-weddings'].includes(childKey(manifest)) &&
          manifest.kind !== 'PodDisruptionBudget',
      );
    expect(find(frozen, 'PodDisruptionBudget/wedsync-redis').spec).toMatchObject({ maxUnavailable: 0 });
    expect(find(open, 'PodDisruptionBudget/wedsync-redis').spec).toMatchObject({ maxUnavailable: 1 });
    expect(others(frozen)).toEqual(others(open));
    expect(find(frozen, 'StatefulSet/wedsync-redis-0').spec).toMatchObject({ replicas: 3 });
    expect(find(frozen, 'Service/wedsync-presence').spec).toMatchObject({ type: 'NodePort' });
  });
});
