import * as z from 'zod';
import { condition, instant, WRITTEN_AS_A_WHOLE } from '../schema/fields.ts';
import { revision } from './lifecycle/revision-status.ts';
import { scalingStatus } from './scaling-status.ts';
import { sloStatus } from './slo/slo-status.ts';

const replicas = z.int32().min(0);

const presence = z.object({
  replicas: replicas.optional().describe('Presence pods there are.'),
  readyReplicas: replicas.optional().describe('Presence pods that are ready.'),
  establishedReplicas: replicas
    .optional()
    .describe(
      'Of the wanted presence pods, the most that were ready at the same time. Ready falls when fewer are ready; pods that a scale-out adds do not count before they were ready.',
    ),
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

const dataLoss = z.object({
  at: instant.describe('When the slots were given out again.'),
  slots: z.int32().min(0).max(16384).describe('Hash slots that lost their keys.'),
  because: z.string().max(1024).describe('Why no copy was left.'),
});

const parameters = z.array(z.string().max(64)).max(64).meta({ 'x-kubernetes-list-type': 'atomic' });

const config = z.object({
  live: parameters.describe('Parameters that running servers are being given without a restart.'),
  needsRoll: parameters.describe('Parameters that change with a new pod only.'),
});

const certificate = z.object({
  validUntil: instant.describe('When the certificate of the Redis servers expires.'),
  servedBy: z.int32().min(0).describe('Redis pods that were seen to serve it.'),
});

const capacity = z.object({
  recommendedShards: z.int32().min(0).max(90).describe('Shards there should be; nothing is changed for it.'),
  wantedShards: z
    .int32()
    .min(0)
    .max(90)
    .optional()
    .describe(
      'What the numbers ask for now. It is recommended when it has lasted: a day for more, a week for fewer.',
    ),
  wantedSince: instant.optional().describe('Since when they ask for it.'),
  peakConnections: z.int().min(0).describe('Connections expected at most in the next 14 days.'),
  because: z.string().max(256).describe('Where that number comes from.'),
  bytesPerConnection: z.int().min(0).describe('Bytes of keys for each connection.'),
  measured: z.boolean().describe('Whether the bytes were measured; false: assumed.'),
});

const redis = z.object({
  state: z
    .string()
    .max(64)
    .describe('Blank, Forming, Joining, Healing, Moving, Held, Steady, Waiting or Degraded.'),
  message: z.string().max(1024).describe('What is being done or waited for.'),
  slotsCovered: z.int32().min(0).max(16384).describe('Hash slots that are served, of 16,384.'),
  shards: z
    .array(shard)
    .max(90)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['index'] })
    .describe('The shards with their live roles.'),
  config: config
    .optional()
    .describe('Parameters in which a running server differs from what it should have; empty when none does.'),
  certificate: certificate
    .optional()
    .describe('The certificate that the servers should serve; only with spec.redis.tls.'),
  capacity: capacity
    .optional()
    .describe('Shards for the season that comes. Left out: the Redis containers have no memory limit.'),
  formedAt: instant.optional().describe('When the Redis Cluster was first steady.'),
  lastDataLoss: dataLoss.optional().describe('The last time that slots lost their keys.'),
  lastFailover: failover.optional().describe('The last failover after a death that the operator made.'),
});

const nextSafeWindow = z.object({
  from: instant.optional().describe('When it begins. Left out: it is open now.'),
  until: instant.optional().describe('When it ends. Left out: no freeze is ahead.'),
  open: z
    .boolean()
    .describe(
      'True: no freeze is on in it. False: freezes leave too little time, and this is the least risky time to break the glass or to relax.',
    ),
  weddings: z.int32().min(0).describe('Weddings that are on, or near, in it.'),
  people: z.int32().min(0).describe('People of their crews.'),
});

const freeze = z.object({
  active: z.boolean().describe('Whether a freeze is on.'),
  from: instant.optional().describe('When the freeze that is on, or the next one, begins.'),
  until: instant.optional().describe('When it ends.'),
  reason: z.string().max(256).optional().describe('Why.'),
  weddings: z.array(z.string().max(64)).max(50).describe('Hashed ids of the weddings that cause it.'),
  nextSafeWindow: nextSafeWindow.optional().describe('The next time of at least an hour for a change.'),
});

const heldChange = z.object({
  workload: z.string().max(300).describe('Kind and name of the workload whose new revision waits.'),
  since: instant.describe('Since when it waits.'),
  until: instant
    .optional()
    .describe(
      'When it goes out: the end of the freeze and 0 to 4 seconds, different for each PresenceCluster.',
    ),
  fields: z.array(z.string().max(256)).max(32).describe('Fields of the pod template that differ.'),
});

/**
 * The status of a PresenceCluster. Lists that become empty are atomic: an apply that empties a list of type map
 * removes the field instead, and with it an object that held nothing else.
 */
export const presenceClusterStatus = z.object({
  observedGeneration: z.int().optional().describe('metadata.generation this status speaks of.'),
  observedAt: instant
    .optional()
    .describe(
      'When the operator last confirmed this status. When it is much older than observedEverySeconds, the operator is behind or gone and the status may be out of date.',
    ),
  observedEverySeconds: z
    .int32()
    .min(1)
    .optional()
    .describe('How often the operator confirms a status that does not change, in seconds.'),
  // As a map of types, managedFields would name each of them once more in every PresenceCluster.
  conditions: z
    .array(condition)
    .max(32)
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .optional()
    .describe(
      'Accepted, Ready, Reconciling, Stalled, RedisAvailable, RedisReplicated, RedisSpread, RedisDataIntact, RedisCapacitySufficient, VolumesCurrent, CredentialsCurrent, CertificatesCurrent, ChildrenApplied, PresenceAvailable, PresenceStarting, ScalingActive, ScalingLimited, CalendarWithinLimits, LoadObserved, ForecastTrusted, BookingsFresh, SLOMet, Frozen, FreezeWithinBudget, FreezeClock, RolloutHeld, RolloutReverted, Paused, BreakGlass, KindsWatched, ZoneDataCurrent.',
    ),
  zoneData: z
    .string()
    .max(32)
    .optional()
    .describe('Version of the IANA time zone data that local times are computed with, for example 2026c.'),
  presence: presence.optional().meta(WRITTEN_AS_A_WHOLE).describe('The presence pods.'),
  redis: redis.optional().meta(WRITTEN_AS_A_WHOLE).describe('The Redis Cluster.'),
  scaling: scalingStatus.optional().meta(WRITTEN_AS_A_WHOLE).describe('The last decision of the autoscaler.'),
  freeze: freeze.optional().meta(WRITTEN_AS_A_WHOLE).describe('The freeze that is on, or the next one.'),
  slo: sloStatus.optional().meta(WRITTEN_AS_A_WHOLE).describe('How the objectives of spec.slo are met.'),
  held: z
    .array(heldChange)
    .max(200)
    .optional()
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .describe('Changes that wait.'),
  revisions: z
    .array(revision)
    .max(2)
    .optional()
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .describe('How the newest revisions of the Redis and the presence pods fare.'),
  acceptedSpec: z
    .record(z.string(), z.unknown())
    .optional()
    .meta({ 'x-kubernetes-preserve-unknown-fields': true, ...WRITTEN_AS_A_WHOLE })
    .describe(
      'The last spec that was accepted, without fields that have their default; it serves while a newer one is not accepted.',
    ),
});

export type PresenceClusterStatus = z.output<typeof presenceClusterStatus>;
