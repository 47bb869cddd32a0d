import { z } from 'zod';
import { withRules, withTransitions } from './cel-rule.ts';
import { duration, image, objectName, resources, storageSize, timeZone, weekday } from './fields.ts';
import { withoutNullMembers } from './null-members.ts';
import { MAX_REPLICAS, scaling } from './scaling.ts';

/** Names of children get suffixes such as `-redis-89-0` and must stay labels (63 characters). */
export const MAX_CLUSTER_NAME_LENGTH = 40;

const storage = withRules(
  z.object({
    type: z
      .enum(['EmptyDir', 'Claim'])
      .default('EmptyDir')
      .describe('EmptyDir lives as long as the pod; Claim is a PersistentVolumeClaim a pod.'),
    size: storageSize.optional().describe('Size of each claim, for example 2Gi. Needed for Claim.'),
    storageClassName: objectName
      .optional()
      .describe('Storage class of the claims. Left out: the default class.'),
  }),
  [
    {
      cel: "self.type != 'Claim' || has(self.size)",
      message: 'size is required when type is Claim',
      check: (value) => value.type !== 'Claim' || value.size !== undefined,
      path: 'size',
    },
    {
      cel: "self.type != 'EmptyDir' || !has(self.storageClassName)",
      message: 'storageClassName goes with type Claim only',
      check: (value) => value.type !== 'EmptyDir' || value.storageClassName === undefined,
      path: 'storageClassName',
    },
  ],
);

const redis = withTransitions(
  z.object({
    engine: z
      .enum(['Valkey', 'Redis'])
      .default('Valkey')
      .describe('Server that the image holds: Valkey 9 or Redis 7.0 and later.'),
    image: image
      .optional()
      .describe('Container image. Left out: the default of the operator for the engine.'),
    shards: z
      .int32()
      .min(3)
      .max(90)
      .default(3)
      .describe('Number of shards, 3 to 90. Fewer than 3 cannot elect.'),
    replicasPerShard: z
      .int32()
      .min(0)
      .max(5)
      .default(1)
      .describe('Replicas of each primary, 0 to 5. With 0 nothing can take over from a lost primary.'),
    profile: z
      .enum(['Standard', 'Fast'])
      .default('Standard')
      .describe(
        'Standard: cluster-node-timeout 5000 ms. Fast: 2000 ms, for nodes without CPU limits and big keys.',
      ),
    storage: storage.prefault({}).describe('Where the append-only file lives.'),
    resources: resources.optional().describe('CPU and memory of each Redis container.'),
  }),
  [
    {
      cel: 'self.shards == oldSelf.shards',
      message: 'shards cannot be changed yet; make a new PresenceCluster',
    },
    { cel: 'self.engine == oldSelf.engine', message: 'engine cannot be changed; make a new PresenceCluster' },
    {
      cel: 'self.storage == oldSelf.storage',
      message: 'storage cannot be changed; make a new PresenceCluster',
    },
  ],
);

const auth = withRules(
  z.object({
    secretName: objectName
      .optional()
      .describe('Secret whose key `secret` signs tokens with HS256; at least 32 bytes.'),
    jwksUrl: z
      .string()
      .max(2048)
      .regex(/^https?:\/\/[!-~]+$/)
      .optional()
      .describe('URL of a JSON Web Key Set that signs tokens.'),
  }),
  [
    {
      cel: 'has(self.secretName) != has(self.jwksUrl)',
      message: 'auth needs exactly one of secretName and jwksUrl',
      check: (value) => (value.secretName !== undefined) !== (value.jwksUrl !== undefined),
    },
  ],
);

const service = withRules(
  z.object({
    type: z
      .enum(['ClusterIP', 'NodePort', 'LoadBalancer'])
      .default('ClusterIP')
      .describe('Type of the Service in front of the presence pods.'),
    nodePort: z
      .int32()
      .min(1)
      .max(65535)
      .optional()
      .describe('Port on every node. Left out: Kubernetes picks one.'),
  }),
  [
    {
      cel: "!has(self.nodePort) || self.type != 'ClusterIP'",
      message: 'nodePort goes with type NodePort or LoadBalancer only',
      check: (value) => value.nodePort === undefined || value.type !== 'ClusterIP',
      path: 'nodePort',
    },
  ],
);

const presence = z.object({
  image: image.optional().describe('Container image. Left out: the image of the operator.'),
  replicas: z
    .int32()
    .min(0)
    .max(MAX_REPLICAS)
    .optional()
    .describe(
      'Presence pods while spec.scaling.mode is Off; the scale subresource writes it. Ignored in every other mode.',
    ),
  maxConnectionsPerPod: z
    .int32()
    .min(1)
    .max(2000)
    .default(2000)
    .describe('WebSocket connections a pod accepts, 1 to 2,000; further ones are refused with a retry hint.'),
  cacheTtlSeconds: z
    .int32()
    .min(60)
    .max(86400)
    .default(300)
    .describe('Seconds a pod keeps the state of a wedding that nobody watches, 60 or more.'),
  drainSeconds: z
    .int32()
    .min(1)
    .max(600)
    .default(20)
    .describe('Seconds over which a pod that ends asks its clients to reconnect.'),
  allowedOrigins: z
    .array(z.string().min(1).max(253))
    .max(64)
    .default([])
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .describe('Values of the Origin header that browsers may come from. Empty: any.'),
  auth: auth
    .optional()
    .describe('How tokens are checked. Left out: the operator makes a Secret NAME-presence-auth.'),
  service: service.prefault({}).describe('Service in front of the presence pods.'),
  resources: resources.optional().describe('CPU and memory of each presence container.'),
});

const freeze = z.object({
  days: z
    .array(weekday)
    .max(7)
    .default(['Saturday'])
    .meta({ 'x-kubernetes-list-type': 'set' })
    .refine((days) => new Set(days).size === days.length, 'days must differ')
    .describe('Protected days in the zone of each wedding. Empty: nothing is protected.'),
  before: duration.default('6h').describe('Protection starts this long before the ceremony.'),
  after: duration.default('4h').describe('Protection ends this long after the end of the wedding.'),
  minActiveWeddings: z
    .int32()
    .min(1)
    .max(10000)
    .default(1)
    .describe('Weddings that must be on at once for a freeze.'),
});

export const presenceClusterSpec = z.preprocess(
  withoutNullMembers,
  z.object({
    timeZone: timeZone.describe('IANA time zone of seasons and peaks, for example Europe/London.'),
    redis: redis.prefault({}).describe('The Redis Cluster behind the presence pods.'),
    presence: presence.prefault({}).describe('The presence (WebSocket) pods.'),
    scaling: scaling.prefault({}).describe('How many presence pods there are, and when.'),
    freeze: freeze.prefault({}).describe('When running pods must not be changed.'),
  }),
);

export type PresenceClusterSpec = z.output<typeof presenceClusterSpec>;
