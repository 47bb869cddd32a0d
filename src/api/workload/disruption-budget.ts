import * as z from 'zod';

/** `spec.redis.disruptionBudget` and `spec.presence.disruptionBudget`. */
export const disruptionBudget = (without: string) =>
  z
    .object({
      enabled: z
        .boolean()
        .default(true)
        .describe(`The operator makes a PodDisruptionBudget. Off: only in a freeze; ${without}`),
    })
    .prefault({});
