/** Reasons of the events that are not conditions, in one place; conditions are told as events when they change. */
export const EVENT_REASONS = {
  Scaled: 'The number of presence pods was changed.',
  RolloutReleased: 'A new revision of a pod template goes out.',
  ApplyFailed: 'The API server refused an object; everything else went on.',
  RedisStep: 'A step was taken to form or heal the Redis Cluster.',
  RedisStepFailed: 'A Redis node refused a step; it is tried again.',
  RedisPodRenewed: 'A Redis pod was deleted to be made anew from the newer template.',
  RedisHandOver: 'A replica was asked to take over before its primary is renewed.',
} as const;

export type EventReason = keyof typeof EVENT_REASONS;
