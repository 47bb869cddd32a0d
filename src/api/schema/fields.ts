import * as z from 'zod';
import { withRules } from './cel-rule.ts';
import { WEEKDAYS } from './weekdays.ts';

/** Fields that several kinds share. Every description here is what `kubectl explain` prints. */

/** Longest IANA zone name in use is 30 characters; 64 leaves room. */
const MAX_ZONE_LENGTH = 64;
const MAX_DURATION_LENGTH = 24;
const MAX_NAME_LENGTH = 253;

export const timeZone = z
  .string()
  .min(1)
  .max(MAX_ZONE_LENGTH)
  .regex(/^[A-Za-z][A-Za-z0-9_+/-]*$/);

/** A day of the calendar without a zone. */
export const localDate = z
  .string()
  .max(10)
  .regex(/^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$/);

/** Wall-clock time of day. */
export const localTime = z
  .string()
  .max(5)
  .regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/);

/** Wall-clock end of a window of a day: as `localTime`, and 24:00 for midnight at its end. */
export const localEndTime = z
  .string()
  .max(5)
  .regex(/^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$/);

/** Length of time in hours, minutes and seconds: 6h, 90m, 1h30m. */
export const duration = z
  .string()
  .min(2)
  .max(MAX_DURATION_LENGTH)
  .regex(/^([0-9]{1,5}h)?([0-9]{1,5}m)?([0-9]{1,5}s)?$/);

export const objectName = z
  .string()
  .min(1)
  .max(MAX_NAME_LENGTH)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/);

export const image = z.string().min(1).max(512);

export { WEEKDAYS, type Weekday } from './weekdays.ts';
export const weekday = z.enum(WEEKDAYS);

/**
 * RFC 3339 as the API server writes it: with seconds, upper-case T and Z. `format: date-time` alone also takes a comma
 * before the fraction and an offset of 24 hours. At most milliseconds, because nothing here counts finer: two instants
 * that differ by less would be in order for CEL and equal for us.
 */
export const INSTANT =
  /^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,3})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$/;

/**
 * Instant on the wire. The rule in CEL is there because the API server takes a list for a string that has a format; in
 * CEL such a value is an error. The format checks the day of the month, which the pattern does not.
 */
export const instant = withRules(z.iso.datetime({ offset: true }), [
  {
    cel: 'self == timestamp(self)',
    message: 'must be an instant such as 2027-06-05T12:00:00Z, to the millisecond at most',
    check: (text) => INSTANT.test(text),
  },
]).meta({ pattern: INSTANT.source });

/** Of a claim, which core takes as text too. */
export const storageSize = z
  .string()
  .max(32)
  .regex(/^[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$/);

/**
 * An object that one manager writes as a whole: `metadata.managedFields` then has one entry for it in place of one for each field.
 * Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy
 */
export const WRITTEN_AS_A_WHOLE = { 'x-kubernetes-map-type': 'atomic' } as const;

export const condition = z
  .object({
    type: z.string().max(316).describe('Name of the condition, CamelCase.'),
    status: z.enum(['True', 'False', 'Unknown']).describe('True, False or Unknown.'),
    reason: z.string().max(1024).describe('One CamelCase word for the cause, listed in the documentation.'),
    message: z.string().max(32768).describe('A sentence for people.'),
    observedGeneration: z.int().optional().describe('metadata.generation the condition was computed from.'),
    lastTransitionTime: instant.describe('When status last changed.'),
  })
  .meta(WRITTEN_AS_A_WHOLE);
export type Condition = z.output<typeof condition>;

export const conditions = z
  .array(condition)
  .max(32)
  .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] });
