import * as z from 'zod';
import { withRules, withTransitions } from '../schema/cel-rule.ts';
import { resources } from '../schema/container-resources.ts';
import { image } from '../schema/fields.ts';
import { disruptionBudget } from '../workload/disruption-budget.ts';
import { redisPods } from '../workload/pods.ts';
import { ENGINE_PARAMETER_RULES, redisParameters } from '../workload/redis-parameters.ts';
import { redisService } from '../workload/service.ts';
import { redisStorage } from './lifecycle/redis-storage.ts';
import { redisTls } from './redis-tls.ts';
import { update } from './update.ts';

/** `spec.redis`: the Redis Cluster behind the presence pods. */
export const redis = withTransitions(
  withRules(
    z.object({
      engine: z
        .enum(['Valkey', 'Redis'])
        .default('Valkey')
        .describe('Server that the image holds: Valkey 9 or Redis 7.0 and later.'),
      image: image
        .optional()
        .describe('Container image. Left out: the default of the operator for the engine.'),
      shards: z
        .int32()
        .min(3)
        .max(90)
        .default(3)
        .describe('Number of shards, 3 to 90; may be changed at any time. Fewer than 3 cannot elect.'),
      replicasPerShard: z
        .int32()
        .min(0)
        .max(5)
        .default(1)
        .describe('Replicas of each primary, 0 to 5. With 0 nothing can take over from a lost primary.'),
      profile: z
        .enum(['Standard', 'Fast'])
        .default('Standard')
        .describe(
          'Standard: cluster-node-timeout 5000 ms. Fast: 2000 ms, for nodes without CPU limits and big keys.',
        ),
      storage: redisStorage.prefault({}).describe('Where the append-only file lives.'),
      resources: resources.optional().describe('CPU, memory and disk of each Redis container.'),
      parameters: redisParameters
        .optional()
        .describe(
          'Parameters of the servers, by name. Running servers take most of them; docs/how-to/pods.md has the list.',
        ),
      pods: redisPods.optional().describe('Where and how the Redis pods run.'),
      service: redisService.optional().describe('Services in front of the Redis pods.'),
      disruptionBudget: disruptionBudget(
        'a drain of several nodes may take the majority of the primaries at once.',
      ).describe('Pods that may be evicted at once: one, and none in a freeze.'),
      tls: redisTls
        .optional()
        .describe(
          'Encrypts every connection to and between the Redis servers. Left out: only the bus of Valkey servers is. {}: with own certificates.',
        ),
      update: update.prefault({}).describe('How a new revision of the Redis pods goes out.'),
      allowDataLoss: z
        .boolean()
        .default(false)
        .describe('Slots of a shard of which no copy is left are served again, empty. Off: a human decides.'),
      forceDeleteOnNodeLoss: z
        .boolean()
        .default(false)
        .describe(
          'Pods that cannot end because their node is lost are deleted by force, so that they are replaced. The node must be dead for certain.',
        ),
    }),
    ENGINE_PARAMETER_RULES,
  ),
  [
    { cel: 'self.engine == oldSelf.engine', message: 'engine cannot be changed; make a new PresenceCluster' },
    {
      // Servers with and without it would not understand each other while they are renewed one by one.
      cel: 'has(self.tls) == has(oldSelf.tls)',
      message: 'tls cannot be turned on or off; make a new PresenceCluster',
    },
  ],
);
