import { describe, expect, it } from 'vitest';
import { presenceCluster } from '../../../test/support/presence-cluster-builder.ts';
import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { LABEL } from '../../api/v1alpha1/names.ts';
import { presenceDeployment, signingSecretName } from './presence-workload.ts';
import { redisShardStatefulSet } from './redis-workload.ts';

interface Workload {
  selector: { matchLabels: Record<string, string> };
  template: { metadata: { labels: Record<string, string> }; spec: Record<string, unknown> & PodSpec };
  [field: string]: unknown;
}
interface PodSpec {
  containers: [Record<string, unknown> & { env: { name: string; value?: string; valueFrom?: object }[] }];
  affinity: { podAntiAffinity: Record<string, unknown[]> };
  volumes: ({ name: string } & Record<string, unknown>)[];
}

type SpecInput = Parameters<typeof presenceCluster>[0];

function redis(spec: SpecInput = {}, pullSecrets: string[] = [], securesBus = false): Workload {
  const cluster = presenceCluster(spec);
  const image = {
    image: 'valkey:9',
    serverBinary: 'valkey-server',
    cliBinary: 'valkey-cli',
    cliTimeout: ['-t', '3'],
    pullSecrets,
    securesBus,
  };
  return redisShardStatefulSet(cluster, cluster.spec, 2, 'config-1', image).spec as Workload;
}

function presence(cluster: PresenceCluster = presenceCluster(), pullSecrets: string[] = []): Workload {
  return presenceDeployment(cluster, cluster.spec, { image: 'presence:1', pullSecrets }).spec as Workload;
}

const podOf = (workload: Workload) => workload.template.spec;
const containerOf = (workload: Workload) => podOf(workload).containers[0];
const envOf = (workload: Workload) =>
  Object.fromEntries(
    containerOf(workload).env.map(({ name, value, valueFrom }) => [name, value ?? valueFrom]),
  );

