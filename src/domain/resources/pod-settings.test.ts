import { describe, expect, it } from 'vitest';
import type * as z from 'zod';
import { presenceCluster } from '../../../test/support/presence-cluster-builder.ts';
import { LABEL } from '../../api/v1alpha1/names.ts';
import { CONTROLLER_LABELS, OWN_LABELS } from '../../api/workload/labels.ts';
import {
  PRESENCE_VARIABLES,
  PRESENCE_VOLUMES,
  type presencePods,
  REDIS_VARIABLES,
  REDIS_VOLUMES,
  type redisPods,
} from '../../api/workload/pods.ts';
import { childMetadata } from './manifest.ts';
import type { PodTemplate } from './pod-settings.ts';
import { presenceDeployment } from './presence-workload.ts';
import { redisShardStatefulSet } from './redis-workload.ts';
import { serviceAccount } from './service-account.ts';
import { presenceService } from './services.ts';

type SpecInput = Parameters<typeof presenceCluster>[0];

const IMAGE = { serverBinary: 'valkey-server', cliBinary: 'valkey-cli', cliTimeout: [] };

function redis(spec: SpecInput = {}): PodTemplate {
  const cluster = presenceCluster(spec);
  const image = { ...IMAGE, image: 'valkey:9', pullSecrets: ['of-all'] };
  const made = redisShardStatefulSet(cluster, cluster.spec, 2, 'config-1', image);
  return (made.spec as { template: PodTemplate }).template;
}

function presence(spec: SpecInput = {}): PodTemplate {
  const cluster = presenceCluster(spec);
  const made = presenceDeployment(cluster, cluster.spec, { image: 'presence:1', pullSecrets: [] });
  return (made.spec as { template: PodTemplate }).template;
}

const ofRedis = (pods: z.input<typeof redisPods>) => redis({ redis: { pods } });
const ofPresence = (pods: z.input<typeof presencePods>) => presence({ presence: { pods } });

describe('pods without settings', () => {
  it('are as they were', () => {
    expect(ofRedis({})).toEqual(redis());
    expect(ofPresence({})).toEqual(presence());
    expect(ofPresence({ metadata: {}, scheduling: {}, env: [], envFrom: [], probes: {} })).toEqual(
      presence(),
    );
  });
});

describe('scheduling', () => {
  const far = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'noisy' } } };

  it('adds anti-affinity to that of the shard, which stays first', () => {
    const ours = redis().spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    expect(ours).toHaveLength(1);
    const { affinity } = ofRedis({
      scheduling: {
        affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [far] } },
      },
    }).spec;
    expect(affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution).toEqual([...ours, far]);
    expect(affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution).toHaveLength(1);
  });

  it('keeps the anti-affinity of the shard beside affinity to nodes', () => {
    const nodeAffinity = {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          { matchExpressions: [{ key: 'disk', operator: 'In' as const, values: ['ssd'] }] },
        ],
      },
    };
    const { affinity } = ofRedis({ scheduling: { affinity: { nodeAffinity } } }).spec;
    expect(affinity).toEqual({ ...redis().spec.affinity, nodeAffinity });
  });

  it('adds tolerations to those that give up pods on lost nodes', () => {
    const toleration = { key: 'dedicated', operator: 'Exists' as const };
    expect(ofRedis({ scheduling: { tolerations: [toleration] } }).spec.tolerations).toEqual([
      ...(redis().spec.tolerations ?? []),
      toleration,
    ]);
  });

  it('counts the pods of the component where a spread constraint selects none', () => {
    const zone = {
      topologyKey: 'topology.kubernetes.io/zone',
      maxSkew: 1,
      whenUnsatisfiable: 'DoNotSchedule' as const,
    };
    const own = { matchLabels: { [LABEL.cluster]: 'wedsync', [LABEL.component]: 'presence' } };
    const [ours, theirs] =
      ofPresence({ scheduling: { topologySpreadConstraints: [zone] } }).spec.topologySpreadConstraints ?? [];
    expect(ours).toEqual(presence().spec.topologySpreadConstraints?.[0]);
    expect(theirs).toEqual({ ...zone, labelSelector: own });
    const selected = { ...zone, labelSelector: { matchLabels: { app: 'x' } } };
    expect(
      ofPresence({ scheduling: { topologySpreadConstraints: [selected] } }).spec.topologySpreadConstraints,
    ).toContainEqual(selected);
  });

  it('passes the rest on', () => {
    const scheduling = { nodeSelector: { disk: 'ssd' }, priorityClassName: 'high', schedulerName: 'other' };
    expect(ofRedis({ scheduling }).spec).toMatchObject(scheduling);
  });
});

