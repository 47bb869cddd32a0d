import * as z from 'zod';
import { INSTANT } from '../../schema/fields.ts';

/** What a pause stops. */
export const PAUSE_SCOPES = ['All', 'Rollouts', 'Scaling'] as const;
export type PauseScope = (typeof PAUSE_SCOPES)[number];

/** `2027-06-05T12:00:00.000+02:00`. */
const MAX_INSTANT_LENGTH = 29;

/** Unknown members are stored, because the schema has no type here; `acceptSpec` refuses them. */
const pauseRequest = z.looseObject({
  // Rules in CEL are not possible here, so the day of the month is checked by `acceptSpec` as well.
  until: z
    .string()
    .max(MAX_INSTANT_LENGTH)
    .regex(INSTANT)
    .optional()
    .describe(
      'When the pause ends by itself. A time in the past: it has ended. Left out: when paused is removed.',
    ),
  scope: z
    .enum(PAUSE_SCOPES)
    .default('All')
    .describe(
      'All: no object of the PresenceCluster is changed. Rollouts: no revision goes out and no pod is renewed. Scaling: the number of presence pods stays, and no slots move.',
    ),
  healing: z
    .boolean()
    .default(true)
    .describe(
      'Whether the operator goes on to repair the Redis Cluster, with its passwords and certificates.',
    ),
});

/**
 * The API server knows no union of a boolean and an object, so the schema has no type there. The limits that no value can meet
 * leave strings, numbers and lists out, and the members of an object are checked as everywhere.
 */
const BOOLEAN_OR_OBJECT = {
  'x-kubernetes-preserve-unknown-fields': true,
  minLength: 1,
  maxLength: 0,
  minimum: 1,
  maximum: 0,
  minItems: 1,
  maxItems: 0,
};

/** `spec.paused`. */
export const paused = z.union([z.boolean(), pauseRequest]).meta({ untyped: BOOLEAN_OR_OBJECT });

/** Members of the object. */
export const PAUSE_MEMBERS: readonly string[] = Object.keys(pauseRequest.shape);

export type Paused = z.output<typeof paused>;
