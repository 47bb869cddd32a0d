import * as z from 'zod';

const MAX_SLEEP_SECONDS = 300;

/** A wait of the kubelet, which needs no shell in the image. Source: https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/ */
export const sleep = z.object({
  seconds: z.int().min(1).max(MAX_SLEEP_SECONDS).describe('Seconds of the wait, 1 to 300.'),
});
