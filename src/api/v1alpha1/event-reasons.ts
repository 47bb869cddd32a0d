/** Reasons of the events that are not conditions, in one place; conditions are told as events when they change. */
export const EVENT_REASONS = {
  Scaled: 'The number of presence pods was changed.',
  RolloutReleased: 'A new revision of a pod template goes out.',
  RolloutReverted:
    'A new revision did not become ready in time: the last good template goes out again; the note names pod and cause.',
  ApplyFailed: 'The API server refused an object; everything else went on.',
  RedisStep: 'A step was taken to form or heal the Redis Cluster.',
  RedisStepFailed: 'A Redis node refused a step; it is tried again.',
  RedisPodRenewed: 'A Redis pod was deleted to be made anew from the newer template.',
  RedisHandOver: 'A replica was asked to take over before its primary is renewed.',
  RedisFailover: 'A primary died, and the operator asked the replica that was in sync with it to take over.',
  RedisFailoverDone: 'The replica that was asked to take over is the primary now.',
  RedisFailoverFailed: 'The replica that was asked to take over did not become the primary.',
  RedisFailoverHeld:
    'A primary looks dead and it would not be safe to replace it; the message names the guard.',
  RedisTakeOver:
    'The majority of primaries is dead for Redis and Kubernetes alike: a replica took over without a vote.',
  RedisPodForced: 'A Redis pod that could not end on a lost node was deleted by force.',
  RedisDataLost: 'No copy of these slots was left; they are served again, empty.',
  RedisSpread: 'A replica was asked to take over so that no node holds a majority of the primaries.',
  RedisReplicaRenewed:
    'A replica was evicted so that it is placed on another node and can take over there: one node holds too many primaries.',
  RedisConfigured: 'Parameters were set on running Redis servers, without a restart.',
  CredentialsRotated: 'A step of the rotation of the Redis passwords was taken; the note says which.',
  CertificatesReplaced: 'A step of the exchange of the Redis certificates was taken; the note says which.',
  OverrideOpened: 'A RolloutOverride opens a freeze; the note names user, ticket, end and reason.',
  OverrideEnded: 'A RolloutOverride has ended.',
  OverrideRefused: 'A RolloutOverride opens nothing; the note says why.',
  OptimizationAccepted: 'A PresenceOptimization is carried out; the note names user and type.',
  OptimizationRefused: 'A PresenceOptimization was refused; the note says why and when to try again.',
  PolicyRestored:
    'An admission policy or its binding was changed or deleted and is as the chart installed it again.',
  WeddingsCopied: 'Weddings were made, changed or removed as the feed of a WeddingCalendar says.',
} as const;

export type EventReason = keyof typeof EVENT_REASONS;
