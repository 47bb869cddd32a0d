import * as z from 'zod';
import { withRules } from '../schema/cel-rule.ts';
import { labelKey, labelSelector } from './labels.ts';

/**
 * Affinity as in core, so that manifests can be copied, and checked when it is applied.
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#scheduling
 */

const MAX_TERMS = 8;
const MAX_EXPRESSIONS = 16;
const MAX_VALUES = 64;
const MAX_NAMESPACES = 32;
const MAX_LABEL_KEYS = 8;
const MAX_VALUE_LENGTH = 253;

const atomic = <S extends z.ZodType>(item: S, max: number) =>
  z.array(item).max(max).optional().meta({ 'x-kubernetes-list-type': 'atomic' });

/** `Gt` and `Lt` compare integers. */
const NUMBER = /^-?[0-9]+$/;

const nodeRequirement = withRules(
  z.object({
    key: labelKey.describe('Key of the label.'),
    operator: z
      .enum(['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'])
      .describe('How values are compared.'),
    values: atomic(z.string().max(MAX_VALUE_LENGTH), MAX_VALUES).describe(
      'Values: at least one for In and NotIn, one integer for Gt and Lt.',
    ),
  }),
  [
    {
      cel: "(self.operator in ['Exists', 'DoesNotExist']) == (!has(self.values) || size(self.values) == 0)",
      message: 'values are needed for In, NotIn, Gt and Lt, and do not go with Exists and DoesNotExist',
      check: ({ operator, values = [] }) =>
        (operator === 'Exists' || operator === 'DoesNotExist') === (values.length === 0),
    },
    {
      cel: "!(self.operator in ['Gt', 'Lt']) || (has(self.values) && size(self.values) == 1 && self.values[0].matches('^-?[0-9]+$'))",
      message: 'Gt and Lt need one integer in values',
      check: ({ operator, values = [] }) =>
        (operator !== 'Gt' && operator !== 'Lt') || (values.length === 1 && NUMBER.test(values[0] ?? '')),
    },
  ],
);

/** What the API server takes: one name at a time. */
const fieldRequirement = z.object({
  key: z.literal('metadata.name').describe('Name of the field.'),
  operator: z.enum(['In', 'NotIn']).describe('How values are compared.'),
  values: z
    .array(z.string().min(1).max(MAX_VALUE_LENGTH))
    .min(1)
    .max(1)
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .describe('One name.'),
});

const nodeTerm = z.object({
  matchExpressions: atomic(nodeRequirement, MAX_EXPRESSIONS).describe(
    'Requirements on labels of the node, all of which must hold.',
  ),
  matchFields: atomic(fieldRequirement, MAX_EXPRESSIONS).describe(
    'Requirements on fields of the node (metadata.name), all of which must hold.',
  ),
});

const weight = z.int32().min(1).max(100).describe('How much a node counts that matches, 1 to 100.');

const nodeAffinity = z.object({
  requiredDuringSchedulingIgnoredDuringExecution: z
    .object({
      nodeSelectorTerms: z
        .array(nodeTerm)
        .min(1)
        .max(MAX_TERMS)
        .meta({ 'x-kubernetes-list-type': 'atomic' })
        .describe('Terms, one of which must match.'),
    })
    .optional()
    .describe('Nodes that pods may run on.'),
  preferredDuringSchedulingIgnoredDuringExecution: atomic(
    z.object({ weight, preference: nodeTerm.describe('Nodes that are preferred.') }),
    MAX_TERMS,
  ).describe('Nodes that are preferred.'),
});

const podTerm = z.object({
  topologyKey: labelKey.describe('Label of nodes; nodes of one value are one place.'),
  labelSelector: labelSelector.optional().describe('The pods that are meant. Left out: none.'),
  namespaces: atomic(z.string().min(1).max(63), MAX_NAMESPACES).describe(
    'Namespaces of these pods. Left out, without namespaceSelector: the own one.',
  ),
  namespaceSelector: labelSelector.optional().describe('Namespaces of these pods, by their labels.'),
  matchLabelKeys: atomic(labelKey, MAX_LABEL_KEYS).describe(
    'Labels in which these pods must equal the pod that is placed.',
  ),
  mismatchLabelKeys: atomic(labelKey, MAX_LABEL_KEYS).describe(
    'Labels in which these pods must differ from the pod that is placed.',
  ),
});

const betweenPods = (near: string) =>
  z.object({
    requiredDuringSchedulingIgnoredDuringExecution: atomic(podTerm, MAX_TERMS).describe(
      `Pods that must be ${near}.`,
    ),
    preferredDuringSchedulingIgnoredDuringExecution: atomic(
      z.object({ weight, podAffinityTerm: podTerm.describe(`Pods that should be ${near}.`) }),
      MAX_TERMS,
    ).describe(`Pods that should be ${near}.`),
  });

export const affinity = z.object({
  nodeAffinity: nodeAffinity.optional().describe('Which nodes.'),
  podAffinity: betweenPods('near').optional().describe('Near which pods.'),
  podAntiAffinity: betweenPods('far away').optional().describe('Away from which pods, beside our own rules.'),
});
