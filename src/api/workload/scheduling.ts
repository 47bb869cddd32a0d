import * as z from 'zod';
import { withRules } from '../schema/cel-rule.ts';
import { objectName } from '../schema/fields.ts';
import { affinity } from './affinity.ts';
import { labelKey, labelSelector, nodeLabels } from './labels.ts';

const MAX_TOLERATIONS = 32;
const MAX_CONSTRAINTS = 8;
const MAX_LABEL_KEYS = 8;
const MAX_DOMAINS = 1_000;
const MAX_SKEW = 1_000;
/** A year; longer is for ever, which is `tolerationSeconds` left out. */
const MAX_TOLERATION_SECONDS = 31_536_000;

const toleration = withRules(
  z.object({
    key: labelKey.optional().describe('Key of the taint. Left out, with operator Exists: every taint.'),
    operator: z.enum(['Equal', 'Exists']).optional().describe('How value is compared. Left out: Equal.'),
    value: z.string().max(63).optional().describe('Value of the taint, for Equal.'),
    effect: z
      .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
      .optional()
      .describe('Effect of the taint. Left out: every one.'),
    tolerationSeconds: z
      .int()
      .min(0)
      .max(MAX_TOLERATION_SECONDS)
      .optional()
      .describe('How long a NoExecute taint is tolerated. Left out: for ever.'),
  }),
  [
    {
      cel: "has(self.key) || (has(self.operator) && self.operator == 'Exists')",
      message: 'a toleration without key needs operator Exists',
      check: ({ key, operator }) => key !== undefined || operator === 'Exists',
    },
    {
      cel: "!has(self.value) || self.value == '' || !has(self.operator) || self.operator != 'Exists'",
      message: 'value does not go with operator Exists',
      check: ({ value, operator }) => value === undefined || value === '' || operator !== 'Exists',
    },
    {
      cel: "!has(self.tolerationSeconds) || (has(self.effect) && self.effect == 'NoExecute')",
      message: 'tolerationSeconds goes with effect NoExecute only',
      check: ({ tolerationSeconds, effect }) => tolerationSeconds === undefined || effect === 'NoExecute',
    },
  ],
);

const policy = z.enum(['Honor', 'Ignore']).optional();

const spreadConstraint = withRules(
  z.object({
    topologyKey: labelKey.describe('Label of nodes; nodes of one value are one place.'),
    whenUnsatisfiable: z
      .enum(['DoNotSchedule', 'ScheduleAnyway'])
      .describe('Whether a pod waits or is placed anyway.'),
    maxSkew: z.int32().min(1).max(MAX_SKEW).describe('Pods by which two places may differ.'),
    labelSelector: labelSelector
      .optional()
      .describe('The pods that are counted. Left out: those of this component of the PresenceCluster.'),
    minDomains: z
      .int32()
      .min(1)
      .max(MAX_DOMAINS)
      .optional()
      .describe('Places there are at least, for DoNotSchedule.'),
    nodeAffinityPolicy: policy.describe(
      'Whether nodes count that nodeSelector and affinity exclude. Left out: Honor.',
    ),
    nodeTaintsPolicy: policy.describe('Whether nodes count whose taints keep pods away. Left out: Ignore.'),
    matchLabelKeys: z
      .array(labelKey)
      .max(MAX_LABEL_KEYS)
      .optional()
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .describe('Labels in which the counted pods must equal the pod that is placed.'),
  }),
  [
    {
      cel: "self.topologyKey != 'kubernetes.io/hostname' || self.whenUnsatisfiable != 'ScheduleAnyway'",
      message:
        'kubernetes.io/hostname with ScheduleAnyway is set by the operator, with maxSkew 1; use DoNotSchedule or another topologyKey',
      check: ({ topologyKey, whenUnsatisfiable }) =>
        topologyKey !== 'kubernetes.io/hostname' || whenUnsatisfiable !== 'ScheduleAnyway',
    },
    {
      cel: "!has(self.minDomains) || self.whenUnsatisfiable == 'DoNotSchedule'",
      message: 'minDomains goes with DoNotSchedule only',
      check: ({ minDomains, whenUnsatisfiable }) =>
        minDomains === undefined || whenUnsatisfiable === 'DoNotSchedule',
    },
  ],
);

interface Pair {
  topologyKey: string;
  whenUnsatisfiable: string;
}
const pairOf = ({ topologyKey, whenUnsatisfiable }: Pair) => `${topologyKey} ${whenUnsatisfiable}`;

/** Where pods may run; added to what the operator sets itself. */
export const scheduling = z.object({
  nodeSelector: nodeLabels.optional().describe('Labels of the nodes that pods may run on.'),
  tolerations: z
    .array(toleration)
    .max(MAX_TOLERATIONS)
    .optional()
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .describe(
      'Taints that pods tolerate. Redis pods on a lost node are given up after 30 s, whatever is written here.',
    ),
  affinity: affinity
    .optional()
    .describe('Nodes and pods to be near to or away from. Two Redis pods of one shard never share a node.'),
  topologySpreadConstraints: z
    .array(spreadConstraint)
    .max(MAX_CONSTRAINTS)
    .refine(
      (list) => new Set(list.map(pairOf)).size === list.length,
      'topologyKey and whenUnsatisfiable must differ',
    )
    .optional()
    .meta({
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['topologyKey', 'whenUnsatisfiable'],
    })
    .describe('How pods are spread, beside the spread over nodes that the operator sets.'),
  priorityClassName: objectName
    .optional()
    .describe('Priority class of the pods. Left out: that of the operator, podPriorityClass of the chart.'),
  schedulerName: objectName
    .optional()
    .describe('Scheduler that places the pods. Left out: default-scheduler.'),
});

export type Scheduling = z.output<typeof scheduling>;