describe('metadata', () => {
  it('is added to ours', () => {
    const metadata = { labels: { team: 'crew' }, annotations: { note: 'x' } };
    expect(ofRedis({ metadata }).metadata).toEqual({
      labels: { team: 'crew', ...redis().metadata.labels },
      annotations: { note: 'x' },
    });
  });

  it('never replaces a label of ours, whatever the schema let through', () => {
    const labels = { [LABEL.cluster]: 'other', [LABEL.component]: 'other' };
    const cluster = presenceCluster();
    cluster.spec.presence.pods = { metadata: { labels } };
    const made = presenceDeployment(cluster, cluster.spec, { image: 'presence:1', pullSecrets: [] });
    expect((made.spec as { template: PodTemplate }).template.metadata.labels).toEqual(
      presence().metadata.labels,
    );
  });

  it('may have every label but those that objects of ours are found by', () => {
    const ours = Object.values(LABEL);
    expect(ours.filter((label) => !label.startsWith('presence.wedsync.io/')).toSorted()).toEqual(
      OWN_LABELS.toSorted(),
    );
    const [taken = ''] = CONTROLLER_LABELS;
    for (const label of [...ours, taken]) {
      expect(() => ofPresence({ metadata: { labels: { [label]: 'x' } } }), label).toThrow(/found by them/);
    }
  });
});

describe('what all objects have', () => {
  const commonMetadata = {
    labels: { team: 'crew', [LABEL.shard]: '9' },
    annotations: { owner: 'platform', note: 'all' },
  };
  // As if the schema had let a label of ours through.
  const owner = { ...presenceCluster(), spec: { ...presenceCluster().spec, commonMetadata } };

  it('is on objects and pods, and loses against ours and against single fields', () => {
    const image = { ...IMAGE, image: 'valkey:9', pullSecrets: [] };
    const set = redisShardStatefulSet(owner, owner.spec, 2, 'config-1', image);
    const { metadata } = (set.spec as { template: PodTemplate }).template;
    for (const { labels, annotations } of [set.metadata, metadata]) {
      expect(labels).toMatchObject({ team: 'crew', [LABEL.shard]: '2' });
      expect(annotations).toEqual(commonMetadata.annotations);
    }
    const service = { type: 'ClusterIP' as const, labels: { team: 'door' }, annotations: { note: 'door' } };
    const spec = { ...owner.spec, presence: { ...owner.spec.presence, service } };
    const made = presenceService(owner, spec).metadata;
    expect(made.labels).toMatchObject({ team: 'door', [LABEL.component]: 'presence' });
    expect(made.annotations).toEqual({ owner: 'platform', note: 'door' });
  });

  it('is not in the selector, which cannot change', () => {
    const { spec } = presenceDeployment(owner, owner.spec, { image: 'presence:1', pullSecrets: [] });
    expect((spec as { selector: object }).selector).toEqual({
      matchLabels: { [LABEL.cluster]: 'wedsync', [LABEL.component]: 'presence' },
    });
  });
});

