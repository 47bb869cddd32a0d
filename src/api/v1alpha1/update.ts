import * as z from 'zod';

/** Of spec.redis and spec.presence: how a new revision of their pods goes out. */
export const update = z.object({
  progressDeadlineSeconds: z
    .int32()
    .min(30)
    .max(7200)
    .default(300)
    .describe(
      'Seconds in which a pod of a new revision must become ready. After that the last revision that was ready is put back.',
    ),
});