describe('pods of every workload', () => {
  it.each([
    ['redis', redis(), 999],
    ['presence', presence(), 65532],
  ])('meet the restricted Pod Security Standard: %s', (_, workload, user) => {
    const pod = podOf(workload);
    expect(pod.securityContext).toEqual({
      runAsNonRoot: true,
      runAsUser: user,
      runAsGroup: user,
      fsGroup: user,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    for (const container of pod.containers) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
    for (const key of ['hostNetwork', 'hostPID', 'hostIPC']) expect(pod).not.toHaveProperty(key);
    expect(JSON.stringify(pod.volumes)).not.toContain('hostPath');
    expect(pod).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
  });

  it.each([
    ['redis', redis()],
    ['presence', presence()],
  ])('carry what they are selected by: %s', (_, { selector, template }) => {
    expect(template.metadata.labels).toMatchObject(selector.matchLabels);
  });

  it('pull with the given secrets, and with none without', () => {
    const wanted = [{ name: 'one' }, { name: 'two' }];
    expect(podOf(redis({}, ['one', 'two'])).imagePullSecrets).toEqual(wanted);
    expect(podOf(presence(presenceCluster(), ['one', 'two'])).imagePullSecrets).toEqual(wanted);
    expect(podOf(redis())).not.toHaveProperty('imagePullSecrets');
    expect(podOf(presence())).not.toHaveProperty('imagePullSecrets');
  });
});

describe('redisShardStatefulSet', () => {
  it('is renewed by the operator only, and starts all pods of the shard at once', () => {
    expect(redis()).toMatchObject({
      updateStrategy: { type: 'OnDelete' },
      podManagementPolicy: 'Parallel',
      replicas: 2,
      serviceName: 'wedsync-redis',
      selector: {
        matchLabels: { [LABEL.cluster]: 'wedsync', [LABEL.component]: 'redis', [LABEL.shard]: '2' },
      },
    });
    expect(redis({ redis: { replicasPerShard: 2 } }).replicas).toBe(3);
  });

  it('never puts two pods of one shard on one node, and spreads all of them', () => {
    const pod = podOf(redis());
    const ofShard = { [LABEL.cluster]: 'wedsync', [LABEL.component]: 'redis', [LABEL.shard]: '2' };
    expect(pod.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution).toEqual([
      { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: ofShard } },
    ]);
    const { [LABEL.shard]: _, ...ofAll } = ofShard;
    expect(pod.topologySpreadConstraints).toEqual([
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: ofAll },
      },
    ]);
  });

  it('announces the address of the pod and takes configuration and users from files', () => {
    const container = containerOf(redis());
    expect(container).toMatchObject({
      command: ['valkey-server'],
      args: ['/etc/redis/config/redis.conf', '--cluster-announce-ip', '$(POD_IP)'],
      ports: [
        { name: 'redis', containerPort: 6379 },
        { name: 'bus', containerPort: 16379 },
      ],
      volumeMounts: [
        { name: 'config', mountPath: '/etc/redis/config', readOnly: true },
        { name: 'acl', mountPath: '/etc/redis/secret', readOnly: true },
        { name: 'data', mountPath: '/data' },
      ],
    });
    expect(envOf(redis())).toEqual({
      POD_IP: { fieldRef: { fieldPath: 'status.podIP' } },
      REDISCLI_AUTH: { secretKeyRef: { name: 'wedsync-redis-acl', key: 'probe-password' } },
    });
  });

  it('shows the servers no password but those of the ACL file and of replication', () => {
    expect(podOf(redis()).volumes).toContainEqual({
      name: 'acl',
      secret: {
        secretName: 'wedsync-redis-acl',
        items: [
          { key: 'users.acl', path: 'users.acl' },
          { key: 'replication.conf', path: 'replication.conf' },
        ],
      },
    });
  });

  it('restarts a server that hangs, never one that answers with an error', () => {
    const command = (probe: string) =>
      (containerOf(redis())[probe] as { exec: { command: string[] } }).exec.command;
    expect(command('livenessProbe')).toEqual(['valkey-cli', '-t', '3', '--user', 'probe', 'ping']);
    expect(command('startupProbe')).not.toContain('-e');
    expect(command('readinessProbe')).toContain('-e');
  });

  it('mounts and asks with certificates when it has TLS, whatever their source', () => {
    const own = redis({ redis: { tls: {} } });
    const { exec } = containerOf(own).readinessProbe as { exec: { command: string[] } };
    expect(exec.command.join(' ')).toContain('--tls --cacert /etc/redis/tls/ca.crt --user probe ping');
    const volume = podOf(own).volumes.find(({ name }) => name === 'tls');
    expect(volume?.secret).toEqual({
      secretName: 'wedsync-redis-tls',
      items: ['tls.crt', 'tls.key', 'ca.crt'].map((key) => ({ key, path: key })),
    });
    expect(redis({ redis: { tls: { source: 'Secret', secretName: 'ours' } } })).toEqual(own);
    expect(JSON.stringify(redis())).not.toContain('tls');
  });

  it('mount certificates for the bus alone, and connect to their server in the clear', () => {
    const pod = podOf(redis({}, [], true));
    expect(pod.volumes.map(({ name }) => name)).toContain('tls');
    expect(pod.containers[0]?.volumeMounts).toContainEqual({
      name: 'tls',
      mountPath: '/etc/redis/tls',
      readOnly: true,
    });
    expect(JSON.stringify(pod.containers[0]?.livenessProbe)).not.toContain('--tls');
  });

  it.each([
    [{ type: 'EmptyDir' as const }, undefined],
    [
      { type: 'Claim' as const, size: '2Gi' },
      { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } } },
    ],
    [
      { type: 'Claim' as const, size: '2Gi', storageClassName: 'fast' },
      {
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: '2Gi' } },
        storageClassName: 'fast',
      },
    ],
  ])('keeps data in %j', (storage, claim) => {
    const workload = redis({ redis: { storage } });
    expect(workload.volumeClaimTemplates).toEqual(
      claim ? [{ metadata: { name: 'data' }, spec: claim }] : undefined,
    );
    const data = podOf(workload).volumes.filter(({ name }) => name === 'data');
    expect(data).toEqual(claim ? [] : [{ name: 'data', emptyDir: {} }]);
  });
});

