/**
 * Every condition type with its reasons, in one place: the documentation is generated from it and the status
 * writer accepts nothing else.
 */
export const PRESENCE_CLUSTER_CONDITIONS = {
  Accepted: {
    meaning: 'The spec is understood. While False, the last accepted spec goes on serving.',
    reasons: {
      Accepted: 'The spec is in use.',
      UnknownTimeZone: 'spec.timeZone is not an IANA time zone.',
      EmptyTable: 'A table of spec.scaling has no content.',
      ContradictoryTable: 'Two entries of a table of spec.scaling disagree about the same time.',
      Invalid: 'The stored object breaks the schema (written under an older schema).',
    },
  },
  Ready: {
    meaning: 'Redis covers all slots and the presence pods that should be there are ready.',
    reasons: {
      Ready: 'Redis and presence serve.',
      RedisNotReady: 'Redis does not cover all 16,384 slots yet.',
      PresenceNotReady: 'Fewer presence pods are ready than are wanted.',
      NotAccepted: 'No spec was ever accepted.',
    },
  },
  RedisAvailable: {
    meaning: 'All 16,384 slots are served.',
    reasons: {
      SlotsCovered: 'Every slot is served and every shard has its replicas.',
      Forming: 'The Redis Cluster is being formed.',
      Joining: 'A node is joining the Redis Cluster.',
      Healing: 'Addresses or replication are being repaired.',
      Degraded: 'A shard lost nodes; it serves with fewer copies or not at all.',
      Unreachable: 'Redis nodes do not answer.',
      PodsNotReady: 'Redis pods cannot start; the message names the cause.',
    },
  },
  PresenceAvailable: {
    meaning: 'As many presence pods are ready as are wanted.',
    reasons: {
      PodsReady: 'All wanted presence pods are ready.',
      PodsStarting: 'Presence pods are starting.',
      ImagePullFailed: 'The image of a pod cannot be pulled.',
      Unschedulable: 'No node fits a pod.',
      AuthSecretMissing: 'The Secret that spec.presence.auth.secretName names is not there or lacks its key.',
      ContainerFailing: 'A container ends again and again.',
    },
  },
  ScalingActive: {
    meaning: 'The autoscaler writes the number of presence pods.',
    reasons: {
      Calendar: 'The number follows season and peak.',
      ModeOff: 'spec.scaling.mode is Off; spec.presence.replicas decides.',
      ForecastOnly: 'The number is computed and shown, and not written.',
    },
  },
  ScalingLimited: {
    meaning: 'The computed number was clamped.',
    reasons: {
      WithinRange: 'The computed number is used as it is.',
      TooFewReplicas: 'minReplicas raised the computed number.',
      TooManyReplicas: 'maxReplicas cut the computed number.',
    },
  },
  Frozen: {
    meaning: 'A protected wedding is on: changes of running pods wait.',
    reasons: {
      WeddingActive: 'At least spec.freeze.minActiveWeddings protected weddings are on.',
      NoActiveWedding: 'No protected wedding is on.',
    },
  },
  RolloutHeld: {
    meaning: 'A new revision of pods waits for a freeze to end or for a safe step.',
    reasons: {
      Frozen: 'A freeze is on; the message says until when and what differs.',
      Waiting: 'Renewing the next Redis pod would not be safe now.',
      NothingHeld: 'No change waits.',
      RollingOut: 'A revision is being rolled out.',
    },
  },
  BreakGlass: {
    meaning: 'A RolloutOverride opens the freeze.',
    reasons: {
      OverrideActive: 'The message names user, ticket and end of each open override.',
      NoOverride: 'No override is open.',
    },
  },
} as const;

export type PresenceClusterCondition = keyof typeof PRESENCE_CLUSTER_CONDITIONS;

export const WEDDING_CONDITIONS = {
  Accepted: {
    meaning: 'The wedding counts for scaling and freezes.',
    reasons: {
      Accepted: 'Date, times and zone are understood.',
      UnknownTimeZone: 'spec.timeZone is not an IANA time zone.',
      InvalidDate: 'spec.date is not a day of the calendar.',
    },
  },
} as const;

export const ROLLOUT_OVERRIDE_CONDITIONS = {
  Active: {
    meaning: 'The override opens the freeze of its PresenceCluster.',
    reasons: {
      Open: 'It is open until status.until.',
      Expired: 'It has ended by itself; a new one is needed for more.',
      UnknownCluster: 'There is no PresenceCluster of that name in the namespace.',
      TooMany: 'As many overrides as a RolloutFreeze can hold are open already.',
    },
  },
} as const;
