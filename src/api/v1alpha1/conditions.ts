/** When a change of a condition is an event, and of which type. */
export interface ConditionEvent {
  /** The status whose event is a Warning. Absent: all events of the condition are Normal. */
  readonly warning?: 'True' | 'False';
  /** The status that a new object usually has: no event is sent when it is the first one. */
  readonly initial?: 'True' | 'False';
  /**
   * Reasons of the warning status whose event is Normal, and is not sent for a new object: `Always`, or `Unless` the condition was
   * well before.
   */
  readonly normal?: Readonly<Record<string, 'Always' | 'UnlessItWasWell'>>;
  /**
   * Seconds for which the warning status must last before it is an event, by reason; `*` for all others. Absent: at once. What
   * passes by itself is no Warning.
   */
  readonly lasts?: Readonly<Record<string, number>>;
  /** Reasons that are no event: another condition tells the same fact. */
  readonly silent?: readonly string[];
}

/** Reasons of a pod that does not serve; `CAUSE_REASONS` of the operator. */
const POD_CAUSES = {
  PodsRefused: 'The API server refuses to create pods, by a quota or a policy.',
  OutOfMemory: 'A container is killed because it uses more memory than its limit.',
  Evicted: 'The node of a pod evicted it.',
  PodFailed: 'A pod failed as a whole.',
  ImagePullFailed: 'The image of a pod cannot be pulled.',
  InitContainerFailing: 'An init container fails repeatedly.',
  SidecarFailing: 'A sidecar fails repeatedly.',
  ContainerFailing: 'A container fails repeatedly.',
  VolumeMissing: 'A volume of a pod is missing or cannot be attached.',
  SchedulingGated: 'A pod has scheduling gates.',
  Unschedulable: 'No node fits a pod.',
  NodeLost: 'A pod was deleted, and its node does not confirm its end.',
  HeldByFinalizer: 'A pod was deleted, and a finalizer holds it.',
} as const;

/** A failover, the restart of a pod or of a node that comes back is over within this time. */
const PASSES_WITHIN_S = 60;
/** Starting takes longer than that: images are pulled and nodes are added. */
const STARTS_WITHIN_S = 300;

export interface ConditionEntry {
  readonly meaning: string;
  /** Absent: what the condition shows is an event of its own (`EVENT_REASONS`). */
  readonly event?: ConditionEvent;
  /** Meaning of each reason. */
  readonly reasons: Readonly<Record<string, string>>;
}

/**
 * Every condition type with its reasons and the severity of its events, in one place: the documentation is generated from it and
 * the status writer accepts nothing else.
 */
