import * as z from 'zod';
import { withRules } from '../schema/cel-rule.ts';
import { objectName } from '../schema/fields.ts';
import { furtherContainers } from './containers.ts';
import { env, envFrom } from './env.ts';
import { ownAnnotations, ownLabels } from './labels.ts';
import { NAMESERVER_RULE, nameResolution } from './name-resolution.ts';
import { sleep } from './pre-stop.ts';
import { scheduling } from './scheduling.ts';

const MAX_PULL_SECRETS = 16;
const MAX_GROUPS = 32;
/** The largest id but one: the API server does not enforce the bound of the type itself. */
const MAX_ID = 2 ** 31 - 2;
const MAX_PROFILE_LENGTH = 253;
const MAX_LEVEL_LENGTH = 128;
const MAX_GRACE_SECONDS = 3_600;
const MAX_PERIOD_SECONDS = 300;
const MAX_TIMEOUT_SECONDS = 60;
const MAX_FAILURES = 1_000;

/** Environment variables that the operator sets in Redis containers. */
export const REDIS_VARIABLES = ['POD_IP', 'REDISCLI_AUTH'] as const;
/** Environment variables that the operator sets in presence containers, always or by a field of the spec. */
export const PRESENCE_VARIABLES = [
  ...['PRESENCE_POD', 'PRESENCE_PORT', 'PRESENCE_ADMIN_PORT', 'PRESENCE_WEDDINGS_FILE'],
  ...['PRESENCE_REDIS_NODES', 'PRESENCE_REDIS_USERNAME', 'PRESENCE_REDIS_PASSWORD_FILE'],
  ...['PRESENCE_REDIS_CA_FILE', 'PRESENCE_REDIS_SERVER_NAME'],
  ...['PRESENCE_MAX_CONNECTIONS', 'PRESENCE_MAX_CONNECTIONS_PER_PERSON', 'PRESENCE_CACHE_TTL_SECONDS'],
  ...['PRESENCE_DRAIN_SECONDS', 'PRESENCE_ALLOWED_ORIGINS', 'PRESENCE_JWKS_URL', 'PRESENCE_JWT_SECRET_FILE'],
  ...['PRESENCE_ALLOW_HTTP_JWKS_URL', 'PRESENCE_JWT_ISSUER', 'PRESENCE_JWT_AUDIENCES'],
  'PRESENCE_MAX_TOKEN_LIFETIME_SECONDS',
  ...['PRESENCE_CLIENT_ADDRESS', 'PRESENCE_TRUSTED_PROXIES', 'PRESENCE_MAX_CONNECTIONS_PER_ADDRESS'],
] as const;

/** A server needs them to hand over: `cluster-manual-failover-timeout` (5 s), an fsync, and room. */
export const REDIS_GRACE_SECONDS = 30;
/** Beyond the drain: closing sockets and the last Redis calls. */
export const GRACE_AFTER_DRAIN_SECONDS = 10;

/**
 * What the restricted Pod Security Standard leaves to choose. What it forbids has no field.
 * Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
const securityContext = z.object({
  runAsUser: z.int().min(1).max(MAX_ID).optional().describe('User id of the processes; never root.'),
  runAsGroup: z.int().min(0).max(MAX_ID).optional().describe('Group id of the processes.'),
  fsGroup: z.int().min(0).max(MAX_ID).optional().describe('Group that owns the volumes.'),
  fsGroupChangePolicy: z
    .enum(['Always', 'OnRootMismatch'])
    .optional()
    .describe('When the owner of files on a volume is set. Left out: Always.'),
  supplementalGroups: z
    .array(z.int().min(0).max(MAX_ID))
    .max(MAX_GROUPS)
    .optional()
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .describe('Further groups of the processes.'),
  seccompProfile: withRules(
    z.object({
      type: z.enum(['RuntimeDefault', 'Localhost']).describe('Profile of the runtime, or one of the node.'),
      localhostProfile: z
        .string()
        .min(1)
        .max(MAX_PROFILE_LENGTH)
        .optional()
        .describe('File of the profile on the node, for Localhost.'),
    }),
    [
      {
        cel: "(self.type == 'Localhost') == has(self.localhostProfile)",
        message: 'localhostProfile is required when type is Localhost, and goes with no other',
        check: ({ type, localhostProfile }) => (type === 'Localhost') === (localhostProfile !== undefined),
        path: 'localhostProfile',
      },
    ],
  )
    .optional()
    .describe('System calls that are allowed. Left out: RuntimeDefault.'),
  seLinuxOptions: z
    .object({
      level: z
        .string()
        .min(1)
        .max(MAX_LEVEL_LENGTH)
        .optional()
        .describe('SELinux level, for example s0:c1,c2.'),
    })
    .optional()
    .describe('SELinux label of the containers.'),
});

interface ProbeBounds {
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
}

/** Timing of a probe. What is asked stays: only the operator knows which answer means what. */
const probe = (least: ProbeBounds) =>
  z.object({
    periodSeconds: z
      .int32()
      .min(least.periodSeconds)
      .max(MAX_PERIOD_SECONDS)
      .optional()
      .describe('Seconds from one question to the next.'),
    timeoutSeconds: z
      .int32()
      .min(least.timeoutSeconds)
      .max(MAX_TIMEOUT_SECONDS)
      .optional()
      .describe('Seconds until a question without an answer has failed.'),
    failureThreshold: z
      .int32()
      .min(least.failureThreshold)
      .max(MAX_FAILURES)
      .optional()
      .describe('Failures in a row after which it counts.'),
  });

