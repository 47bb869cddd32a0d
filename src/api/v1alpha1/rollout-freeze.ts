import { z } from 'zod';
import { withRules } from './cel-rule.ts';
import { instant } from './fields.ts';

/** Windows are written 90 days ahead; 400 is four a day. */
export const MAX_WINDOWS = 400;
/** Hashed wedding ids listed in one window; more are counted in the reason. */
export const MAX_WEDDINGS_LISTED = 50;

export const freezeWindow = withRules(
  z.object({
    from: instant.describe('First instant of the freeze.'),
    until: instant.describe('First instant after the freeze.'),
    reason: z.string().max(256).describe('Why, in a few words.'),
    weddings: z
      .array(z.string().max(64))
      .max(MAX_WEDDINGS_LISTED)
      .describe('Hashed ids of the weddings that cause it; the hash keeps guests private.'),
  }),
  [
    {
      cel: 'timestamp(self.from) < timestamp(self.until)',
      message: 'from must be before until',
      check: (value) => Date.parse(value.from) < Date.parse(value.until),
    },
  ],
);

export const rolloutFreezeSpec = z.object({
  windows: z
    .array(freezeWindow)
    .max(MAX_WINDOWS)
    .default([])
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .describe('Half-open windows [from, until) of the next 90 days, merged, in order.'),
});

export type FreezeWindow = z.output<typeof freezeWindow>;
export type RolloutFreezeSpec = z.output<typeof rolloutFreezeSpec>;