export const PRESENCE_CLUSTER_CONDITIONS = {
  Accepted: {
    meaning: 'The spec is valid. While False, the last accepted spec remains in use.',
    event: { warning: 'False' },
    reasons: {
      Accepted: 'The spec is in use.',
      UnknownTimeZone: 'spec.timeZone is not an IANA time zone.',
      EmptyTable: 'A table of spec.scaling has no content.',
      ContradictoryTable: 'Two entries of a table of spec.scaling disagree about the same time.',
      InvalidFreezeWindow: 'A window of spec.freeze has a day that is not in the calendar, or is too long.',
      EndlessFreeze: 'The manual windows of spec.freeze join to a freeze of more than 31 days.',
      InvalidPause:
        'spec.paused has a member that is not known, or a day that is not in the calendar; the message names it.',
      Invalid: 'The stored object violates the schema (it was written under an older schema).',
    },
  },
  Ready: {
    meaning:
      'The spec is accepted, Redis covers all slots, and as many presence pods are ready as were before. A scale-out does not change it.',
    event: {
      warning: 'False',
      lasts: { '*': PASSES_WITHIN_S },
      silent: ['RedisNotReady', 'ReplicasMissing', 'PresenceNotReady', 'NotAccepted', 'Deleting'],
    },
    reasons: {
      Ready: 'Redis and the presence pods are ready.',
      RedisNotReady: 'Redis does not cover all 16,384 slots.',
      ShardNotReady: 'Redis serves, but no pod of a shard passes its probes.',
      ReplicasMissing: 'A shard has no replica; see RedisReplicated.',
      PresenceNotReady: 'Fewer presence pods are ready than were before; see PresenceAvailable.',
      NotAccepted: 'The spec is not accepted; the last accepted one, if there is one, remains in use.',
      Deleting: 'The PresenceCluster is being deleted; the message says what it waits for.',
    },
  },
  Reconciling: {
    meaning: 'The newest spec is being brought about. The condition exists only while it is True.',
    reasons: {
      Starting: 'Redis is being formed, or the first presence pods are starting.',
      MovingSlots: 'Slots are moved from shard to shard.',
      RollingOut: 'Pods are being renewed with a new revision.',
      Deleting: 'The PresenceCluster is being deleted.',
    },
  },
  Stalled: {
    meaning: 'A person must change something. The condition exists only while it is True.',
    reasons: {
      NotAccepted: 'The spec is not accepted.',
      ObjectsRefused: 'The API server refuses an object of the PresenceCluster; see ChildrenApplied.',
      DataLost: 'A shard has no copy left; see RedisDataIntact.',
      RolloutReverted: 'The newest revision did not become ready and was reverted; see RolloutReverted.',
      ProgressDeadlineExceeded: 'Ready has been False for ten minutes; the message names the cause.',
    },
  },
  RedisAvailable: {
    meaning: 'All 16,384 slots are served.',
    event: {
      warning: 'False',
      lasts: {
        '*': PASSES_WITHIN_S,
        Forming: STARTS_WITHIN_S,
        Joining: STARTS_WITHIN_S,
        Unreachable: STARTS_WITHIN_S,
      },
    },
    reasons: {
      SlotsCovered: 'Every slot is served.',
      Forming: 'The Redis Cluster is being formed.',
      Joining: 'A node is joining the Redis Cluster.',
      Healing: 'Addresses or replication are being repaired.',
      Degraded: 'A shard lost nodes; it serves with fewer copies or not at all.',
      Unreachable: 'No Redis node answers.',
      PodsNotReady: 'Redis pods cannot start; the message names the cause.',
    },
  },
  RedisReplicated: {
    meaning: 'Every shard has the replicas that spec.redis.replicasPerShard asks for.',
    event: { warning: 'False', initial: 'True', silent: ['ReplicasStarting'] },
    reasons: {
      Replicated: 'Every shard has its replicas.',
      NoReplicasWanted: 'spec.redis.replicasPerShard is 0.',
      ReplicasStarting: 'A shard has lacked replicas for less than a minute.',
      ReplicasMissing:
        'A shard has lacked replicas for longer; the message names the shard, the pod and the cause.',
    },
  },
  RedisSpread: {
    meaning:
      'Any single Kubernetes node can be lost: a majority of the primaries remains to elect new ones. Ready does not depend on it. While a shard has no primary, the condition keeps its last value.',
    event: {
      warning: 'False',
      initial: 'True',
      normal: { HandingOver: 'Always', TooFewNodes: 'UnlessItWasWell' },
      lasts: { '*': PASSES_WITHIN_S },
    },
    reasons: {
      Spread: 'No node holds so many primaries that its loss leaves no majority.',
      HandingOver: 'One node holds too many primaries, and a replica on another node is about to take over.',
      OneNodeHoldsMajority:
        'One node holds too many primaries, and no replica is on a node that would restore quorum; the message names the node, what the operator does and what you can do.',
      TooFewNodes:
        'One node holds too many primaries, and too few nodes take Redis pods: three are needed, with four shards four. Development clusters can accept this.',
    },
  },
  RedisDataIntact: {
    meaning: 'No shard lost its last copy of keys, now or within the last day.',
    event: { warning: 'False', initial: 'True' },
    reasons: {
      NoDataLost: 'No data loss detected.',
      NoCopyLeft: 'A shard has no copy left and waits; the message says what to do.',
      SlotsEmptied: 'Slots were assigned again, empty; the message says when and why.',
    },
  },
  RedisCapacitySufficient: {
    meaning: 'The shards have the memory for the connections expected in the next 14 days.',
    event: { warning: 'False', initial: 'True' },
    reasons: {
      SufficientShards: 'The shards are sufficient; the message has the numbers.',
      ShardsShort:
        'More shards are recommended than spec.redis.shards; the operator does not change the number.',
      SurplusShards: 'Fewer shards have been sufficient for a week; the operator does not change the number.',
      NoMemoryLimit: 'The Redis containers have no memory limit to compare with.',
    },
  },
  VolumesCurrent: {
    meaning:
      'The claims of the Redis pods have the size, class and metadata that the spec says. With storage type Claim.',
    event: { warning: 'False', initial: 'True', normal: { Growing: 'Always', TemplateWaits: 'Always' } },
    reasons: {
      Current: 'All claims are as the spec says.',
      Growing: 'Claims grow; the servers run on.',
      ExpansionRefused:
        'The storage class does not let claims grow; the message has the answer of the API server and what to do.',
      ClassDiffers:
        'A claim with a volume is of another storage class, for example one of an earlier PresenceCluster.',
      TemplateWaits:
        'A StatefulSet has to be recreated for new claims, without its pods, and must not be yet; the message says why.',
    },
  },
  CredentialsCurrent: {
    meaning: 'Operator, presence pods and probes use the passwords that the Redis servers accept.',
    event: {
      warning: 'False',
      initial: 'True',
      normal: { Rotating: 'Always' },
      lasts: { '*': PASSES_WITHIN_S },
    },
    reasons: {
      Current: 'All use the current passwords, and no old password is accepted.',
      ProbePending: 'The old password of the user probe stays valid until every Redis pod has restarted.',
      Rotating: 'Passwords are being replaced; nothing is restarted for it.',
      SecretMissing:
        'The Secret is missing while servers run with its passwords; the message says what to do.',
      SecretRefused:
        'The API server does not let the Secret be read or made, by a quota, a policy, a webhook or a permission; the message has the cause and what to do.',
      KeyMissing: 'The Secret lacks a key; the message names it and says what to do.',
      KeyChanged: 'A password in the Secret is not accepted by the servers; the message says what to do.',
    },
  },
  CertificatesCurrent: {
    meaning:
      'Every Redis server that answers presents the current certificate. With spec.redis.tls, and with Valkey always, for the bus.',
    event: { warning: 'False', initial: 'True', lasts: { '*': PASSES_WITHIN_S } },
    reasons: {
      Current: 'All reachable servers serve it; the message says until when it is valid.',
      Replacing: 'Servers are being given another certificate; nothing is restarted for it.',
      ExpiresSoon:
        'All reachable servers serve it, and less than a tenth of its life is left: its issuer has not renewed it.',
      SecretMissing: 'The Secret with the certificate is missing; the message names it and says what to do.',
      SecretRefused:
        'The API server does not let a Secret of the certificates be read, made or changed; the message has the cause and what to do.',
      KeyMissing: 'The Secret lacks tls.crt, tls.key or ca.crt.',
      Unusable:
        'The contents of the Secret do not match each other or are for other names; the message says why.',
      Expired: 'The certificate of the servers, or the one that is to replace it, has expired.',
      CertManagerMissing: 'The API server does not know Certificates of cert-manager.',
      NotIssued:
        'cert-manager has not issued the certificate yet, or the API server refused the Certificate.',
    },
  },
  ChildrenApplied: {
    meaning: 'Every object of the PresenceCluster is applied.',
    reasons: {
      Applied: 'No object was refused.',
      NameTaken: 'An object of another owner has the name of one of ours; the operator does not touch it.',
      Refused: 'The API server refused an object, a Secret included; the message names it and the cause.',
    },
  },
  PresenceAvailable: {
    meaning: 'As many presence pods are ready as were before: status.presence.establishedReplicas.',
    event: { warning: 'False', lasts: { '*': PASSES_WITHIN_S, PodsStarting: STARTS_WITHIN_S } },
    reasons: {
      PodsReady: 'The presence pods are ready, apart from those that a scale-out adds.',
      PodsStarting: 'Presence pods are starting.',
      AuthSecretMissing:
        'The Secret with the key that signs tokens is missing or refused, or its key is missing or shorter than 32 bytes.',
      ...POD_CAUSES,
    },
  },
  PresenceStarting: {
    meaning: 'Presence pods that are wanted are not ready yet; the message says how many.',
    event: {
      warning: 'True',
      initial: 'False',
      lasts: { '*': PASSES_WITHIN_S, PodsStarting: STARTS_WITHIN_S },
      silent: ['NotAvailable'],
    },
    reasons: {
      AllReady: 'All wanted presence pods are ready.',
      NotAvailable: 'Fewer pods are ready than were before; see PresenceAvailable.',
      PodsStarting: 'Pods are starting.',
      PodsNotStarting: 'Pods cannot start; the message names a pod and the cause.',
    },
  },
  ScalingActive: {
    meaning: 'The autoscaler writes the number of presence pods.',
    event: {
      warning: 'False',
      initial: 'True',
      normal: { ModeOff: 'Always', ForecastOnly: 'Always', Paused: 'Always' },
    },
    reasons: {
      Calendar: 'The number follows season and peak.',
      Demand: 'The number follows forecast, bookings, load and calendar.',
      ConflictingAutoscaler:
        'Another autoscaler also scales the presence pods; the operator writes no number until it is removed.',
      Paused: 'spec.paused or the annotation paused-until holds the number; the message says until when.',
      ModeOff: 'spec.scaling.mode is Off; spec.presence.replicas sets the number.',
      ForecastOnly: 'The number is computed and shown, but not written.',
    },
  },
  ScalingLimited: {
    meaning: 'The computed number was limited.',
    event: { warning: 'True', initial: 'False' },
    reasons: {
      WithinRange: 'The computed number is used.',
      TooFewReplicas: 'minReplicas raised the computed number.',
      TooManyReplicas: 'maxReplicas limited the computed number.',
      BudgetExceeded: 'budgetReplicas limited the computed number; connected clients are still served.',
    },
  },
  CalendarWithinLimits: {
    meaning:
      'maxReplicas allows what the spec itself needs in the next 366 days. Reported before pods are limited; not in mode Off.',
    event: { warning: 'False', initial: 'True' },
    reasons: {
      WithinLimits: 'Season and peak need no more than maxReplicas.',
      AboveMaxReplicas:
        'Season and peak, or minDuringWedding, need more; the message says when, how many, and how many are missing.',
    },
  },
  LoadObserved: {
    meaning: 'Every ready presence pod reports its connections. While False, no pod is removed.',
    event: {
      warning: 'False',
      initial: 'True',
      normal: { NoPodReports: 'UnlessItWasWell' },
      lasts: { '*': PASSES_WITHIN_S },
    },
    reasons: {
      PodsReport: 'Every ready pod has reported.',
      SomePodsSilent:
        'Some ready pods do not answer on their metrics port; the reports of the others can still add pods.',
      NoPodReports: 'No pod has reported recently.',
    },
  },
  ForecastTrusted: {
    meaning: 'The upper bound of the forecast held as often as it should.',
    event: { warning: 'False', initial: 'True', normal: { Learning: 'Always' } },
    reasons: {
      Calibrated: 'It held; the message has the share and the number of forecasts.',
      Learning: 'Too few forecasts have been verified yet; season and peak remain in effect.',
      ForecastDegraded: 'It held too rarely; it keeps no pods for later, and season and peak are in effect.',
    },
  },
  BookingsFresh: {
    meaning: 'Every WeddingCalendar that serves the PresenceCluster was fresh within its spec.maxStaleness.',
    event: { warning: 'False', initial: 'True' },
    reasons: {
      Fresh: 'All are fresh, or there is none: Weddings that people write are never out of date.',
      CalendarStale:
        'One is older: its last fetched bookings remain in effect, and season and peak apply in addition until it is fresh again.',
    },
  },
  SLOMet: {
    meaning:
      'The objectives of spec.slo are met, and no error budget is being spent too fast. Freezes and pauses change nothing here. Ready does not depend on it.',
    event: { warning: 'False', initial: 'True', normal: { SlowBurn: 'Always' } },
    reasons: {
      Met: 'Both error budgets last.',
      FastBurn:
        'An error budget is being spent so fast that 2 % of it went in one hour, or 5 % in six; the message has the burn rates.',
      SlowBurn: 'A tenth of an error budget went in three days, and it goes on.',
      BudgetSpent:
        'An error budget of the window is spent; the objective is missed until old failures leave the window.',
      NotMeasured: 'No presence pod has reported its measurements for five minutes.',
    },
  },
  Frozen: {
    meaning: 'A protected wedding is active: changes of running pods wait.',
    event: { initial: 'False' },
    reasons: {
      WeddingActive: 'At least spec.freeze.minActiveWeddings protected weddings are active.',
      WindowActive: 'A window of spec.freeze.windows is active.',
      NoActiveWedding: 'No protected wedding is active.',
    },
  },
  FreezeWithinBudget: {
    meaning: 'The freezes of the next 90 days leave the open time that spec.freeze.budget requires.',
    event: { warning: 'False', initial: 'True' },
    reasons: {
      WithinBudget: 'Every period has enough open time.',
      TooLittleOpen:
        'The message names the first period with too little open time, and the least risky time to open.',
      Relaxed:
        'The calendar leaves too little; with behaviour Relax, time around weddings was opened; the message says when.',
      CannotRelax:
        'Too little is open although behaviour is Relax: weddings themselves and manual windows stay closed.',
    },
  },
  FreezeClock: {
    // All PresenceClusters of an operator have most of its causes at once: no event for each of them.
    meaning:
      'A freeze of deletes, evictions and scaling holds also while the operator is down, by the time of a Lease of the control plane. While False, these go by what the operator last knew. Absent where no Lease is configured.',
    reasons: {
      LeaseRenewed: 'The Lease is renewed, and the windows are in the annotations of the Namespace.',
      LeaseNotFound:
        'The cluster does not show the Lease that the chart value admissionPolicies.clock names.',
      LeaseNotRead: 'The operator may not read the Lease.',
      LeaseStale: 'The Lease is not renewed.',
      LeaseAhead: "The clock that renews the Lease is ahead of the operator's.",
      ClockStands:
        'The Lease is renewed, and the policies of an API server read an old time. Both the phase and the clock refuse until it is restarted.',
      ClockUnanswered: 'The policies of an API server do not answer which time they read.',
      WindowsNotWritten: 'The annotations of the Namespace cannot be written; the message says why.',
    },
  },
  RolloutHeld: {
    meaning: 'A new revision of pods waits for a freeze to end or for a safe step.',
    event: { initial: 'False' },
    reasons: {
      HeldByFreeze: 'A freeze is active; the message says until when and which fields differ.',
      Paused: 'spec.paused or the annotation paused-until holds rollouts; the message says until when.',
      Waiting: 'Renewing the next Redis pod would not be safe now.',
      NoRolloutHeld: 'No change is held.',
      RollingOut: 'A revision is being rolled out.',
    },
  },
  RolloutReverted: {
    meaning: 'A new revision did not become ready in time, and the last good one was applied again.',
    reasons: {
      DeadlineExceeded:
        'The message names the pod and the cause; the revision is not tried again until the spec changes.',
      NoRolloutReverted: 'The newest revision is in use or is being rolled out.',
    },
  },
  KindsWatched: {
    meaning: 'The operator watches all kinds that it needs.',
    event: { warning: 'False', initial: 'True', lasts: { '*': PASSES_WITHIN_S } },
    reasons: {
      AllKindsWatched: 'All kinds are watched.',
      CannotWatch: 'The message names the kinds that cannot be watched, and why. The rest works.',
    },
  },
  Paused: {
    meaning:
      'spec.paused, or the annotation paused-until, keeps the operator from changing the PresenceCluster.',
    event: { initial: 'False' },
    reasons: {
      NotPaused: 'No pause is asked for.',
      EverythingPaused: 'No object of the PresenceCluster is changed; the message says until when.',
      RolloutsPaused: 'No revision goes out and no pod is renewed; the message says until when.',
      ScalingPaused: 'The number of presence pods stays, and no slots move; the message says until when.',
      PauseEnded: 'The end of the pause is past: spec.paused can be removed.',
      InvalidAnnotation: 'The annotation paused-until is not an instant and pauses nothing.',
    },
  },
  ZoneDataCurrent: {
    // All PresenceClusters of an operator have it at once: no event for each of them.
    meaning:
      'The IANA time zone data of the operator is as new as can be known. While False, freezes and peaks of places that have changed their clocks since may be wrong by an hour or more. It is no event, because it concerns all PresenceClusters of the operator.',
    reasons: {
      Current: 'The data was the newest release at most 90 days ago.',
      Old: 'The data was last known to be the newest more than 90 days ago; the message has the day and what to do.',
      OlderThanRuntime: 'The image has a newer release beside it: an old file is mounted.',
    },
  },
  BreakGlass: {
    meaning: 'A RolloutOverride opens the freeze.',
    event: { warning: 'True', initial: 'False' },
    reasons: {
      OverrideActive: 'The message names user, ticket and end of each open override.',
      NoOverride: 'No override is open.',
    },
  },
} as const satisfies Record<string, ConditionEntry>;