describe('containers', () => {
  const names = (template: PodTemplate) => template.spec.containers[0]?.env.map(({ name }) => name) ?? [];

  it('get variables after ours, and whole ConfigMaps and Secrets', () => {
    const env = [{ name: 'TZ', value: 'UTC' }];
    const envFrom = [{ secretRef: { name: 'more' } }];
    expect(names(ofPresence({ env }))).toEqual([...names(presence()), 'TZ']);
    expect(ofPresence({ envFrom }).spec.containers[0]?.envFrom).toEqual(envFrom);
    const asNumber = {
      name: 'M',
      valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: 1 } },
    };
    expect(ofPresence({ env: [asNumber] }).spec.containers[0]?.env.at(-1)).toEqual({
      name: 'M',
      valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1' } },
    });
  });

  it('may set no variable that the operator sets in any spec', () => {
    const every = presence({
      redis: { tls: {} },
      presence: {
        allowedOrigins: ['https://a.example'],
        maxConnectionsPerPerson: 3,
        clientAddress: { source: 'Forwarded', trustedProxies: ['10.0.0.0/8'], maxConnections: 40 },
        auth: {
          jwksUrl: 'http://keys.example',
          allowHttpJwksUrl: true,
          issuer: 'i',
          audiences: ['a'],
          maxTokenLifetime: '90m',
        },
      },
    });
    expect(new Set([...names(every), 'PRESENCE_JWT_SECRET_FILE'])).toEqual(new Set(PRESENCE_VARIABLES));
    expect(names(redis())).toEqual(REDIS_VARIABLES);
    for (const name of PRESENCE_VARIABLES) {
      expect(() => ofPresence({ env: [{ name, value: 'x' }] }), name).toThrow(/set by the operator/);
    }
    for (const name of REDIS_VARIABLES) {
      expect(() => ofRedis({ env: [{ name, value: 'x' }] }), name).toThrow(/set by the operator/);
    }
  });

  it('keep what probes ask when their timing changes', () => {
    const [before] = redis().spec.containers;
    const [after] = ofRedis({ probes: { liveness: { periodSeconds: 20 } } }).spec.containers;
    expect(after?.livenessProbe).toEqual({ ...(before?.livenessProbe as object), periodSeconds: 20 });
    expect(after?.readinessProbe).toEqual(before?.readinessProbe);
  });

  it('are pulled with the secrets of the operator, too', () => {
    const imagePullSecrets = [{ name: 'own' }, { name: 'of-all' }];
    const { spec } = ofRedis({ imagePullSecrets, imagePullPolicy: 'Always' });
    expect(spec.imagePullSecrets).toEqual([{ name: 'of-all' }, { name: 'own' }]);
    expect(spec.containers[0]?.imagePullPolicy).toBe('Always');
  });
});

describe('sidecars and init containers', () => {
  const sidecar = { name: 'exporter', image: 'exporter:1' };
  const restricted = {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  };

  it('run behind ours, within the restricted profile', () => {
    const { containers, initContainers } = ofRedis({ containers: [sidecar], initContainers: [sidecar] }).spec;
    expect(containers).toEqual([
      redis().spec.containers[0],
      { ...sidecar, securityContext: { ...restricted } },
    ]);
    expect(initContainers).toEqual([{ ...sidecar, securityContext: { ...restricted } }]);
    const writes = { ...sidecar, securityContext: { readOnlyRootFilesystem: false, runAsUser: 1000 } };
    expect(ofRedis({ containers: [writes] }).spec.containers[1]?.securityContext).toEqual({
      ...restricted,
      ...writes.securityContext,
    });
  });

  it('get no settings of the server', () => {
    const { containers } = ofRedis({ containers: [sidecar], env: [{ name: 'TZ', value: 'UTC' }] }).spec;
    expect(containers[1]).not.toHaveProperty('env');
  });

  it('mount further volumes beside ours', () => {
    const volumes = [{ name: 'more', emptyDir: { sizeLimit: 5 } }];
    expect(ofPresence({ volumes }).spec.volumes).toEqual([
      ...presence().spec.volumes,
      { name: 'more', emptyDir: { sizeLimit: '5' } },
    ]);
  });

  it('are never the server, and no volume replaces one of ours', () => {
    const tls = redis({ redis: { tls: {} } });
    expect(new Set(tls.spec.volumes.map((each) => (each as { name: string }).name))).toEqual(
      new Set(REDIS_VOLUMES),
    );
    expect(presence().spec.volumes.map((each) => (each as { name: string }).name)).toEqual(PRESENCE_VOLUMES);
    expect(() => ofRedis({ containers: [{ ...sidecar, name: 'redis' }] })).toThrow(/fields of their own/);
    expect(() => ofPresence({ initContainers: [{ ...sidecar, name: 'presence' }] })).toThrow();
    for (const name of REDIS_VOLUMES) expect(() => ofRedis({ volumes: [{ name, emptyDir: {} }] })).toThrow();
  });
});

