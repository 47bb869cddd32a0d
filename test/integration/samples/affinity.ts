import { free, label, labelKey, oneOf, type Samples, whole } from './values.ts';

/** Every label map is stood for by its key `6`. */
export const LABELS = { 6: 'test' };
const EXPRESSION = { key: 'stage', operator: 'In', values: ['a'] };
export const SELECTOR = { matchLabels: LABELS, matchExpressions: [EXPRESSION] };
const REQUIREMENT = { key: 'disk', operator: 'In', values: ['ssd'] };
const FIELD = { key: 'metadata.name', operator: 'In', values: ['a'] };
const NODE_TERM = { matchExpressions: [REQUIREMENT], matchFields: [FIELD] };
const POD_TERM = {
  topologyKey: 'kubernetes.io/hostname',
  labelSelector: SELECTOR,
  namespaceSelector: SELECTOR,
  namespaces: ['a'],
  matchLabelKeys: ['b'],
  mismatchLabelKeys: ['c'],
};
const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';
const BETWEEN_PODS = { [REQUIRED]: [POD_TERM], [PREFERRED]: [{ weight: 10, podAffinityTerm: POD_TERM }] };

export const AFFINITY = {
  nodeAffinity: {
    [REQUIRED]: { nodeSelectorTerms: [NODE_TERM] },
    [PREFERRED]: [{ weight: 10, preference: NODE_TERM }],
  },
  podAffinity: BETWEEN_PODS,
  podAntiAffinity: BETWEEN_PODS,
};

export type Fields = Record<string, Samples>;
export const anything: Samples = { good: [{}], bad: [] };

/** A list of at most so many of an item. */
export const listOf = (item: unknown, max: number, min = 0): Samples => ({
  good: [...(min === 0 ? [[]] : []), [item], Array.from({ length: max }, () => item)],
  bad: [[null], Array.from({ length: max + 1 }, () => item), ...(min === 0 ? [] : [[]])],
});

const keys = (max: number): Samples => ({
  good: [{}, { 'example.com/kind': 'test', stage: '' }, { [`${'x'.repeat(253)}/y`]: '' }],
  bad: [
    Object.fromEntries(Array.from({ length: max + 1 }, (_, index) => [`l${index}`, 'x'])),
    ...['', '-a', 'a/', '/a', 'a b', 'A.example/x', `a${'x'.repeat(317)}`].map((key) => ({ [key]: 'x' })),
  ],
});

export const labelMap = (path: string): Fields => ({ [path]: keys(32), [`${path}.6`]: label });

const keyList = (path: string): Fields => ({ [path]: listOf('a', 8), [`${path}[]`]: labelKey });

const withValues = (without: unknown, withSome: unknown[], wrong: unknown[]): Samples => ({
  good: [without, ...withSome],
  bad: wrong,
});

export const selectorFields = (path: string): Fields => ({
  [path]: anything,
  ...labelMap(`${path}.matchLabels`),
  [`${path}.matchExpressions`]: listOf(EXPRESSION, 16),
  [`${path}.matchExpressions[]`]: withValues(
    { key: 'a', operator: 'Exists' },
    [
      { key: 'a', operator: 'NotIn', values: [''] },
      { key: 'a', operator: 'DoesNotExist', values: [] },
    ],
    [
      ...[{}, { key: 'a' }, { key: 'a', operator: 'In' }, { key: 'a', operator: 'In', values: [] }],
      { key: 'a', operator: 'Exists', values: ['a'] },
    ],
  ),
  [`${path}.matchExpressions[].key`]: labelKey,
  [`${path}.matchExpressions[].operator`]: { good: ['In', 'NotIn'], bad: ['Exists', 'Gt', 'in', ''] },
  [`${path}.matchExpressions[].values`]: { ...listOf('a', 64, 1) },
  [`${path}.matchExpressions[].values[]`]: label,
});

