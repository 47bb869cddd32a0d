import * as z from 'zod';
import { instant } from '../../schema/fields.ts';

/** How the newest revision of one kind of pods fares: remembered here, so that a new leader does not try a failed one again. */
export const revision = z.object({
  component: z.enum(['redis', 'presence']).describe('Whose pods.'),
  revision: z.string().max(64).describe('Hash of the pod template; of Redis, that of shard 0.'),
  state: z
    .enum(['RollingOut', 'Ready', 'Reverted'])
    .describe(
      'RollingOut: some pods have yet to become ready with it. Ready: all did, and it is never put back. Reverted: a pod did not in time, and it is not tried again.',
    ),
  since: instant.describe('Since when.'),
  pod: z.string().max(253).optional().describe('Reverted: the pod that did not become ready.'),
  because: z.string().max(512).optional().describe('Reverted: why, in the words of Kubernetes.'),
});
