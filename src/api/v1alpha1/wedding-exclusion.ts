import * as z from 'zod';
import { withRules } from '../schema/cel-rule.ts';
import { objectName } from '../schema/fields.ts';

const MAX_EXCLUDED = 100;
const MAX_LABELS = 16;

const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;
const labelValue = z.string().max(63).regex(LABEL_VALUE);

/** `spec.freeze.exclude`: weddings that protect nothing, such as rehearsals and test data. */
export const weddingExclusion = z.object({
  weddings: z
    .array(objectName)
    .max(MAX_EXCLUDED)
    .optional()
    .meta({ 'x-kubernetes-list-type': 'set' })
    .refine((names) => names === undefined || new Set(names).size === names.length, 'names must differ')
    .describe('Names of weddings of the same namespace.'),
  matchLabels: withRules(z.record(z.string(), labelValue), [
    {
      // With no label, every wedding would match, and nothing would be protected any more.
      cel: `size(self) >= 1 && size(self) <= ${MAX_LABELS}`,
      message: `matchLabels must name 1 to ${MAX_LABELS} labels, or be left out`,
      check: (labels) => {
        const count = Object.keys(labels).length;
        return count >= 1 && count <= MAX_LABELS;
      },
    },
  ])
    .optional()
    .meta({ maxProperties: MAX_LABELS })
    .describe('Labels; a wedding that has all of them is excluded.'),
});

export type WeddingExclusion = z.output<typeof weddingExclusion>;
