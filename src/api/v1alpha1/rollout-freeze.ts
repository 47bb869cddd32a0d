import * as z from 'zod';
import { withRules } from '../schema/cel-rule.ts';
import { instant, objectName } from '../schema/fields.ts';
import { withoutNullMembers } from '../schema/null-members.ts';
import { overrideScope, userName } from './rollout-override.ts';
import { MAX_REPLICAS } from './scaling.ts';

/**
 * Windows are written 90 days ahead; 200 are about two per day, and the whole object stays below 256 KiB with all of them full
 * (`src/domain/freeze/rollout-freeze-windows.test.ts`). Neighbours are joined when there are more.
 */
export const MAX_WINDOWS = 200;
/** Hashed wedding ids listed in one window; more are counted, in `notListed` and in the reason. */
export const MAX_WEDDINGS_LISTED = 20;
/** Overrides that are open at once; each is a person in the middle of an incident. */
export const MAX_OPEN_OVERRIDES = 32;

export const freezeWindow = withRules(
  z.object({
    from: instant.describe('First instant of the freeze.'),
    until: instant.describe('First instant after the freeze.'),
    reason: z.string().max(256).describe('Why, in a few words.'),
    weddings: z
      .array(z.string().max(64))
      .max(MAX_WEDDINGS_LISTED)
      .describe('Hashed ids of the weddings that cause it; the hash keeps guests private.'),
    notListed: z
      .int32()
      .min(1)
      .optional()
      .describe('Weddings that cause it as well and are not listed. Left out: all are listed.'),
  }),
  [
    {
      cel: 'timestamp(self.from) < timestamp(self.until)',
      message: 'from must be before until',
      check: (value) => Date.parse(value.from) < Date.parse(value.until),
    },
  ],
);

/** The admission policies look at the first window only when a request is older than it. */
const windowsInOrder = withRules(z.array(freezeWindow).max(MAX_WINDOWS), [
  {
    cel: 'self.map(window, timestamp(window.from)).isSorted()',
    message: 'windows must be in order of from',
    check: (windows) =>
      windows.every(
        ({ from }, index) => index === 0 || Date.parse(windows[index - 1]?.from ?? from) <= Date.parse(from),
      ),
  },
]);

const openOverride = z.object({
  name: objectName.describe('Name of the RolloutOverride.'),
  user: userName.describe('User for whom the freeze is open.'),
  ticket: z.string().max(128).describe('Incident or change that it belongs to.'),
  scope: overrideScope.describe('What is open: Rollout, ScaleIn, Delete, Evict.'),
  from: instant.describe('Since when.'),
  until: instant.describe('First instant at which it is closed again.'),
});

export const rolloutFreezeSpec = z.preprocess(
  withoutNullMembers,
  z.object({
    windows: windowsInOrder
      .default([])
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .describe('Half-open windows [from, until) of the next 90 days, merged, in order.'),
    phase: z
      .enum(['Open', 'Frozen'])
      .default('Open')
      .describe(
        'What the operator last knew: Open or Frozen, from a minute before a window on. Where no Lease tells the time, it decides about requests without a time stamp: deletes, evictions, the scale subresource.',
      ),
    floor: z
      .int32()
      .min(0)
      .max(MAX_REPLICAS)
      .default(0)
      .describe('Fewest presence pods to which other users than the operator may scale while frozen.'),
    heartbeat: instant
      .optional()
      .describe('The operator was alive at this instant; it is written every 5 minutes.'),
    overrides: z
      .array(openOverride)
      .max(MAX_OPEN_OVERRIDES)
      .default([])
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .describe('RolloutOverrides that are open.'),
  }),
);

export type OpenOverride = z.output<typeof openOverride>;
export type FreezeWindow = z.output<typeof freezeWindow>;
export type RolloutFreezeSpec = z.output<typeof rolloutFreezeSpec>;