export type PresenceClusterCondition = keyof typeof PRESENCE_CLUSTER_CONDITIONS;

export const WEDDING_CONDITIONS = {
  Ready: {
    meaning: 'The wedding is in use; for tools that wait for Ready.',
    reasons: {
      Accepted: 'The wedding counts for scaling and freezes.',
      NotAccepted: 'It does not count; see Accepted.',
    },
  },
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
  Ready: {
    meaning:
      'The override was processed; for tools that wait for Ready. It stays True when the override ends.',
    reasons: {
      Processed: 'It is open, or it has ended; see Active.',
      Refused: 'It opens nothing; see Active.',
    },
  },
  Active: {
    meaning: 'The override opens the freeze of its PresenceCluster.',
    reasons: {
      Open: 'It is open until status.until.',
      Expired: 'It has ended by itself; a new one is needed for more.',
      UnknownCluster: 'There is no PresenceCluster of that name in the namespace.',
      UnknownChangeFreeze: 'There is no ChangeFreeze of that name in the namespace.',
      TooMany: 'As many overrides as a RolloutFreeze can hold are open already.',
    },
  },
} as const;

export const PRESENCE_OPTIMIZATION_CONDITIONS = {
  Ready: {
    meaning: 'The request was accepted; for tools that wait for Ready.',
    reasons: {
      Accepted: 'It is or was carried out.',
      Refused: 'It was refused; see Accepted.',
    },
  },
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
      TooLong: 'A Disconnect would end more than 720h after its creation.',
      TooMany: 'As many Disconnects of the PresenceCluster are active as presence pods take.',
    },
  },
  InEffect: {
    meaning: 'Every presence pod refuses the person of a Disconnect; only requests of that type have it.',
    reasons: {
      OnEveryPod: 'Every presence pod that runs has said so.',
      WaitingForPods: 'A presence pod has not said so yet; the message names one.',
      Ended: 'Its time is over.',
    },
  },
} as const;

