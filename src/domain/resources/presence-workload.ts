import { MAX_CONNECTIONS_PER_PERSON } from '../../api/protocol/limits.ts';
import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { GRACE_AFTER_DRAIN_SECONDS } from '../../api/workload/pods.ts';
import { parseDuration } from '../calendar/duration.ts';
import { childName } from './child-names.ts';
import { containerResources, DEFAULT_PRESENCE_RESOURCES } from './container-resources.ts';
import { childMetadata, type Manifest, selectorLabels, standardLabels } from './manifest.ts';
import { restrictedContainer, restrictedPod } from './pod-security.ts';
import { type EnvVar, type PodTemplate, withPodSettings } from './pod-settings.ts';
import { ADMIN_PORT, PRESENCE_PORT, REDIS_PORT } from './ports.ts';
import { passwordKey } from './redis-acl-secret.ts';
import { redisServerName, TLS_KEYS } from './redis-tls.ts';
import { WEDDINGS_FILE } from './wedding-roster.ts';

const PRESENCE_USER = 65532;
/** As the default of a Deployment. */
const MAX_SURGE = '25%';
const SECRETS_PATH = '/etc/presence/secrets';
const WEDDINGS_PATH = '/etc/presence/weddings';
const SIGNING_KEY = 'secret';
const CA_FILE = 'redis-ca.crt';

export interface PresenceImage {
  image: string;
  pullSecrets: string[];
}

/** Name of the Secret that holds the signing key, or undefined when tokens are checked by a JWKS URL. */
export function signingSecretName(cluster: string, spec: PresenceClusterSpec): string | undefined {
  const { auth } = spec.presence;
  if (auth?.jwksUrl) return undefined;
  return auth?.secretName ?? childName.presenceAuth(cluster);
}

/** The Deployment of the presence pods, without `replicas`: that field has its own manager. */
export function presenceDeployment(
  owner: PresenceCluster,
  spec: PresenceClusterSpec,
  image: PresenceImage,
): Manifest {
  const cluster = owner.metadata.name;
  const { progressDeadlineSeconds, minReadySeconds, maxSurge = MAX_SURGE } = spec.presence.update;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: childMetadata(owner, childName.presence(cluster), 'presence'),
    spec: {
      selector: { matchLabels: selectorLabels(cluster, 'presence') },
      progressDeadlineSeconds,
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge } },
      template: withPodSettings(
        {
          metadata: { labels: standardLabels(cluster, 'presence') },
          spec: podSpec(owner, spec, image),
        },
        spec,
        'presence',
        selectorLabels(cluster, 'presence'),
      ),
    },
  };
}

function podSpec(
  owner: PresenceCluster,
  spec: PresenceClusterSpec,
  image: PresenceImage,
): PodTemplate['spec'] {
  const cluster = owner.metadata.name;
  const { preStop } = spec.presence.pods?.lifecycle ?? {};
  return {
    serviceAccountName: childName.presence(cluster),
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds:
      spec.presence.drainSeconds + GRACE_AFTER_DRAIN_SECONDS + (preStop?.sleep.seconds ?? 0),
    securityContext: restrictedPod(PRESENCE_USER),
    ...(image.pullSecrets.length ? { imagePullSecrets: image.pullSecrets.map((name) => ({ name })) } : {}),
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: selectorLabels(cluster, 'presence') },
      },
    ],
    containers: [container(owner, spec, image)],
    volumes: [
      { name: 'secrets', projected: { sources: secretSources(cluster, spec) } },
      // Optional: servers serve without it, and it comes a moment later than they do.
      { name: 'weddings', configMap: { name: childName.presenceWeddings(cluster), optional: true } },
    ],
  };
}

function secretSources(cluster: string, spec: PresenceClusterSpec): object[] {
  const signing = signingSecretName(cluster, spec);
  return [
    {
      secret: {
        name: childName.redisAcl(cluster),
        items: [{ key: passwordKey('presence'), path: 'redis-password' }],
      },
    },
    ...(spec.redis.tls === undefined
      ? []
      : [
          {
            secret: {
              name: childName.redisTls(cluster),
              items: [{ key: TLS_KEYS.authorities, path: CA_FILE }],
            },
          },
        ]),
    ...(signing ? [{ secret: { name: signing, items: [{ key: SIGNING_KEY, path: 'jwt-secret' }] } }] : []),
  ];
}

/**
 * MB. What a frame or a join leaves behind is garbage at the next collection however often that is, but V8 lets the space for
 * what is new grow to 50 MB and more: a third of the memory of a pod.
 */
const SEMI_SPACE_MB = 4;
/** By default V8 collects garbage on four threads more, which on one or two cores take the time from the event loop. */
const V8_THREADS = 1;

/** Flags of Node that presence pods run with. */
export const PRESENCE_NODE_FLAGS = [
  `--max-semi-space-size=${SEMI_SPACE_MB}`,
  `--v8-pool-size=${V8_THREADS}`,
] as const;

