import * as z from 'zod';
import { withRules } from '../schema/cel-rule.ts';
import { duration } from '../schema/fields.ts';

const HOUR_MS = 3_600_000;
const UNIT_MS: Record<string, number> = { h: HOUR_MS, m: 60_000, s: 1000 };
/** A shorter period would ask for open time inside every wedding night. */
const MIN_PERIOD_HOURS = 24;
/** Windows are known 90 days ahead. */
const MAX_PERIOD_HOURS = 90 * 24;

/** Milliseconds of a duration that the schema has accepted. */
export function durationMs(text: string): number {
  return [...text.matchAll(/([0-9]+)([hms])/g)].reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * (UNIT_MS[unit as string] ?? 0),
    0,
  );
}

/** `spec.freeze.budget`: how much time a calendar of freezes must leave for patches. */
export const freezeBudget = withRules(
  z.object({
    minOpen: duration
      .default('24h')
      .describe('At least so much of every period must be open, 0s to switch the budget off.'),
    period: duration
      .default('336h')
      .describe('Length of the rolling period: 336h are 14 days. From 24h to 2160h (90 days).'),
    behaviour: z
      .enum(['Warn', 'Relax'])
      .default('Warn')
      .describe(
        'When a calendar leaves less. Warn: condition FreezeWithinBudget is False, and its message has a proposal. Relax: the time around weddings with the fewest people at risk is opened as well; never a wedding itself, never a manual window.',
      ),
  }),
  [
    {
      cel: `duration(self.period) >= duration('${MIN_PERIOD_HOURS}h') && duration(self.period) <= duration('${MAX_PERIOD_HOURS}h')`,
      message: 'period must be from 24h to 2160h',
      check: ({ period }) => {
        const hours = durationMs(period) / HOUR_MS;
        return hours >= MIN_PERIOD_HOURS && hours <= MAX_PERIOD_HOURS;
      },
    },
    {
      cel: 'duration(self.minOpen) < duration(self.period)',
      message: 'minOpen must be shorter than period',
      check: ({ minOpen, period }) => durationMs(minOpen) < durationMs(period),
    },
  ],
);

export type FreezeBudgetSpec = z.output<typeof freezeBudget>;