export const WEDDING_CALENDAR_CONDITIONS = {
  Ready: {
    meaning:
      'The spec is in use and the last poll gave a copy that could be used; for tools that wait for Ready.',
    reasons: {
      Fetched: 'The Weddings are what the feed says.',
      NotAccepted: 'The spec is not understood; see Accepted.',
      NotFresh: 'The last poll gave no copy that could be used; see CalendarFresh.',
    },
  },
  Accepted: {
    meaning: 'The spec is understood. While False, the feed is not asked and the last good copy stays.',
    reasons: {
      Accepted: 'The spec is in use.',
      UnknownTimeZone: 'spec.defaultTimeZone is not an IANA time zone.',
      PrivateNetworksNotAllowed:
        'spec.allowPrivateNetworks is true, and the chart value weddingCalendars.privateNetworkNamespaces does not list the namespace.',
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
      FetchFailed:
        'The server does not answer, or answers with an error. With spec.allowPrivateNetworks: any failure; the log of the operator has the cause.',
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

export const CHANGE_FREEZE_CONDITIONS = {
  Ready: {
    meaning: 'The API server refuses changes in the windows of the spec; for tools that wait for Ready.',
    reasons: {
      Enforced: 'The windows are written, and the policies judge by them.',
      NotAccepted: 'The spec is not understood; see Accepted.',
      NotEnforced: 'Some changes would pass; see Enforced.',
    },
  },
  Accepted: {
    meaning: 'The spec is understood. While False, what was written last holds until its windows end.',
    reasons: {
      Accepted: 'The spec is in use.',
      UnknownTimeZone: 'A zone is not an IANA time zone.',
      InvalidFreezeWindow: 'A window names a day that no calendar has, or lasts for more than 31 days.',
      InvalidRecurrence: 'A recurrence rule is not understood.',
      EndlessFreeze: 'Windows join to a stretch of more than 31 days.',
    },
  },
  Enforced: {
    meaning: 'The API server refuses changes in the windows, whether the operator runs or not.',
    reasons: {
      Enforced: 'The windows are written, and the policies judge by them.',
      NotAccepted: 'The spec is not understood; windows of an earlier spec hold until they end.',
      NoClock:
        'The policies have no Lease by which they can tell the time, so they refuse nothing; the message has the cause.',
      ResourceNotMatched:
        'The chart value changeFreezes.customResources lacks a custom resource of the spec.',
      NoRoom: 'The ChangeFreezes of the namespace need more room than annotations of a Namespace have.',
      NotWritten: 'The operator may not write annotations of the Namespace.',
      ProtectedNamespace:
        'In this namespace nothing is frozen, because that would stop repairs of the Kubernetes cluster.',
    },
  },
} as const;