describe('presenceDeployment', () => {
  it('leaves the number of pods to the autoscaler and never goes below it in a rollout', () => {
    expect(presence()).not.toHaveProperty('replicas');
    expect(presence().strategy).toEqual({
      type: 'RollingUpdate',
      rollingUpdate: { maxUnavailable: 0, maxSurge: '25%' },
    });
  });

  it('gives pods longer to end than they drain', () => {
    const pod = podOf(presence(presenceCluster({ presence: { drainSeconds: 60 } })));
    expect(pod.terminationGracePeriodSeconds).toBe(70);
  });

  it('tells the server its limits, ports and where Redis is', () => {
    const cluster = presenceCluster({ presence: { maxConnectionsPerPod: 50, cacheTtlSeconds: 60 } });
    expect(envOf(presence(cluster))).toEqual({
      PRESENCE_POD: { fieldRef: { fieldPath: 'metadata.name' } },
      PRESENCE_REDIS_NODES: 'wedsync-redis.weddings.svc:6379',
      PRESENCE_REDIS_USERNAME: 'presence',
      PRESENCE_REDIS_PASSWORD_FILE: '/etc/presence/secrets/redis-password',
      PRESENCE_MAX_CONNECTIONS: '50',
      PRESENCE_CACHE_TTL_SECONDS: '60',
      PRESENCE_DRAIN_SECONDS: '20',
      PRESENCE_WEDDINGS_FILE: '/etc/presence/weddings/weddings.json',
      PRESENCE_PORT: '8080',
      PRESENCE_ADMIN_PORT: '9090',
      PRESENCE_JWT_SECRET_FILE: '/etc/presence/secrets/jwt-secret',
    });
    expect(containerOf(presence(cluster)).ports).toEqual([
      { name: 'ws', containerPort: 8080 },
      { name: 'admin', containerPort: 9090 },
    ]);
  });

  it('gives the server the authorities of Redis, and no key, when Redis has TLS', () => {
    const workload = presence(presenceCluster({ redis: { tls: {} } }));
    expect(envOf(workload)).toMatchObject({
      PRESENCE_REDIS_CA_FILE: '/etc/presence/secrets/redis-ca.crt',
      PRESENCE_REDIS_SERVER_NAME: 'wedsync-redis.weddings.svc',
    });
    expect(JSON.stringify(podOf(workload).volumes)).toContain('"key":"ca.crt","path":"redis-ca.crt"');
    expect(JSON.stringify(workload)).not.toContain('tls.key');
    expect(envOf(presence())).not.toHaveProperty('PRESENCE_REDIS_CA_FILE');
  });

  it('passes allowed origins on', () => {
    const cluster = presenceCluster({
      presence: { allowedOrigins: ['https://a.example', 'https://b.example'] },
    });
    expect(envOf(presence(cluster)).PRESENCE_ALLOWED_ORIGINS).toBe('https://a.example,https://b.example');
  });

  it('passes limits and rules of tokens on that differ from the defaults, and no others', () => {
    const ours = [
      'PRESENCE_MAX_CONNECTIONS_PER_PERSON',
      'PRESENCE_ALLOW_HTTP_JWKS_URL',
      'PRESENCE_JWT_ISSUER',
    ];
    expect(Object.keys(envOf(presence())).filter((name) => ours.includes(name))).toEqual([]);
    const auth = {
      jwksUrl: 'http://keys.example',
      allowHttpJwksUrl: true,
      issuer: 'https://id.example',
      audiences: ['crew', 'office'],
      maxTokenLifetime: '90m',
    };
    const clientAddress = {
      source: 'Forwarded',
      trustedProxies: ['10.0.0.0/8', 'fd00::/8'],
      maxConnections: 40,
    } as const;
    const cluster = presenceCluster({ presence: { maxConnectionsPerPerson: 3, auth, clientAddress } });
    expect(envOf(presence(cluster))).toMatchObject({
      PRESENCE_CLIENT_ADDRESS: 'Forwarded',
      PRESENCE_TRUSTED_PROXIES: '10.0.0.0/8,fd00::/8',
      PRESENCE_MAX_CONNECTIONS_PER_ADDRESS: '40',
      PRESENCE_MAX_CONNECTIONS_PER_PERSON: '3',
      PRESENCE_JWKS_URL: 'http://keys.example',
      PRESENCE_ALLOW_HTTP_JWKS_URL: 'on',
      PRESENCE_JWT_ISSUER: 'https://id.example',
      PRESENCE_JWT_AUDIENCES: 'crew,office',
      PRESENCE_MAX_TOKEN_LIFETIME_SECONDS: '5400',
    });
  });

  it.each([
    [undefined, 'wedsync-presence-auth', undefined],
    [{ secretName: 'own' }, 'own', undefined],
    [{ jwksUrl: 'https://id.example/keys' }, undefined, 'https://id.example/keys'],
  ])('checks tokens by %j', (auth, secretName, jwksUrl) => {
    const cluster = presenceCluster({ presence: auth ? { auth } : {} });
    expect(signingSecretName('wedsync', cluster.spec)).toBe(secretName);
    const [volume] = podOf(presence(cluster)).volumes as unknown as {
      projected: { sources: { secret: { name: string; items: object[] } }[] };
    }[];
    const redisSource = {
      secret: { name: 'wedsync-redis-acl', items: [{ key: 'presence-password', path: 'redis-password' }] },
    };
    const signing = { secret: { name: secretName, items: [{ key: 'secret', path: 'jwt-secret' }] } };
    expect(volume?.projected.sources).toEqual(secretName ? [redisSource, signing] : [redisSource]);
    const { PRESENCE_JWKS_URL, PRESENCE_JWT_SECRET_FILE } = envOf(presence(cluster));
    expect(PRESENCE_JWKS_URL).toBe(jwksUrl);
    expect(PRESENCE_JWT_SECRET_FILE === undefined).toBe(jwksUrl !== undefined);
  });

  it('is probed at the port that is not for clients', () => {
    expect(containerOf(presence())).toMatchObject({
      livenessProbe: { httpGet: { path: '/healthz', port: 'admin' } },
      readinessProbe: { httpGet: { path: '/readyz', port: 'admin' } },
      startupProbe: { httpGet: { path: '/healthz', port: 'admin' } },
    });
  });
});
