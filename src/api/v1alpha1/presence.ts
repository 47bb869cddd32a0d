import * as z from 'zod';
import { withRules } from '../schema/cel-rule.ts';
import { image, objectName, resources } from '../schema/fields.ts';
import { MAX_REPLICAS } from './scaling.ts';
import { update } from './update.ts';

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

/** `spec.presence`: the presence (WebSocket) pods. */
export const presence = z.object({
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
  update: update.prefault({}).describe('How a new revision of the presence pods goes out.'),
});
