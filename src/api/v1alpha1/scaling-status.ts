import * as z from 'zod';
import { instant } from '../schema/fields.ts';

const replicas = z.int32().min(0);
const atomic = { 'x-kubernetes-list-type': 'atomic' } as const;

const nextChange = z.object({
  at: instant.describe('When the number changes next.'),
  expect: replicas.describe('The number from then on.'),
  because: z.string().max(256).describe('What changes then.'),
});

const candidate = z.object({
  source: z.string().max(32).describe('Forecast, Observed, Reserve, Calendar, Hold, Minimum or Current.'),
  replicas: replicas.describe('Presence pods by this source.'),
  because: z.string().max(512).describe('The arithmetic.'),
});

const forecast = z.object({
  until: instant.describe('When the load within the lead is highest.'),
  expected: z.int32().min(0).describe('Connections expected then.'),
  booked: z.int32().min(0).describe('Of these, those that bookings bring.'),
  bound: z.int32().min(0).describe('Upper bound of the connections.'),
  quality: z
    .string()
    .max(16)
    .describe('None (nothing learned yet), Learning, High, Medium or Low, by how often the bound held.'),
  coverage: z.number().min(0).max(1).optional().describe('Share of the last forecasts whose bound held.'),
  samples: z.int32().min(0).describe('Forecasts that were checked.'),
});

const fleetCost = {
  podHours: z.number().min(0).describe('Pods × hours.'),
  amount: z.number().min(0).optional().describe('In money, where spec.scaling.cost has prices.'),
};

const cost = z.object({
  since: instant.describe('When the first sample ended; at most four weeks are kept.'),
  hours: z.number().min(0).describe('Time of which load and pods are known. All pod-hours are of this time.'),
  currency: z.string().max(3).optional().describe('Of the amounts.'),
  presence: z.object(fleetCost).describe('The pods there were, starting and draining ones too.'),
  staticPeak: z.object(fleetCost).describe('A fixed fleet just large enough for the highest load.'),
  hpa70: z.object(fleetCost).describe('A HorizontalPodAutoscaler with a target of 70 % on the same load.'),
  bestHpa: z
    .object({ ...fleetCost, target: z.int32().min(0).max(100).describe('Its target in percent.') })
    .optional()
    .describe(
      'The cheapest HorizontalPodAutoscaler (50, 60, 70, 80, 90 %) that left at most 0.01 % of connection-time unserved; left out when none did.',
    ),
});

const memory = z.object({
  recommended: replicas.optional().describe('The last recommendation.'),
  higher: z
    .array(
      z.object({
        replicas: replicas.describe('A higher one before it.'),
        until: instant.describe('When it was last made.'),
      }),
    )
    .max(32)
    .meta(atomic)
    .describe('Higher recommendations of the scale-in window.'),
  changes: z
    .array(
      z.object({
        at: instant.describe('When the number was changed.'),
        change: z.int32().describe('Pods added, or removed when below 0.'),
      }),
    )
    .max(32)
    .meta(atomic)
    .describe('Changes of the last minute, for the rate limits.'),
});

/** `status.scaling`: the last decision of the autoscaler, with every term. */
export const scalingStatus = z.object({
  at: instant
    .optional()
    .describe('When this was decided. The time of an unchanged decision is updated at most once per minute.'),
  floor: replicas.describe('ceil(baseline × season × peak), clamped.'),
  desired: replicas.describe('Presence pods wanted now.'),
  season: z.number().describe('Factor of the month.'),
  peak: z.number().describe('Factor of the peak that is on, 1 outside.'),
  because: z.string().max(1024).describe('The arithmetic in one sentence.'),
  winner: z.string().max(32).optional().describe('Source of the number.'),
  candidates: z
    .array(candidate)
    .max(16)
    .optional()
    .meta(atomic)
    .describe('Every source with its arithmetic.'),
  held: z.string().max(32).optional().describe('Why there are not exactly the pods that were recommended.'),
  connections: z.int32().min(0).optional().describe('Connections that the pods reported.'),
  forecast: forecast.optional().describe('The load within the lead, where the mode looks at it.'),
  leadSeconds: z.int32().min(0).optional().describe('From asking for a pod until it serves.'),
  leadSamples: z
    .int32()
    .min(0)
    .optional()
    .describe('Starts of pods that the lead was learned from; 0 while it is assumed.'),
  cost: cost
    .optional()
    .describe('Pod-hours beside those of other autoscalers, where the mode looks at the load; hourly.'),
  memory: memory.optional().describe('What the next decision needs to know of those before.'),
  nextChange: nextChange.optional().describe('The next change that is expected.'),
});

export type ScalingCostStatus = z.output<typeof cost>;
export type ScalingStatus = z.output<typeof scalingStatus>;
