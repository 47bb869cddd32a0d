import { z } from 'zod';
import { conditions, instant } from './fields.ts';

const replicas = z.int32().min(0);

const presence = z.object({
  replicas: replicas.optional().describe('Presence pods there are.'),
  readyReplicas: replicas.optional().describe('Presence pods that are ready.'),
  selector: z
    .string()
    .max(1024)
    .optional()
    .describe('Label selector of the presence pods, for the scale subresource.'),
});

const shard = z.object({
  index: z.int32().min(0).describe('Index of the shard, from 0.'),
  primary: z.string().max(253).optional().describe('Pod that is primary now.'),
  replicas: z.array(z.string().max(253)).max(16).describe('Pods that are linked replicas now.'),
  slots: z.int32().min(0).describe('Hash slots the shard owns.'),
});

const failover = z.object({
  at: instant.describe('When the replica was asked, or was the primary.'),
  shard: z.int32().min(0).describe('Index of the shard.'),
  from: z.string().max(253).describe('Pod that was the primary.'),
  to: z.string().max(253).describe('Pod that was asked to take over.'),
  because: z.string().max(1024).describe('What was seen.'),
  milliseconds: z
    .int32()
    .min(0)
    .optional()
    .describe('From the first sign of trouble until the replica was the primary. Left out: it was not yet.'),
});

const redis = z.object({
  state: z.string().max(64).describe('Blank, Forming, Joining, Healing, Steady, Waiting or Degraded.'),
  message: z.string().max(1024).describe('What is being done or waited for.'),
  slotsCovered: z.int32().min(0).max(16384).describe('Hash slots that are served, of 16,384.'),
  shards: z
    .array(shard)
    .max(90)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['index'] })
    .describe('The shards with their live roles.'),
  lastFailover: failover.optional().describe('The last failover after a death that the operator made.'),
});

const nextChange = z.object({
  at: instant.describe('When the number changes next.'),
  expect: replicas.describe('The number from then on.'),
  because: z.string().max(256).describe('What changes then.'),
});

const scaling = z.object({
  floor: replicas.describe('ceil(baseline × season × peak), clamped.'),
  desired: replicas.describe('Presence pods wanted now.'),
  season: z.number().describe('Factor of the month.'),
  peak: z.number().describe('Factor of the peak that is on, 1 outside.'),
  because: z.string().max(512).describe('The arithmetic in one sentence.'),
  nextChange: nextChange.optional().describe('The next change of the calendar.'),
});

const freeze = z.object({
  active: z.boolean().describe('Whether a freeze is on.'),
  from: instant.optional().describe('When the freeze that is on, or the next one, begins.'),
  until: instant.optional().describe('When it ends.'),
  reason: z.string().max(256).optional().describe('Why.'),
  weddings: z.array(z.string().max(64)).max(50).describe('Hashed ids of the weddings that cause it.'),
});

const heldChange = z.object({
  workload: z.string().max(300).describe('Kind and name of the workload whose new revision waits.'),
  since: instant.describe('Since when it waits.'),
  until: instant.optional().describe('When the freeze ends.'),
  fields: z.array(z.string().max(256)).max(32).describe('Fields of the pod template that differ.'),
});

/**
 * What is shown of a PresenceCluster. Lists that become empty are atomic: an apply that empties a list of type map
 * removes the field instead, and with it an object that held nothing else.
 */
export const presenceClusterStatus = z.object({
  observedGeneration: z.int().optional().describe('metadata.generation this status speaks of.'),
  conditions: conditions
    .optional()
    .describe(
      'Accepted, Ready, RedisAvailable, PresenceAvailable, ScalingActive, ScalingLimited, Frozen, RolloutHeld, BreakGlass.',
    ),
  presence: presence.optional().describe('The presence pods.'),
  redis: redis.optional().describe('The Redis Cluster.'),
  scaling: scaling.optional().describe('The last decision of the autoscaler.'),
  freeze: freeze.optional().describe('The freeze that is on, or the next one.'),
  held: z
    .array(heldChange)
    .max(200)
    .optional()
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .describe('Changes that wait.'),
  acceptedSpec: z
    .record(z.string(), z.unknown())
    .optional()
    .meta({ 'x-kubernetes-preserve-unknown-fields': true })
    .describe('The last spec that was accepted; it serves while a newer one is not accepted.'),
});

export type PresenceClusterStatus = z.output<typeof presenceClusterStatus>;
