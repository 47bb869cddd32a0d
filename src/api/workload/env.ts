import * as z from 'zod';
import { withRules } from '../schema/cel-rule.ts';
import { objectName } from '../schema/fields.ts';
import { quantity } from '../schema/quantity.ts';
import { celList } from './labels.ts';

const MAX_VARIABLES = 64;
const MAX_SOURCES = 16;
const MAX_NAME_LENGTH = 253;
const MAX_VALUE_LENGTH = 4_096;
const MAX_PATH_LENGTH = 400;

/** What core takes that every shell can read, too. */
const NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/;
/** Of a ConfigMap or Secret. */
const KEY = /^[-._a-zA-Z0-9]+$/;

const keyRef = (kind: string) =>
  z.object({
    name: objectName.describe(`Name of the ${kind}, in the same namespace.`),
    key: z.string().min(1).max(MAX_NAME_LENGTH).regex(KEY).describe('Key in it.'),
    optional: z.boolean().optional().describe('Pods start without it as well.'),
  });

const SOURCES = ['secretKeyRef', 'configMapKeyRef', 'fieldRef', 'resourceFieldRef'] as const;

const valueFrom = withRules(
  z.object({
    secretKeyRef: keyRef('Secret').optional().describe('A key of a Secret.'),
    configMapKeyRef: keyRef('ConfigMap').optional().describe('A key of a ConfigMap.'),
    fieldRef: z
      .object({
        fieldPath: z
          .string()
          .min(1)
          .max(MAX_PATH_LENGTH)
          .describe('Path of the field, for example spec.nodeName.'),
      })
      .optional()
      .describe('A field of the pod.'),
    resourceFieldRef: z
      .object({
        resource: z.string().min(1).max(MAX_NAME_LENGTH).describe('For example limits.memory.'),
        divisor: quantity.optional().describe('Unit of the value. Left out: 1.'),
      })
      .optional()
      .describe('An amount that the container requests or is limited to.'),
  }),
  [
    {
      cel: `[${SOURCES.map((name) => `has(self.${name})`).join(', ')}].exists_one(given, given)`,
      message: `valueFrom needs exactly one of ${SOURCES.join(', ')}`,
      check: (value) => SOURCES.filter((name) => value[name] !== undefined).length === 1,
    },
  ],
);

const variable = withRules(
  z.object({
    name: z.string().min(1).max(MAX_NAME_LENGTH).regex(NAME).describe('Name of the variable.'),
    value: z.string().max(MAX_VALUE_LENGTH).optional().describe('Its value.'),
    valueFrom: valueFrom.optional().describe('Where its value comes from.'),
  }),
  [
    {
      cel: '!has(self.value) || !has(self.valueFrom)',
      message: 'a variable has value or valueFrom, not both',
      check: ({ value, valueFrom: from }) => value === undefined || from === undefined,
    },
  ],
);

/** @param taken variables that the operator sets in the same container */
export const env = (taken: readonly string[]) =>
  withRules(
    z
      .array(variable)
      .max(MAX_VARIABLES)
      .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, 'name must differ'),
    [
      {
        cel: `self.all(each, !(each.name in ${celList(taken)}))`,
        message: `${taken.join(', ')} are set by the operator`,
        check: (list) => list.every(({ name }) => !taken.includes(name)),
      },
    ],
  )
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
    .describe('Further environment variables of the container.');

const objectRef = (kind: string) =>
  z.object({
    name: objectName.describe(`Name of the ${kind}, in the same namespace.`),
    optional: z.boolean().optional().describe('Pods start without it as well.'),
  });

const source = withRules(
  z.object({
    prefix: z
      .string()
      .max(MAX_NAME_LENGTH)
      .regex(/^([A-Za-z_][A-Za-z0-9_.-]*)?$/)
      .optional()
      .describe('Put before each key.'),
    configMapRef: objectRef('ConfigMap').optional().describe('All keys of a ConfigMap.'),
    secretRef: objectRef('Secret').optional().describe('All keys of a Secret.'),
  }),
  [
    {
      cel: 'has(self.configMapRef) != has(self.secretRef)',
      message: 'a source needs exactly one of configMapRef and secretRef',
      check: ({ configMapRef, secretRef }) => (configMapRef !== undefined) !== (secretRef !== undefined),
    },
  ],
);

/** A variable of the operator wins over a key of the same name, as `env` does over `envFrom` in every container. */
export const envFrom = z
  .array(source)
  .max(MAX_SOURCES)
  .meta({ 'x-kubernetes-list-type': 'atomic' })
  .describe('ConfigMaps and Secrets whose keys become variables. Variables of the operator and of env win.');