function container(
  owner: PresenceCluster,
  spec: PresenceClusterSpec,
  image: PresenceImage,
): PodTemplate['spec']['containers'][number] {
  const { preStop } = spec.presence.pods?.lifecycle ?? {};
  return {
    name: 'presence',
    image: image.image,
    args: [...PRESENCE_NODE_FLAGS, '/app/presence.js'],
    env: environment(owner, spec),
    ports: [
      { name: 'ws', containerPort: PRESENCE_PORT },
      { name: 'admin', containerPort: ADMIN_PORT },
    ],
    startupProbe: { httpGet: { path: '/healthz', port: 'admin' }, periodSeconds: 1, failureThreshold: 60 },
    livenessProbe: { httpGet: { path: '/healthz', port: 'admin' }, periodSeconds: 10, failureThreshold: 3 },
    readinessProbe: { httpGet: { path: '/readyz', port: 'admin' }, periodSeconds: 2, failureThreshold: 2 },
    ...(preStop === undefined ? {} : { lifecycle: { preStop } }),
    resources: containerResources(spec.presence.resources ?? DEFAULT_PRESENCE_RESOURCES),
    securityContext: restrictedContainer,
    volumeMounts: [
      { name: 'secrets', mountPath: SECRETS_PATH, readOnly: true },
      { name: 'weddings', mountPath: WEDDINGS_PATH, readOnly: true },
    ],
  };
}

function environment(owner: PresenceCluster, spec: PresenceClusterSpec): EnvVar[] {
  const { name, namespace } = owner.metadata;
  const { auth, allowedOrigins, maxConnectionsPerPerson } = spec.presence;
  const values: Record<string, string> = {
    PRESENCE_REDIS_NODES: `${childName.redis(name)}.${namespace}.svc:${REDIS_PORT}`,
    PRESENCE_REDIS_USERNAME: 'presence',
    PRESENCE_REDIS_PASSWORD_FILE: `${SECRETS_PATH}/redis-password`,
    ...(spec.redis.tls === undefined
      ? {}
      : {
          PRESENCE_REDIS_CA_FILE: `${SECRETS_PATH}/${CA_FILE}`,
          PRESENCE_REDIS_SERVER_NAME: redisServerName(owner),
        }),
    PRESENCE_MAX_CONNECTIONS: String(spec.presence.maxConnectionsPerPod),
    PRESENCE_CACHE_TTL_SECONDS: String(spec.presence.cacheTtlSeconds),
    PRESENCE_DRAIN_SECONDS: String(spec.presence.drainSeconds),
    PRESENCE_WEDDINGS_FILE: `${WEDDINGS_PATH}/${WEDDINGS_FILE}`,
    PRESENCE_PORT: String(PRESENCE_PORT),
    PRESENCE_ADMIN_PORT: String(ADMIN_PORT),
    ...(auth?.jwksUrl
      ? { PRESENCE_JWKS_URL: auth.jwksUrl }
      : { PRESENCE_JWT_SECRET_FILE: `${SECRETS_PATH}/jwt-secret` }),
    ...tokenRules(auth),
    ...addressRules(spec.presence.clientAddress),
    // Only what differs from the default: a new variable in every template would renew the pods of every cluster.
    ...(maxConnectionsPerPerson === MAX_CONNECTIONS_PER_PERSON
      ? {}
      : { PRESENCE_MAX_CONNECTIONS_PER_PERSON: String(maxConnectionsPerPerson) }),
    ...(allowedOrigins.length ? { PRESENCE_ALLOWED_ORIGINS: allowedOrigins.join(',') } : {}),
  };
  return [
    { name: 'PRESENCE_POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    ...Object.entries(values).map(([key, value]) => ({ name: key, value })),
  ];
}

/** Where addresses of clients are, and what is limited by them. */
function addressRules(rules: PresenceClusterSpec['presence']['clientAddress']): Record<string, string> {
  if (rules === undefined) return {};
  const { source, trustedProxies = [], maxConnections } = rules;
  const variables: Record<string, string> = { PRESENCE_CLIENT_ADDRESS: source };
  if (trustedProxies.length > 0) variables.PRESENCE_TRUSTED_PROXIES = trustedProxies.join(',');
  if (maxConnections !== undefined) variables.PRESENCE_MAX_CONNECTIONS_PER_ADDRESS = String(maxConnections);
  return variables;
}

/** What tokens need beside a good signature. */
function tokenRules(auth: PresenceClusterSpec['presence']['auth']): Record<string, string> {
  const { issuer, audiences = [], maxTokenLifetime, allowHttpJwksUrl } = auth ?? {};
  return {
    ...(allowHttpJwksUrl ? { PRESENCE_ALLOW_HTTP_JWKS_URL: 'on' } : {}),
    ...(issuer === undefined ? {} : { PRESENCE_JWT_ISSUER: issuer }),
    ...(audiences.length === 0 ? {} : { PRESENCE_JWT_AUDIENCES: audiences.join(',') }),
    ...(maxTokenLifetime === undefined
      ? {}
      : { PRESENCE_MAX_TOKEN_LIFETIME_SECONDS: String(parseDuration(maxTokenLifetime) / 1_000) }),
  };
}
