import * as z from 'zod';
import { type Rule, type Transition, withRules } from '../../schema/cel-rule.ts';
import { objectName, storageSize } from '../../schema/fields.ts';

/** More is a matter of a policy engine, not of a spec. */
const MAX_ENTRIES = 16;
const MAX_VALUE_LENGTH = 1024;

const KEY = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

const labelValue = z
  .string()
  .max(63)
  .regex(/^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/);

/** Keys by which the operator finds its objects. */
const OWN_PREFIXES = ['presence.wedsync.io/', 'app.kubernetes.io/'];

const ENTRY_RULES: Rule<Record<string, string>>[] = [
  {
    cel: `self.all(key, key.matches('${KEY.source.replaceAll('\\', '\\\\')}'))`,
    message: 'keys must be such as example.com/team',
    check: (map) => Object.keys(map).every((key) => KEY.test(key)),
  },
  {
    cel: `self.all(key, ${OWN_PREFIXES.map((prefix) => `!key.startsWith('${prefix}')`).join(' && ')})`,
    message: `keys must not begin with ${OWN_PREFIXES.join(' or ')}`,
    check: (map) => !Object.keys(map).some((key) => OWN_PREFIXES.some((prefix) => key.startsWith(prefix))),
  },
  {
    cel: `size(self) <= ${MAX_ENTRIES}`,
    message: `at most ${MAX_ENTRIES} entries`,
    check: (map) => Object.keys(map).length <= MAX_ENTRIES,
  },
];

const entries = (value: z.ZodType<string>) =>
  withRules(z.record(z.string(), value), ENTRY_RULES).meta({ maxProperties: MAX_ENTRIES });

const claimMetadata = z.object({
  labels: entries(labelValue).optional().describe('Labels of each claim, beside those of the operator.'),
  annotations: entries(z.string().max(MAX_VALUE_LENGTH))
    .optional()
    .describe('Annotations of each claim, for example of a backup tool.'),
});

const onlyClaim = (field: 'storageClassName' | 'retention' | 'metadata'): Rule<ClaimFields> => ({
  cel: `self.type != 'EmptyDir' || !has(self.${field})`,
  message: `${field} goes with type Claim only`,
  check: (value) => value.type !== 'EmptyDir' || value[field] === undefined,
  path: field,
});

const fields = z.object({
  type: z
    .enum(['EmptyDir', 'Claim'])
    .default('EmptyDir')
    .describe('EmptyDir lives as long as the pod; Claim is a PersistentVolumeClaim for each pod.'),
  size: storageSize
    .optional()
    .describe(
      'Size of each claim, for example 2Gi. Needed for Claim. It can grow while the servers run where the storage class allows it.',
    ),
  storageClassName: objectName
    .optional()
    .describe('Storage class of the claims. Left out: the default class.'),
  retention: z
    .enum(['Retain', 'Delete'])
    .optional()
    .describe(
      'What becomes of the claims when the PresenceCluster is deleted. Retain, also when left out: they stay, and a new PresenceCluster of the same name uses them. Delete: they are deleted with it.',
    ),
  metadata: claimMetadata.optional().describe('Labels and annotations of the claims.'),
});

type ClaimFields = z.output<typeof fields>;

/** `spec.redis.storage`: where the append-only file lives. */
export const redisStorage = withRules(fields, [
  {
    cel: "self.type != 'Claim' || has(self.size)",
    message: 'size is required when type is Claim',
    check: (value) => value.type !== 'Claim' || value.size !== undefined,
    path: 'size',
  },
  onlyClaim('storageClassName'),
  onlyClaim('retention'),
  onlyClaim('metadata'),
]);

export type RedisStorage = z.output<typeof redisStorage>;

const FORMED = 'has(self.status) && has(self.status.redis) && has(self.status.redis.formedAt)';
const NOW = 'self.spec.redis.storage';
const BEFORE = 'oldSelf.spec.redis.storage';
const INSTEAD = 'make a new PresenceCluster and restore a backup into it (docs/how-to/backup.md)';

/** Rules of the whole object, because only status says whether there is anything to lose. */
export const STORAGE_TRANSITIONS: Transition[] = [
  {
    cel: `!(${FORMED}) || ${NOW}.type == ${BEFORE}.type`,
    message: `spec.redis.storage.type cannot be changed once the Redis Cluster is formed; ${INSTEAD}`,
  },
  {
    // Written out: the API server cannot bound the cost of comparing two optional values.
    cel: `!(${FORMED}) || (has(${NOW}.storageClassName) ? ${NOW}.storageClassName : '') == (has(${BEFORE}.storageClassName) ? ${BEFORE}.storageClassName : '')`,
    message: `spec.redis.storage.storageClassName cannot be changed once the Redis Cluster is formed; ${INSTEAD}`,
  },
  {
    cel: `!(${FORMED}) || ${NOW}.type != 'Claim' || ${BEFORE}.type != 'Claim' || quantity(${NOW}.size).compareTo(quantity(${BEFORE}.size)) >= 0`,
    message: `spec.redis.storage.size cannot shrink once the Redis Cluster is formed, because Kubernetes shrinks no volume; ${INSTEAD}`,
  },
];
