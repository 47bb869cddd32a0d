import * as z from 'zod';
import { withRules } from '../schema/cel-rule.ts';
import { INT_OR_STRING } from '../schema/int-or-string.ts';
import { MAX_REPLICAS } from './scaling.ts';

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

const PERCENT = /^([1-9][0-9]?|100)%$/;
const MAX_MIN_READY_SECONDS = 600;

/** Of spec.presence. How many pods may be missing is not to be set: none, so that a rollout takes no place from clients. */
export const presenceUpdate = withRules(
  update.extend({
    maxSurge: z
      .union([z.int().min(1).max(MAX_REPLICAS), z.string().max(4).regex(PERCENT)])
      .meta(INT_OR_STRING)
      .optional()
      .describe('Pods above the wanted number during a rollout, a number or a percentage. Left out: 25%.'),
    minReadySeconds: z
      .int32()
      .min(0)
      .max(MAX_MIN_READY_SECONDS)
      .optional()
      .describe(
        'Seconds for which a new pod must be ready before the rollout goes on, fewer than progressDeadlineSeconds. Left out: 0.',
      ),
  }),
  [
    {
      cel: '!has(self.minReadySeconds) || self.minReadySeconds < self.progressDeadlineSeconds',
      message: 'minReadySeconds must be less than progressDeadlineSeconds',
      check: ({ minReadySeconds = 0, progressDeadlineSeconds }) => minReadySeconds < progressDeadlineSeconds,
      path: 'minReadySeconds',
    },
  ],
);
