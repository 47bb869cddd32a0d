import * as z from 'zod';
import { withRules } from '../schema/cel-rule.ts';
import { duration, weekday } from '../schema/fields.ts';
import { durationMs, freezeBudget } from './freeze-budget.ts';
import { specWindows } from './freeze-window.ts';
import { MAX_TEAM_SIZE } from './wedding.ts';
import { weddingExclusion } from './wedding-exclusion.ts';

const MAX_WEDDINGS = 10_000;
/** Set-up the week before and a day after are protection; longer is a freeze that never ends. */
const MAX_MARGIN_HOURS = 7 * 24;
const MARGINS = ['before', 'after'] as const;

/** `spec.freeze`: when running pods must not be changed. `docs/freeze.md` says which part beats which. */
export const freeze = withRules(
  z.object({
    days: z
      .array(weekday)
      .max(7)
      .default(['Saturday'])
      .meta({ 'x-kubernetes-list-type': 'set' })
      .refine((days) => new Set(days).size === days.length, 'days must differ')
      .describe('Protected days in the zone of each wedding. Empty: no wedding is protected.'),
    before: duration
      .default('6h')
      .describe('Protection starts this long before the ceremony, at most 168h (7 days).'),
    after: duration
      .default('4h')
      .describe('Protection ends this long after the end of the wedding, at most 168h (7 days).'),
    minActiveWeddings: z
      .int32()
      .min(1)
      .max(MAX_WEDDINGS)
      .default(1)
      .describe('Weddings that must be on at once for a freeze.'),
    minPeopleAtRisk: z
      .int32()
      .min(1)
      .max(MAX_WEDDINGS * MAX_TEAM_SIZE)
      .default(1)
      .describe('People that the crews of these weddings must have in total for a freeze.'),
    states: z
      .array(z.enum(['Planned', 'Confirmed']))
      .min(1)
      .max(2)
      .default(['Confirmed'])
      .meta({ 'x-kubernetes-list-type': 'set' })
      .refine((states) => new Set(states).size === states.length, 'states must differ')
      .describe('States of weddings that are protected: Confirmed, Planned.'),
    exclude: weddingExclusion.optional().describe('Weddings that are not protected.'),
    windows: specWindows
      .default([])
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .describe('Manual windows: frozen, whatever else is written here.'),
    allowWindows: specWindows
      .default([])
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .describe(
        'Maintenance windows: open, also before and after weddings; never while a wedding is on, never in a manual window.',
      ),
    budget: freezeBudget.prefault({}).describe('How much time freezes must leave for patches.'),
  }),
  MARGINS.map((margin) => ({
    cel: `duration(self.${margin}) <= duration('${MAX_MARGIN_HOURS}h')`,
    message: `${margin} is at most ${MAX_MARGIN_HOURS}h`,
    check: (value) => durationMs(value[margin]) <= MAX_MARGIN_HOURS * 3_600_000,
    path: margin,
  })),
);

export type FreezeSpec = z.output<typeof freeze>;
