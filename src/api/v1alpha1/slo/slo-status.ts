import * as z from 'zod';
import { instant } from '../../schema/fields.ts';

const atomic = { 'x-kubernetes-list-type': 'atomic' } as const;
/** What is overspent by more than ten budgets needs no exact number. */
export const LEAST_BUDGET_PERCENT = -1000;
/** Pods that status names; further ones are left out as well. */
export const MAX_NAMED_PODS = 20;

const attained = z.object({
  objective: z.number().min(0).max(100).describe('Percent that was promised.'),
  attainment: z
    .number()
    .min(0)
    .max(100)
    .optional()
    .describe('Percent that was kept, rounded down to three decimals. Left out: nothing was counted.'),
  budgetLeft: z
    .int32()
    .min(LEAST_BUDGET_PERCENT)
    .max(100)
    .optional()
    .describe('Percent of the error budget that is left, rounded down; below 0 it is overspent.'),
});

const burnRate = z.object({
  window: z.string().max(4).describe('5m, 30m, 1h, 6h or 3d.'),
  updates: z
    .number()
    .min(0)
    .describe(
      'How many times faster than allowed the error budget of updates was spent. 1: it lasts for just the window.',
    ),
  joins: z.number().min(0).describe('The same of joins.'),
});

const leftOut = z.object({
  pod: z.string().max(253).describe('Presence pod whose counts are not used.'),
  because: z.string().max(256).describe('The reason.'),
});

/** `status.slo`: how the objectives are met. Renewed once a minute, or when the verdict changes. */
export const sloStatus = z.object({
  since: instant.describe('Since when is counted; at most spec.slo.windowDays ago.'),
  updates: attained.describe('Updates that were seen by other clients in time.'),
  joins: attained.describe('Joins that were taken.'),
  burnRates: z.array(burnRate).max(8).meta(atomic).describe('By window, the shortest first.'),
  leftOut: z
    .array(leftOut)
    .max(MAX_NAMED_PODS)
    .meta(atomic)
    .describe('Pods with impossible counts or a wrong clock; empty without any.'),
});

export type SloStatus = z.output<typeof sloStatus>;
