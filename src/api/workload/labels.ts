import * as z from 'zod';
import { type Rule, withRules } from '../schema/cel-rule.ts';
import { GROUP } from '../schema/group.ts';

const MAX_ENTRIES = 32;
const MAX_EXPRESSIONS = 16;
const MAX_VALUES = 64;
/** A DNS name of 253 characters, a slash and a name of 63. */
const MAX_KEY_LENGTH = 317;
/** Of one annotation; core limits all of an object to 256 KiB. */
const MAX_ANNOTATION_LENGTH = 16_384;

const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;
const LABEL_KEY = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

/** Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
export const labelValue = z.string().max(63).regex(LABEL_VALUE);
export const labelKey = z.string().min(1).max(MAX_KEY_LENGTH).regex(LABEL_KEY);

/** What belongs to a PresenceCluster is found by these; with others it would be lost, or taken for another's. */
export const OWN_LABELS = ['name', 'instance', 'component', 'part-of', 'managed-by'].map(
  (name) => `app.kubernetes.io/${name}`,
);
/** The controllers of Kubernetes tell revisions and pods of a set apart by these. */
export const CONTROLLER_LABELS = [
  'pod-template-hash',
  'controller-revision-hash',
  'statefulset.kubernetes.io/pod-name',
  'apps.kubernetes.io/pod-index',
];
const OWN_PREFIX = `${GROUP}/`;
const TAKEN = [...OWN_LABELS, ...CONTROLLER_LABELS];

type Table = Record<string, string>;
const everyKey = (test: (key: string) => boolean) => (table: Table) => Object.keys(table).every(test);

const table = (value: z.ZodString, rules: Rule<Table>[]) =>
  withRules(z.record(z.string(), value), [
    {
      cel: `size(self) <= ${MAX_ENTRIES}`,
      message: `at most ${MAX_ENTRIES} entries`,
      check: (entries: Table) => Object.keys(entries).length <= MAX_ENTRIES,
    },
    {
      cel: `self.all(key, size(key) <= ${MAX_KEY_LENGTH} && key.matches('${LABEL_KEY.source.replaceAll('\\', '\\\\')}'))`,
      message: 'a key is a name of letters, digits and -_., which may follow a DNS name and a slash',
      check: everyKey((key) => key.length <= MAX_KEY_LENGTH && LABEL_KEY.test(key)),
    },
    ...rules,
  ]).meta({ maxProperties: MAX_ENTRIES });

export const nodeLabels = table(labelValue, []);

/** Labels that are added to ours. */
export const ownLabels = table(labelValue, [
  {
    cel: `self.all(key, !key.startsWith('${OWN_PREFIX}') && !(key in ${celList(TAKEN)}))`,
    message: `${OWN_PREFIX}…, ${TAKEN.join(', ')} are set by the operator and the controllers: pods are found by them`,
    check: everyKey((key) => !key.startsWith(OWN_PREFIX) && !TAKEN.includes(key)),
  },
]);

/** Annotations by which older releases of Kubernetes took the profiles of a pod; they would lift what the restricted profile asks for. */
const PROFILE_PREFIXES = [
  'container.apparmor.security.beta.kubernetes.io/',
  'container.seccomp.security.alpha.kubernetes.io/',
  'seccomp.security.alpha.kubernetes.io/',
];

const OWN_ANNOTATION_RULES: Rule<Table>[] = [
  {
    cel: `self.all(key, !key.startsWith('${OWN_PREFIX}'))`,
    message: `${OWN_PREFIX}… are the notes of the operator`,
    check: everyKey((key) => !key.startsWith(OWN_PREFIX)),
  },
  {
    cel: `self.all(key, ${PROFILE_PREFIXES.map((prefix) => `!key.startsWith('${prefix}')`).join(' && ')})`,
    message: 'AppArmor and seccomp profiles are no annotations; see securityContext',
    check: everyKey((key) => PROFILE_PREFIXES.every((prefix) => !key.startsWith(prefix))),
  },
];

/** Annotations that are added to ours. */
export const ownAnnotations = table(z.string().max(MAX_ANNOTATION_LENGTH), OWN_ANNOTATION_RULES);

/** Notes of the controllers and clients of Kubernetes on whole objects; written by two, they would change for ever. */
const OTHERS_PREFIXES = ['deployment.kubernetes.io/', 'kubectl.kubernetes.io/', 'meta.helm.sh/'];

/** Annotations of every object. */
export const commonAnnotations = table(z.string().max(MAX_ANNOTATION_LENGTH), [
  ...OWN_ANNOTATION_RULES,
  {
    cel: `self.all(key, ${OTHERS_PREFIXES.map((prefix) => `!key.startsWith('${prefix}')`).join(' && ')})`,
    message: `${OTHERS_PREFIXES.map((prefix) => `${prefix}…`).join(', ')} are the notes of controllers and clients`,
    check: everyKey((key) => OTHERS_PREFIXES.every((prefix) => !key.startsWith(prefix))),
  },
]);

export function celList(texts: readonly string[]): string {
  return `[${texts.map((text) => `'${text}'`).join(', ')}]`;
}

const expression = withRules(
  z.object({
    key: labelKey.describe('Key of the label.'),
    operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']).describe('How values are compared.'),
    values: z
      .array(labelValue)
      .max(MAX_VALUES)
      .optional()
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .describe('Values, for In and NotIn.'),
  }),
  [
    {
      cel: "(self.operator in ['In', 'NotIn']) == (has(self.values) && size(self.values) > 0)",
      message: 'values are needed for In and NotIn, and go with no other operator',
      check: ({ operator, values = [] }) => (operator === 'In' || operator === 'NotIn') === values.length > 0,
    },
  ],
);

/** As in core: an empty one selects everything. */
export const labelSelector = z.object({
  matchLabels: nodeLabels.optional().describe('Labels that must all be there.'),
  matchExpressions: z
    .array(expression)
    .max(MAX_EXPRESSIONS)
    .optional()
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .describe('Further requirements, all of which must hold.'),
});
