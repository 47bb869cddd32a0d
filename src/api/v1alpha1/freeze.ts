import { z } from 'zod';
import { duration, weekday } from './fields.ts';

/** `spec.freeze`: when running pods must not be changed. */
export const freeze = z.object({
  days: z
    .array(weekday)
    .max(7)
    .default(['Saturday'])
    .meta({ 'x-kubernetes-list-type': 'set' })
    .refine((days) => new Set(days).size === days.length, 'days must differ')
    .describe('Protected days in the zone of each wedding. Empty: nothing is protected.'),
  before: duration.default('6h').describe('Protection starts this long before the ceremony.'),
  after: duration.default('4h').describe('Protection ends this long after the end of the wedding.'),
  minActiveWeddings: z
    .int32()
    .min(1)
    .max(10000)
    .default(1)
    .describe('Weddings that must be on at once for a freeze.'),
});
