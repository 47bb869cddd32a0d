import * as z from 'zod';
import type { Rule } from '../schema/cel-rule.ts';

/** As in a Service. Source: https://kubernetes.io/docs/concepts/services-networking/dual-stack/#services */
export const ipFamilies = {
  ipFamilyPolicy: z
    .enum(['SingleStack', 'PreferDualStack', 'RequireDualStack'])
    .optional()
    .describe('Whether the Service has addresses of one family or of both. Left out: SingleStack.'),
  ipFamilies: z
    .array(z.enum(['IPv4', 'IPv6']))
    .min(1)
    .max(2)
    .refine((list) => new Set(list).size === list.length, 'families must differ')
    .optional()
    .meta({ 'x-kubernetes-list-type': 'set' })
    .describe('Families of the addresses; the first one stays. Left out: that of the cluster.'),
};

interface Families {
  ipFamilyPolicy?: string | undefined;
  ipFamilies?: readonly string[] | undefined;
}

export const TWO_FAMILIES_RULE: Rule<Families> = {
  cel: "!has(self.ipFamilies) || size(self.ipFamilies) < 2 || (has(self.ipFamilyPolicy) && self.ipFamilyPolicy != 'SingleStack')",
  message: 'two ipFamilies need ipFamilyPolicy PreferDualStack or RequireDualStack',
  check: ({ ipFamilyPolicy = 'SingleStack', ipFamilies: families = [] }) =>
    families.length < 2 || ipFamilyPolicy !== 'SingleStack',
  path: 'ipFamilies',
};