const LEAST: ProbeBounds = { periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 1 };
/** What the operator sets itself: longer than cluster-node-timeout plus a stall, so that no healthy server is restarted. */
const LEAST_OF_REDIS: ProbeBounds = { periodSeconds: 10, timeoutSeconds: 4, failureThreshold: 3 };
/** A start that reads a big append-only file takes long, never shorter than this. */
const LEAST_START_OF_REDIS: ProbeBounds = { periodSeconds: 1, timeoutSeconds: 4, failureThreshold: 120 };

const redisProbes = z.object({
  startup: probe(LEAST_START_OF_REDIS).optional().describe('Until the server answers for the first time.'),
  liveness: probe(LEAST_OF_REDIS).optional().describe('After which a server that hangs is restarted.'),
});

const presenceProbes = z.object({
  startup: probe(LEAST).optional().describe('Until the server answers for the first time.'),
  liveness: probe(LEAST).optional().describe('After which a server that hangs is restarted.'),
  readiness: probe(LEAST).optional().describe('After which a server gets no new clients.'),
});

const shared = (taken: readonly string[]) => ({
  runtimeClassName: objectName
    .optional()
    .describe('RuntimeClass of the pods, for example of a sandbox. Left out: the runtime of the node.'),
  ...nameResolution,
  scheduling: scheduling.optional().describe('Where the pods run.'),
  metadata: z
    .object({
      labels: ownLabels.optional().describe('Labels beside those of the operator.'),
      annotations: ownAnnotations.optional().describe('Annotations beside those of the operator.'),
    })
    .optional()
    .describe('Labels and annotations of the pods.'),
  env: env(taken).optional(),
  envFrom: envFrom.optional(),
  securityContext: securityContext
    .optional()
    .describe('User and profiles of the pods, within the restricted Pod Security Standard.'),
  imagePullSecrets: z
    .array(z.object({ name: objectName.describe('Name of a Secret, in the same namespace.') }))
    .max(MAX_PULL_SECRETS)
    .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, 'name must differ')
    .optional()
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
    .describe('Secrets for a private registry, beside those of the operator.'),
  imagePullPolicy: z
    .enum(['Always', 'IfNotPresent', 'Never'])
    .optional()
    .describe('When the node pulls the image. Left out: as Kubernetes chooses by the tag.'),
  serviceAccount: z
    .object({ annotations: ownAnnotations.optional().describe('For example for a cloud identity.') })
    .optional()
    .describe('The service account that the operator makes for the pods. They get no token of it.'),
});

/** Names of the volumes that the operator gives to pods. */
export const REDIS_VOLUMES = ['config', 'acl', 'tls', 'data'] as const;
export const PRESENCE_VOLUMES = ['secrets', 'weddings'] as const;

const grace = (least: number) => z.int().min(least).max(MAX_GRACE_SECONDS);

/** `spec.redis.pods`. */
export const redisPods = withRules(
  z.object({
    ...shared(REDIS_VARIABLES),
    ...furtherContainers('redis', REDIS_VOLUMES),
    terminationGracePeriodSeconds: grace(REDIS_GRACE_SECONDS)
      .optional()
      .describe('Seconds that a server has to hand over and end, 30 or more. Left out: 30.'),
    probes: redisProbes
      .optional()
      .describe(
        'Timing of probes, never faster than ours. That of the readiness probe decides about failovers and stays.',
      ),
  }),
  [NAMESERVER_RULE],
);

/** `spec.presence.pods`. */
export const presencePods = withRules(
  z.object({
    ...shared(PRESENCE_VARIABLES),
    ...furtherContainers('presence', PRESENCE_VOLUMES),
    terminationGracePeriodSeconds: grace(1)
      .optional()
      .describe(
        'Seconds until a pod that ends is killed, at least drainSeconds + 10 and the wait of preStop. Left out: just that.',
      ),
    probes: presenceProbes.optional().describe('Timing of probes.'),
    lifecycle: z
      .object({
        preStop: z
          .object({ sleep: sleep.describe('A wait, in which the pod serves the clients that it has.') })
          .optional()
          .describe('Before the server begins to drain.'),
      })
      .optional()
      .describe('For load balancers that are slow to send new clients elsewhere.'),
  }),
  [NAMESERVER_RULE],
);

export type RedisPods = z.output<typeof redisPods>;
export type PresencePods = z.output<typeof presencePods>;
export type Pods = RedisPods | PresencePods;
