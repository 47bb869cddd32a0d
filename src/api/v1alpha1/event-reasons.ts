export interface EventReasonEntry {
  /** Type of the event. */
  readonly severity: 'Normal' | 'Warning';
  readonly meaning: string;
}

/** Reasons of the events that are not changes of conditions; the severity of those is in the catalogue of conditions. */
export const EVENT_REASONS = {
  Scaled: {
    severity: 'Normal',
    meaning: 'The number of presence pods was changed.',
  },
  RolloutReleased: {
    severity: 'Normal',
    meaning: 'A new pod template was applied.',
  },
  RolloutReverted: {
    severity: 'Warning',
    meaning:
      'A new revision did not become ready in time, and the last good template was applied again; the note names pod and cause.',
  },
  ApplyFailed: {
    severity: 'Warning',
    meaning: 'The API server refused an object; the rest of the reconcile went on.',
  },
  RedisStep: {
    severity: 'Normal',
    meaning: 'The operator took a step to form or heal the Redis Cluster.',
  },
  RedisStepFailed: {
    severity: 'Warning',
    meaning: 'A Redis node refused a step; it is retried.',
  },
  RedisPodRenewed: {
    severity: 'Normal',
    meaning: 'A Redis pod was deleted so that it is recreated from the newer template.',
  },
  RedisHandOver: {
    severity: 'Normal',
    meaning: 'A replica was asked to take over before the pod of its primary is renewed.',
  },
  RedisFailover: {
    severity: 'Warning',
    meaning: 'A primary failed, and the operator asked its in-sync replica to take over.',
  },
  RedisFailoverDone: {
    severity: 'Normal',
    meaning: 'The replica that was asked to take over is now the primary.',
  },
  RedisFailoverFailed: {
    severity: 'Warning',
    meaning: 'The replica that was asked to take over did not become the primary.',
  },
  RedisFailoverHeld: {
    severity: 'Warning',
    meaning: 'A primary looks dead, but replacing it would not be safe; the note names the guard.',
  },
  RedisTakeOver: {
    severity: 'Warning',
    meaning:
      'Redis and Kubernetes agree that the majority of primaries is dead: a replica took over without a vote.',
  },
  RedisPodForced: {
    severity: 'Warning',
    meaning: 'A Redis pod that could not terminate on a lost node was deleted by force.',
  },
  RedisDataLost: {
    severity: 'Warning',
    meaning: 'No copy of these slots was left; they are served again, empty.',
  },
  RedisSpread: {
    severity: 'Normal',
    meaning: 'A replica was asked to take over so that no node holds a majority of the primaries.',
  },
  RedisReplicaRenewed: {
    severity: 'Normal',
    meaning:
      'A replica was evicted so that it is scheduled on another node and can take over there: one node holds too many primaries.',
  },
  RedisVolume: {
    severity: 'Normal',
    meaning:
      'A claim grows or was replaced before it had a volume, or a StatefulSet was recreated, without its pods, for other claims.',
  },
  RedisConfigured: {
    severity: 'Normal',
    meaning: 'Parameters were set on running Redis servers, without a restart.',
  },
  CredentialsRotated: {
    severity: 'Normal',
    meaning: 'A step of the rotation of the Redis passwords was taken; the note names it.',
  },
  CertificatesReplaced: {
    severity: 'Normal',
    meaning: 'A step of the replacement of the Redis certificates was taken; the note names it.',
  },
  OverrideOpened: {
    severity: 'Warning',
    meaning: 'A RolloutOverride opens a freeze; the note names user, ticket, end and reason.',
  },
  OverrideEnded: {
    severity: 'Normal',
    meaning: 'A RolloutOverride has ended.',
  },
  OverrideRefused: {
    severity: 'Warning',
    meaning: 'A RolloutOverride does not open the freeze; the note says why.',
  },
  OptimizationAccepted: {
    severity: 'Normal',
    meaning: 'A PresenceOptimization is carried out; the note names user and type.',
  },
  DisconnectInEffect: {
    severity: 'Normal',
    meaning:
      'Every presence pod refuses the person of a Disconnect; the note has the number of closed connections.',
  },
  OptimizationRefused: {
    severity: 'Warning',
    meaning: 'A PresenceOptimization was refused; the note says why and when to try again.',
  },
  PolicyRestored: {
    severity: 'Warning',
    meaning:
      'An admission policy or its binding was changed or deleted, and the operator restored it as the chart installed it.',
  },
  WeddingsCopied: {
    severity: 'Normal',
    meaning: 'Weddings were created, changed or deleted to match the feed of a WeddingCalendar.',
  },
} as const satisfies Record<string, EventReasonEntry>;

export type EventReason = keyof typeof EVENT_REASONS;
