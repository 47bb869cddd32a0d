import { z } from 'zod';

/** Values of charts/presence-operator; `values.schema.json` is generated from it. */

const labels = z.record(z.string(), z.string());

const image = z.strictObject({
  repository: z.string().min(1).describe('Image name without tag.'),
  tag: z.string().describe('Tag; empty uses the appVersion of the chart.'),
  digest: z.string().describe('sha256:… pins the image and wins over tag.'),
  pullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).describe('When the node pulls the image.'),
});

const amounts = z.strictObject({ cpu: z.string().optional(), memory: z.string().optional() });

export const chartValues = z.strictObject({
  nameOverride: z.string().describe('Replaces the chart name in object names.'),
  fullnameOverride: z.string().describe('Replaces the whole object name prefix.'),
  replicas: z.int().min(1).max(5).describe('Operator pods; one leads, the others stand by.'),
  image: image.describe('Image of the operator and, by default, of the presence pods.'),
  imagePullSecrets: z.array(z.strictObject({ name: z.string() })).describe('Secrets for a private registry.'),
  redisImages: z
    .strictObject({ valkey: z.string().min(1), redis: z.string().min(1) })
    .describe('Default images of spec.redis.engine Valkey and Redis.'),
  watchNamespaces: z.array(z.string()).describe('Namespaces to watch; empty watches all.'),
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error']).describe('Level of the structured logs.'),
  resources: z
    .strictObject({ requests: amounts.optional(), limits: amounts.optional() })
    .describe('CPU and memory.'),
  podLabels: labels.describe('Further labels of the operator pods.'),
  podAnnotations: labels.describe('Annotations of the operator pods.'),
  nodeSelector: labels.describe('Nodes the operator may run on.'),
  tolerations: z.array(z.record(z.string(), z.unknown())).describe('Taints the operator tolerates.'),
  priorityClassName: z.string().describe('Priority class of the operator pods.'),
  serviceAccount: z
    .strictObject({ create: z.boolean(), name: z.string(), annotations: labels })
    .describe('Service account of the operator.'),
});
