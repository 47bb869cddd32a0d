import { type Fields, listOf } from './affinity.ts';
import { flag, LONG, name, type Samples } from './values.ts';

const SOURCE = { prefix: 'A_', secretRef: { name: 'a', optional: true } };

/** A list of at most so many items that must differ. */
export const distinct = (max: number, item: (index: number) => unknown): Samples => ({
  good: [[], [item(0)], Array.from({ length: max }, (_, index) => item(index))],
  bad: [[null], [item(0), item(0)], Array.from({ length: max + 1 }, (_, index) => item(index))],
});

const VARIABLE_NAME: Samples = {
  good: ['A', '_a', 'a.b-c_1', 'X'.repeat(253)],
  bad: ['', '1a', 'a b', 'a=b', 'ä', 'a\n', 'x'.repeat(254), LONG],
};

/** Of another source than that of the full object, a variable has no value to change. */
export const envFields = (path: string, taken?: string): Fields => ({
  [path]: distinct(64, (index) => ({ name: `V${index}` })),
  [`${path}[]`]: {
    good: [
      ...[{ name: 'A' }, { name: 'A', value: 'x'.repeat(4_096) }],
      ...[
        { configMapKeyRef: { name: 'a', key: 'b', optional: false } },
        { fieldRef: { fieldPath: 'spec.nodeName' } },
        { resourceFieldRef: { resource: 'limits.cpu', divisor: 1 } },
        { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } },
      ].map((valueFrom) => ({ name: 'A', valueFrom })),
    ],
    bad: [
      ...[
        {},
        ...(taken === undefined ? [] : [{ name: taken, value: 'x' }]),
        { name: 'A', value: 'x'.repeat(4_097) },
        { name: 'A', valueFrom: {} },
      ],
      { name: 'A', value: 'x', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
      ...[
        { fieldRef: { fieldPath: '' } },
        { fieldRef: {} },
        { configMapKeyRef: { name: 'a' } },
        { configMapKeyRef: { name: 'a', key: 'a/b' } },
        { resourceFieldRef: { resource: '' } },
        { resourceFieldRef: { resource: 'a', divisor: 1.5 } },
        { fieldRef: { fieldPath: 'a' }, resourceFieldRef: { resource: 'a' } },
      ].map((valueFrom) => ({ name: 'A', valueFrom })),
    ],
  },
  [`${path}[].name`]: VARIABLE_NAME,
  [`${path}[].value`]: { good: [], bad: ['x'] },
  [`${path}[].valueFrom`]: { good: [{ fieldRef: { fieldPath: 'spec.nodeName' } }], bad: [{}] },
  [`${path}[].valueFrom.secretKeyRef`]: { good: [{ name: 'a', key: 'b' }], bad: [{}, { name: 'a' }] },
  [`${path}[].valueFrom.secretKeyRef.name`]: name,
  [`${path}[].valueFrom.secretKeyRef.key`]: { good: ['a', '.b_C-1'], bad: ['', 'a/b', 'a b', 'a\n'] },
  [`${path}[].valueFrom.secretKeyRef.optional`]: flag,
  [`${path}[].valueFrom.configMapKeyRef`]: { good: [], bad: [{ name: 'a', key: 'b' }] },
  [`${path}[].valueFrom.fieldRef`]: { good: [], bad: [{ fieldPath: 'a' }] },
  [`${path}[].valueFrom.resourceFieldRef`]: { good: [], bad: [{ resource: 'a' }] },
  // Below sources that the full object does not have.
  ...Object.fromEntries(
    [
      ...['configMapKeyRef.name', 'configMapKeyRef.key', 'configMapKeyRef.optional'],
      ...['fieldRef.fieldPath', 'resourceFieldRef.resource', 'resourceFieldRef.divisor'],
    ].map((below) => [`${path}[].valueFrom.${below}`, { good: [], bad: [] }]),
  ),
});

export const envFromFields = (path: string): Fields => ({
  [path]: listOf(SOURCE, 16),
  [`${path}[]`]: {
    good: [{ configMapRef: { name: 'a', optional: false } }, { prefix: '', secretRef: { name: 'a' } }],
    bad: [
      {},
      { prefix: 'A' },
      { configMapRef: { name: 'a' }, secretRef: { name: 'a' } },
      { configMapRef: {} },
    ],
  },
  [`${path}[].prefix`]: { good: ['', 'A_', 'a.b'], bad: ['1', 'a=', 'a b', 'x'.repeat(254)] },
  [`${path}[].configMapRef`]: { good: [], bad: [{ name: 'a' }] },
  [`${path}[].configMapRef.name`]: { good: [], bad: [] },
  [`${path}[].configMapRef.optional`]: { good: [], bad: [] },
  [`${path}[].secretRef`]: { good: [{ name: 'a' }], bad: [{}] },
  [`${path}[].secretRef.name`]: name,
  [`${path}[].secretRef.optional`]: flag,
});
