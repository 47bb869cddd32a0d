import * as z from 'zod';
import { withRules } from '../schema/cel-rule.ts';
import { localEndTime, localTime, weekday } from '../schema/fields.ts';

export const MAX_REPLICAS = 1000;
/** A factor above this is a typing error: the default tables multiply to 6. */
const MAX_MULTIPLIER = 100;
const MAX_PEAKS = 24;

const MONTHS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12'] as const;
export type Month = (typeof MONTHS)[number];

const multiplier = z.number().gt(0).max(MAX_MULTIPLIER);

const peak = z.object({
  from: localTime.describe('Local start of the peak, HH:MM, included.'),
  to: localEndTime.describe(
    'Local end of the peak, HH:MM, excluded; 24:00 is midnight. Before from: the peak ends on the next day.',
  ),
  multiplier: multiplier.describe('Factor while the peak is on, above 0.'),
  days: z
    .array(weekday)
    .min(1)
    .max(7)
    .optional()
    .meta({ 'x-kubernetes-list-type': 'set' })
    .refine((days) => days === undefined || new Set(days).size === days.length, 'days must differ')
    .describe('Days on which the peak starts. Left out: every day.'),
});
export type Peak = z.output<typeof peak>;

const seasonMultipliers = withRules(z.record(z.string().max(2), multiplier), [
  {
    cel: `self.all(month, month in [${MONTHS.map((month) => `'${month}'`).join(', ')}])`,
    message: 'seasonMultipliers has months 1 to 12 as keys',
    check: (table) => Object.keys(table).every((month) => (MONTHS as readonly string[]).includes(month)),
  },
]);

/** The shortest month: more would begin in the month before. */
const MAX_RAMP_DAYS = 28;
const replicas = z.int32().min(1).max(MAX_REPLICAS);
/** All connections that the most pods can have. */
const MAX_RESERVE = 2_000_000;
const MAX_PRICE = 1_000_000;

const price = z.number().min(0).max(MAX_PRICE);

const cost = z.object({
  currency: z
    .string()
    .max(3)
    .regex(/^[A-Z]{3}$/)
    .default('USD')
    .describe('ISO 4217 code, shown beside amounts.'),
  cpuHour: price.default(0).describe('Price of one CPU for an hour.'),
  memoryGibHour: price.default(0).describe('Price of one GiB of memory for an hour.'),
});

export const scaling = withRules(
  z.object({
    mode: z
      .enum(['Off', 'Multipliers', 'ForecastOnly', 'ScaleOutOnly', 'Full'])
      .default('Multipliers')
      .describe(
        '"Off" (in quotes: YAML takes a bare Off for false): spec.presence.replicas decides. Multipliers: season and peak alone. Full: forecast, bookings, load and calendar together. ScaleOutOnly: as Full, and never lowered. ForecastOnly: as Full, shown and not written.',
      ),
    baselineReplicas: replicas
      .default(2)
      .describe('Presence pods at season 1.0 outside of peaks, 1 to 1,000.'),
    minReplicas: replicas.default(1).describe('Fewest presence pods, 1 to 1,000.'),
    maxReplicas: replicas.default(60).describe('Most presence pods, 1 to 1,000.'),
    seasonProfile: z
      .enum(['Northern', 'Southern'])
      .default('Northern')
      .describe('Default season table: Northern has its top in June, Southern in December.'),
    seasonMultipliers: seasonMultipliers
      .optional()
      .describe('Month (1 to 12) to factor above 0; a month left out keeps the factor of the profile.')
      .meta({ maxProperties: 12 }),
    seasonRampDays: z
      .int32()
      .min(0)
      .max(MAX_RAMP_DAYS)
      .default(0)
      .describe(
        'Last days of a month, 0 to 28, in which its factor goes to that of the next month in equal daily steps. 0: at once, on the first.',
      ),
    peaks: z
      .array(peak)
      .max(MAX_PEAKS)
      .default([{ from: '18:00', to: '20:00', multiplier: 2 }])
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .describe('Daily peaks in spec.timeZone. An empty list means no peak.'),
    reserveConnections: z
      .int32()
      .min(0)
      .max(MAX_RESERVE)
      .default(0)
      .describe(
        'Connections there is always room for beyond those there are. Modes that look at the load only.',
      ),
    minDuringWedding: replicas
      .optional()
      .describe('Fewest presence pods while a wedding is on or about to begin. Left out: minReplicas.'),
    budgetReplicas: replicas
      .optional()
      .describe(
        'Most presence pods that forecasts may ask for. People who are connected are served beyond it.',
      ),
    cost: cost.optional().describe('Prices, for the cost in status. Left out: only pod-hours are shown.'),
  }),
  [
    {
      cel: 'self.minReplicas <= self.maxReplicas',
      message: 'minReplicas must not be above maxReplicas',
      check: (value) => value.minReplicas <= value.maxReplicas,
      path: 'minReplicas',
    },
  ],
);

export type ScalingSpec = z.output<typeof scaling>;
