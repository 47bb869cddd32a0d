import * as z from 'zod';
import { withRules } from './cel-rule.ts';
import { parseQuantity, quantity } from './quantity.ts';

const amounts = z.object({
  cpu: quantity.optional().describe('CPU, for example 250m or 1.'),
  memory: quantity.optional().describe('Memory, for example 256Mi.'),
  'ephemeral-storage': quantity
    .optional()
    .describe('Disk of the node for the files and logs of the container, for example 1Gi.'),
});

/** Names of the amounts, and how CEL calls them. */
const AMOUNTS = [
  ['cpu', 'cpu'],
  ['memory', 'memory'],
  ['ephemeral-storage', 'ephemeral__dash__storage'],
] as const;

/** What a container gets; as in core, and refused as early: a request above its limit would be refused with the workload only. */
export const resources = withRules(
  z.object({
    requests: amounts.optional().describe('What the scheduler sets aside for the container.'),
    limits: amounts.optional().describe('What the container may use at most.'),
  }),
  AMOUNTS.map(([name, cel]) => ({
    cel: `!has(self.requests) || !has(self.limits) || !has(self.requests.${cel}) || !has(self.limits.${cel}) || quantity(string(self.requests.${cel})).compareTo(quantity(string(self.limits.${cel}))) <= 0`,
    message: `requests.${name} must be at most limits.${name}`,
    check: ({ requests, limits }) => {
      const [request, limit] = [parseQuantity(requests?.[name] ?? ''), parseQuantity(limits?.[name] ?? '')];
      // The schema of the amount refuses a text that is no quantity.
      return request === undefined || limit === undefined || request <= limit;
    },
    path: 'requests',
  })),
);

export type ContainerResources = z.output<typeof resources>;