const requirementFields = (path: string): Fields => ({
  [path]: listOf(REQUIREMENT, 16),
  [`${path}[]`]: withValues(
    { key: 'a', operator: 'Exists' },
    [
      { key: 'a', operator: 'Gt', values: ['5'] },
      { key: 'a', operator: 'Lt', values: ['-5'] },
    ],
    [
      ...[
        { key: 'a', operator: 'Gt', values: ['x'] },
        { key: 'a', operator: 'Gt', values: ['1', '2'] },
      ],
      ...[{ key: 'a', operator: 'Gt' }, { key: 'a', operator: 'DoesNotExist', values: ['a'] }, {}],
    ],
  ),
  [`${path}[].key`]: labelKey,
  [`${path}[].operator`]: { good: ['In', 'NotIn'], bad: ['Exists', 'Gt', 'gt', ''] },
  [`${path}[].values`]: { ...listOf('a', 64, 1) },
  [`${path}[].values[]`]: free(0, 253),
});

const nodeTermFields = (path: string): Fields => ({
  [path]: anything,
  ...requirementFields(`${path}.matchExpressions`),
  [`${path}.matchFields`]: listOf(FIELD, 16),
  [`${path}.matchFields[]`]: { good: [{ ...FIELD, operator: 'NotIn' }], bad: [{}, { ...FIELD, values: [] }] },
  [`${path}.matchFields[].key`]: { good: ['metadata.name'], bad: ['metadata.labels', 'disk', ''] },
  [`${path}.matchFields[].operator`]: oneOf('In', 'NotIn'),
  [`${path}.matchFields[].values`]: listOf('a', 1, 1),
  [`${path}.matchFields[].values[]`]: free(1, 253),
});

const podTermFields = (path: string): Fields => ({
  [path]: { good: [{ topologyKey: 'a' }], bad: [{}] },
  [`${path}.topologyKey`]: labelKey,
  ...selectorFields(`${path}.labelSelector`),
  ...selectorFields(`${path}.namespaceSelector`),
  [`${path}.namespaces`]: listOf('a', 32),
  [`${path}.namespaces[]`]: free(1, 63),
  ...keyList(`${path}.matchLabelKeys`),
  ...keyList(`${path}.mismatchLabelKeys`),
});

const betweenPodsFields = (path: string): Fields => ({
  [path]: anything,
  [`${path}.${REQUIRED}`]: listOf(POD_TERM, 8),
  ...podTermFields(`${path}.${REQUIRED}[]`),
  [`${path}.${PREFERRED}`]: listOf({ weight: 1, podAffinityTerm: POD_TERM }, 8),
  [`${path}.${PREFERRED}[]`]: {
    good: [{ weight: 100, podAffinityTerm: POD_TERM }],
    bad: [{}, { weight: 1 }],
  },
  [`${path}.${PREFERRED}[].weight`]: whole(1, 100),
  ...podTermFields(`${path}.${PREFERRED}[].podAffinityTerm`),
});

export const affinityFields = (path: string): Fields => ({
  [path]: anything,
  [`${path}.nodeAffinity`]: anything,
  [`${path}.nodeAffinity.${REQUIRED}`]: { good: [{ nodeSelectorTerms: [{}] }], bad: [{}] },
  [`${path}.nodeAffinity.${REQUIRED}.nodeSelectorTerms`]: listOf(NODE_TERM, 8, 1),
  ...nodeTermFields(`${path}.nodeAffinity.${REQUIRED}.nodeSelectorTerms[]`),
  [`${path}.nodeAffinity.${PREFERRED}`]: listOf({ weight: 1, preference: {} }, 8),
  [`${path}.nodeAffinity.${PREFERRED}[]`]: {
    good: [{ weight: 1, preference: {} }],
    bad: [{}, { weight: 1 }],
  },
  [`${path}.nodeAffinity.${PREFERRED}[].weight`]: whole(1, 100),
  ...nodeTermFields(`${path}.nodeAffinity.${PREFERRED}[].preference`),
  ...betweenPodsFields(`${path}.podAffinity`),
  ...betweenPodsFields(`${path}.podAntiAffinity`),
});
