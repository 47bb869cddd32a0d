import * as z from 'zod';
import { withRules } from '../schema/cel-rule.ts';
import { ipFamilies, TWO_FAMILIES_RULE } from './ip-families.ts';
import { ownAnnotations, ownLabels } from './labels.ts';

const MAX_RANGES = 64;
const MAX_RANGE_LENGTH = 43;
const MAX_CLASS_LENGTH = 317;
/** The API server checks the rest when the Service is applied. */
const RANGE = /^[0-9a-f.:]+\/[0-9]{1,3}$/;
const CLASS = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?(\/[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;

const trafficPolicy = z.enum(['Cluster', 'Local']).optional();

/** `spec.presence.service`: the Service in front of the presence pods. */
export const service = withRules(
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
    labels: ownLabels.optional().describe('Labels beside those of the operator.'),
    annotations: ownAnnotations
      .optional()
      .describe('Annotations, for example for the load balancer of a cloud.'),
    loadBalancerClass: z
      .string()
      .min(1)
      .max(MAX_CLASS_LENGTH)
      .regex(CLASS)
      .optional()
      .describe('Which load balancer; Kubernetes lets it change only together with the type.'),
    loadBalancerSourceRanges: z
      .array(z.string().max(MAX_RANGE_LENGTH).regex(RANGE))
      .min(1)
      .max(MAX_RANGES)
      .optional()
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .describe('Addresses that the load balancer lets in, for example 10.0.0.0/8. Left out: all.'),
    externalTrafficPolicy: trafficPolicy.describe(
      'Local keeps the address of the client and uses pods of the same node only. Left out: Cluster.',
    ),
    ...ipFamilies,
    internalTrafficPolicy: trafficPolicy.describe(
      'Local sends pods to presence pods of their own node only. Left out: Cluster.',
    ),
  }),
  [
    TWO_FAMILIES_RULE,
    {
      cel: "!has(self.nodePort) || self.type != 'ClusterIP'",
      message: 'nodePort goes with type NodePort or LoadBalancer only',
      check: (value) => value.nodePort === undefined || value.type !== 'ClusterIP',
      path: 'nodePort',
    },
    {
      cel: "!has(self.externalTrafficPolicy) || self.type != 'ClusterIP'",
      message: 'externalTrafficPolicy goes with type NodePort or LoadBalancer only',
      check: (value) => value.externalTrafficPolicy === undefined || value.type !== 'ClusterIP',
      path: 'externalTrafficPolicy',
    },
    {
      cel: "self.type == 'LoadBalancer' || (!has(self.loadBalancerClass) && !has(self.loadBalancerSourceRanges))",
      message: 'loadBalancerClass and loadBalancerSourceRanges go with type LoadBalancer only',
      check: ({ type, loadBalancerClass, loadBalancerSourceRanges }) =>
        type === 'LoadBalancer' ||
        (loadBalancerClass === undefined && loadBalancerSourceRanges === undefined),
    },
  ],
);

/** `spec.redis.service`: the Services in front of the Redis pods. */
export const redisService = withRules(z.object(ipFamilies), [TWO_FAMILIES_RULE]);
