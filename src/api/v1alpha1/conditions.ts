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
      InvalidFreezeWindow: 'A window of spec.freeze has a day that is not in the calendar, or is too long.',
      EndlessFreeze: 'The manual windows of spec.freeze join to a freeze of more than 31 days.',
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
  RedisSpread: {
    meaning:
      'Any one Kubernetes node may be lost: a majority of the primaries is left to elect others. Ready does not depend on it; while a shard has no primary it says what it said before.',
    reasons: {
      Spread: 'No node holds so many primaries that its loss leaves no majority.',
      HandingOver: 'One does, and a replica on another node is about to take over.',
      OneNodeHoldsMajority:
        'One does, and no replica is where taking over would help; the message says which, what the operator does, and what you can do.',
      TooFewNodes:
        'One does, and too few nodes take Redis pods: three are needed, with four shards four. Development can do without.',
    },
  },
  RedisDataLost: {
    meaning: 'Keys are lost, now or within the last day: no copy of a shard was left.',
    reasons: {
      NothingLost: 'Every slot has the keys that it had.',
      NoCopyLeft: 'A shard has no copy anywhere and waits; the message says what to do.',
      SlotsEmptied: 'Slots were given out again, empty; the message says when and why.',
    },
  },
  RedisCapacitySufficient: {
    meaning: 'The shards have the memory for the connections expected in the next 14 days.',
    reasons: {
      Enough: 'They have; the message has the numbers.',
      ShardsShort: 'More shards are recommended than spec.redis.shards; nothing is changed by itself.',
      ShardsToSpare: 'Fewer shards would do, for a week already; nothing is changed by itself.',
      NoMemoryLimit: 'The Redis containers have no memory limit to compare with.',
    },
  },
  CredentialsCurrent: {
    meaning: 'Operator, presence pods and probes have the passwords that the Redis servers take.',
    reasons: {
      Current: 'They have, and no old password is taken any more.',
      ProbePending: 'The old password of the user probe is taken until every Redis pod was started anew.',
      Rotating: 'Passwords are being replaced; nothing is restarted for it.',
      SecretMissing: 'The Secret is gone while servers run with what it held; the message says what to do.',
      KeyMissing: 'The Secret lacks a key; the message says which and what to do.',
      KeyChanged: 'A password in the Secret is none that the servers take; the message says what to do.',
    },
  },
  CertificatesCurrent: {
    meaning:
      'Every Redis server that answers serves the certificate that it should. Only with spec.redis.tls.',
    reasons: {
      Current: 'All do; the message says until when it is valid.',
      Replacing: 'Servers are being given another certificate; nothing is restarted for it.',
      ExpiresSoon: 'All do, and less than a tenth of its life is left: whoever renews it has not done so.',
      SecretMissing: 'The Secret with the certificate is not there; the message says which and what to do.',
      KeyMissing: 'The Secret lacks tls.crt, tls.key or ca.crt.',
      Unusable: 'What the Secret holds does not fit together or is for other names; the message says why.',
      Expired: 'The certificate that is to be served, or is served, has expired.',
      CertManagerMissing: 'The API server does not know Certificates of cert-manager.',
      NotIssued: 'cert-manager has not issued the certificate yet, or the API server refuses to ask for it.',
    },
  },
  ChildrenApplied: {
    meaning: 'Every object of the PresenceCluster is as it should be.',
    reasons: {
      Applied: 'Nothing was refused.',
      NameTaken: 'An object of somebody else has the name of one of ours; it is not touched.',
      Refused: 'The API server refused an object; the message says which and why.',
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
      Demand: 'The number follows forecast, bookings, load and calendar.',
      ForeignScaler:
        'Somebody else scales the presence pods, too; the number is not written until that one is gone.',
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
      BudgetExceeded:
        'budgetReplicas cut the computed number; people who are connected are served all the same.',
    },
  },
  CalendarWithinLimits: {
    meaning:
      'maxReplicas leaves what the spec itself asks for within 366 days. Told before pods are cut; not in mode Off.',
    reasons: {
      WithinLimits: 'Season and peak ask for no more than maxReplicas.',
      AboveMaxReplicas:
        'Season and peak, or minDuringWedding, ask for more; the message says when, how many, and how many are cut.',
    },
  },
  LoadObserved: {
    meaning: 'Every ready presence pod reports its connections. While False, no pod is removed.',
    reasons: {
      PodsReport: 'Every ready pod has reported.',
      SomePodsSilent: 'Some ready pods do not answer on their metrics port; those that do still add pods.',
      NoPodReports: 'No pod has answered lately.',
    },
  },
  ForecastTrusted: {
    meaning: 'The upper bound of the forecast held as often as it should.',
    reasons: {
      Calibrated: 'It did; the message has the share and the number of forecasts.',
      Learning: 'Too few forecasts could be checked yet; season and peak stay in force.',
      ForecastDegraded: 'It held too rarely; it keeps no pods for later, and season and peak are in force.',
    },
  },
  BookingsFresh: {
    meaning: 'Every WeddingCalendar that serves the PresenceCluster was fresh within its spec.maxStaleness.',
    reasons: {
      Fresh: 'It was, or there is none: Weddings that people write are never out of date.',
      CalendarStale:
        'One is older; what is booked still counts, and season and peak are in force beside it until it is fresh again.',
    },
  },
  Frozen: {
    meaning: 'A protected wedding is on: changes of running pods wait.',
    reasons: {
      WeddingActive: 'At least spec.freeze.minActiveWeddings protected weddings are on.',
      WindowActive: 'A window of spec.freeze.windows is on.',
      NoActiveWedding: 'No protected wedding is on.',
    },
  },
  FreezeBudgetExceeded: {
    meaning: 'The freezes of the next 90 days leave less time open than spec.freeze.budget wants.',
    reasons: {
      WithinBudget: 'Every period has enough open time.',
      TooLittleOpen: 'The message names the first period with too little, and the least risky time to open.',
      Relaxed: 'By behaviour Relax, time around weddings was opened; the message says when.',
      CannotRelax:
        'Too little is open although behaviour is Relax: weddings themselves and manual windows stay closed.',
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
  RolloutReverted: {
    meaning: 'A new revision did not become ready in time, and the last good one is put back.',
    reasons: {
      DeadlineExceeded:
        'The message names the pod and why; the revision is not tried again until the spec changes.',
      NothingReverted: 'The newest revision is in use, or on its way.',
    },
  },
  OperatorDegraded: {
    meaning: 'The operator cannot see everything that it should.',
    reasons: {
      SeesAll: 'Every kind is watched.',
      CannotWatch: 'The message names the kinds that cannot be watched, and why. The rest works.',
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

export const PRESENCE_OPTIMIZATION_CONDITIONS = {
  Accepted: {
    meaning: 'The request is carried out.',
    reasons: {
      Accepted: 'It is or was carried out.',
      RateLimited:
        'Its user made more than 10 requests within a minute; status.retryAfter says when one is taken again.',
      NotAvailable: 'This version cannot do it, or not in this mode of scaling.',
      Frozen: 'It would change pods, and a freeze is on; status.retryAfter is its end.',
      UnknownCluster: 'There is no PresenceCluster of that name in the namespace.',
      TooLate: 'It came to the operator after it would have ended.',
    },
  },
} as const;

export const WEDDING_CALENDAR_CONDITIONS = {
  Accepted: {
    meaning: 'The spec is understood. While False, the feed is not asked and the last good copy stays.',
    reasons: {
      Accepted: 'The spec is in use.',
      UnknownTimeZone: 'spec.defaultTimeZone is not an IANA time zone.',
      Invalid: 'The stored object breaks the schema (written under an older schema).',
    },
  },
  CalendarFresh: {
    meaning: 'The last poll gave a copy that could be used. While False, the last good copy stays.',
    reasons: {
      Fetched: 'The Weddings are what the feed says.',
      SourceMissing: 'The Secret or ConfigMap that spec.source names, or its key, is not there.',
      InvalidURL: 'The Secret holds no URL that may be asked; https is demanded.',
      ForbiddenAddress: 'The URL leads to an address that feeds may not come from.',
      ForeignRedirect: 'The server sends to another host, which is not followed.',
      FetchFailed: 'The server does not answer, or answers with an error.',
      WrongContent: 'What came is not a feed of the format: its content type, its encoding or its beginning.',
      TooLarge: 'The feed is longer than spec.limits.maxBytes.',
      TooManyEvents: 'The feed holds more events than spec.limits.maxEvents.',
      TooComplex:
        'The feed is nested deeper, or has more values, or a longer text, than is read; the message has the number and the line.',
      TooExpensive: 'Reading the feed takes too long or too much memory.',
      PollInterrupted:
        'The last poll was begun and has not ended: the operator stopped or was killed meanwhile. The feed is left alone for a while.',
      Shrunk: 'More than half of the future weddings are gone; spec.acceptShrink would take the copy.',
      WritesFailed: 'The API server refused some Weddings; the rest was written.',
    },
  },
} as const;
