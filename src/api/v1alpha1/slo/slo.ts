import * as z from 'zod';
import { withRules } from '../../schema/cel-rule.ts';

/** The delays that presence pods can tell apart: bounds of their histograms. */
export const SEEN_WITHIN_MS = [100, 250, 500, 1000, 2000, 5000] as const;
const BOUNDS = SEEN_WITHIN_MS.join(', ');

/** A lower objective needs no budget that is watched by the hour. */
const MIN_OBJECTIVE = 90;
/** 99.999 % of 28 days leaves 24 s. 100 % would leave nothing to compute with. */
const MAX_OBJECTIVE = 99.999;
/** Longer than the longest burn rate window, 3 days. */
const MIN_WINDOW_DAYS = 7;
/** A quarter of a year. */
const MAX_WINDOW_DAYS = 90;
/**
 * A fast burn spends this share of the error budget in one hour.
 * Source: https://sre.google/workbook/alerting-on-slos/#recommended_parameters_for_an_slo_based_alerting_configuration
 */
export const FAST_BURN_SHARE = 0.02;

const objective = z.number().min(MIN_OBJECTIVE).max(MAX_OBJECTIVE);

const updates = withRules(
  z.object({
    objective: objective
      .default(99.9)
      .describe('Percent of the updates that must be seen in time, 90 to 99.999.'),
    withinMilliseconds: z
      .int32()
      .min(100)
      .max(5000)
      .default(2000)
      .describe(`Time in which an update must be seen by other clients: ${BOUNDS}.`),
  }),
  [
    {
      cel: `self.withinMilliseconds in [${BOUNDS}]`,
      message: `withinMilliseconds has to be one of ${BOUNDS}: presence pods count delays by these bounds`,
      check: ({ withinMilliseconds }) => SEEN_WITHIN_MS.some((bound) => bound === withinMilliseconds),
      path: 'withinMilliseconds',
    },
  ],
);

const joins = z.object({
  objective: objective
    .default(99.95)
    .describe(
      'Percent of the joins that must be taken, of those that the service could take, 90 to 99.999. Refusals that are about the client do not count.',
    ),
});

/** `spec.slo`: the service level objectives. */
export const slo = withRules(
  z.object({
    windowDays: z
      .int32()
      .min(MIN_WINDOW_DAYS)
      .max(MAX_WINDOW_DAYS)
      .default(28)
      .describe('Days over which the objectives hold, 7 to 90.'),
    updates: updates.prefault({}).describe('How many updates are seen by other clients in time.'),
    joins: joins.prefault({}).describe('How many joins are taken.'),
  }),
  [
    {
      cel: `[self.updates.objective, self.joins.objective].all(percent, (100.0 - percent) * ${FAST_BURN_SHARE} * 24.0 * double(self.windowDays) < 100.0)`,
      message:
        'windowDays is too long for the lower objective: even a total outage would be no fast burn. Raise it (90 days need more than 97.7, 30 days 93.1) or shorten windowDays',
      check: ({ windowDays, updates: { objective: seen }, joins: { objective: taken } }) =>
        [seen, taken].every((percent) => (100 - percent) * FAST_BURN_SHARE * 24 * windowDays < 100),
      path: 'windowDays',
    },
  ],
);

export type SloSpec = z.output<typeof slo>;