describe('the security context', () => {
  it('changes within the restricted profile', () => {
    expect(ofRedis({ securityContext: { runAsUser: 1000, fsGroup: 0 } }).spec.securityContext).toEqual({
      runAsNonRoot: true,
      runAsUser: 1000,
      runAsGroup: 999,
      fsGroup: 0,
      seccompProfile: { type: 'RuntimeDefault' },
    });
  });

  it('never has root', () => {
    expect(() => ofRedis({ securityContext: { runAsUser: 0 } })).toThrow();
  });
});

describe('time to end', () => {
  it('is at least what a server needs to hand over', () => {
    expect(ofRedis({ terminationGracePeriodSeconds: 60 }).spec.terminationGracePeriodSeconds).toBe(60);
    expect(() => ofRedis({ terminationGracePeriodSeconds: 29 })).toThrow();
  });

  it('has room for a wait before the drain', () => {
    const pods = { lifecycle: { preStop: { sleep: { seconds: 7 } } } };
    const { spec } = presence({ presence: { drainSeconds: 50, pods } });
    expect(spec.terminationGracePeriodSeconds).toBe(67);
    expect(spec.containers[0]?.lifecycle).toEqual(pods.lifecycle);
    const short = { ...pods, terminationGracePeriodSeconds: 66 };
    expect(() => presence({ presence: { drainSeconds: 50, pods: short } })).toThrow(/the wait/);
  });

  it('is at least what clients are drained in', () => {
    const pods = { terminationGracePeriodSeconds: 60 };
    expect(presence({ presence: { drainSeconds: 50, pods } }).spec.terminationGracePeriodSeconds).toBe(60);
    expect(() => presence({ presence: { drainSeconds: 51, pods } })).toThrow(/drainSeconds \+ 10/);
  });
});

describe('other objects', () => {
  it('have annotations on the service account that pods run with', () => {
    const annotations = { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::1:role/x' };
    const cluster = presenceCluster({ presence: { pods: { serviceAccount: { annotations } } } });
    expect(serviceAccount(cluster, cluster.spec, 'presence')).toMatchObject({
      metadata: { name: 'wedsync-presence', annotations },
      automountServiceAccountToken: false,
    });
    expect(serviceAccount(cluster, cluster.spec, 'redis').metadata).not.toHaveProperty('annotations');
  });

  it('have what a load balancer needs on the Service', () => {
    const service = {
      type: 'LoadBalancer' as const,
      loadBalancerClass: 'example.com/x',
      externalTrafficPolicy: 'Local' as const,
      loadBalancerSourceRanges: ['10.0.0.0/8'],
      labels: { team: 'crew' },
      annotations: { a: 'b' },
    };
    const cluster = presenceCluster({ presence: { service } });
    const { labels, annotations, ...fields } = service;
    const made = presenceService(cluster, cluster.spec);
    expect(made.spec).toMatchObject(fields);
    expect(made.spec).not.toHaveProperty('annotations');
    expect(made.metadata).toMatchObject({
      annotations,
      labels: { ...labels, ...childMetadata(cluster, 'x', 'presence').labels },
    });
  });
});
