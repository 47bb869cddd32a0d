/**
 * Labels, annotations and field managers that users, dashboards and policies rely on. Adding is free; a change needs
 * a migration note in the changelog.
 */
export const LABEL = {
  name: 'app.kubernetes.io/name',
  instance: 'app.kubernetes.io/instance',
  component: 'app.kubernetes.io/component',
  partOf: 'app.kubernetes.io/part-of',
  managedBy: 'app.kubernetes.io/managed-by',
  /** Name of the PresenceCluster an object belongs to. */
  cluster: 'presence.wedsync.io/cluster',
  /** Index of the Redis shard a pod or StatefulSet belongs to, from 0. */
  shard: 'presence.wedsync.io/shard',
  /** Name of the WeddingCalendar that made a Wedding. */
  calendar: 'presence.wedsync.io/calendar',
} as const;

export type Component = 'operator' | 'presence' | 'redis';

export const ANNOTATION = {
  /** Hash of the pod template the operator last released; a different hash is a new revision. */
  templateHash: 'presence.wedsync.io/template-hash',
  /** That template as JSON: what goes on being applied while a newer one is held. */
  releasedTemplate: 'presence.wedsync.io/released-template',
  /** The last template with which every pod became ready, as JSON, while a newer one has yet to: what is put back. */
  goodTemplate: 'presence.wedsync.io/good-template',
  /** The reverted revision and the reason, as JSON; written with the template, so that both are there or neither is. */
  revertedRevision: 'presence.wedsync.io/reverted-revision',
  /** On a pod in a freeze: what its annotations against drains were before, as JSON; null for none. */
  beforeFreeze: 'presence.wedsync.io/before-freeze',
  /** UID of the event that a Wedding was made of, with the occurrence of a recurring one. */
  feedUid: 'presence.wedsync.io/feed-uid',
  /** On a PresenceCluster: a value other than before asks for new passwords of the Redis users. */
  rotateCredentials: 'presence.wedsync.io/rotate-credentials',
  /** On a PresenceCluster: an instant until which it is paused as a whole. */
  pausedUntil: 'presence.wedsync.io/paused-until',
  /** On a PresenceCluster: a value other than before sends what the API server refused again, at once. */
  retry: 'presence.wedsync.io/retry',
  /** On a presence pod: an instant. The kubelet renews mounted files when an annotation changes. */
  renewFiles: 'presence.wedsync.io/renew-files',
} as const;

/** Annotations of a Namespace, each with the name of a PresenceCluster at its end; the admission policies read them. */
export const FREEZE_ANNOTATION_PREFIX = {
  /** Its freeze windows, as `freezeAnnotations` writes them. */
  windows: 'presence.wedsync.io/freeze-windows.',
  /** Its open overrides. */
  overrides: 'presence.wedsync.io/freeze-overrides.',
} as const;

/** Annotations of a Namespace, each with the name of a ChangeFreeze at its end; the admission policies read them. */
export const CHANGE_FREEZE_ANNOTATION_PREFIX = {
  /** What it freezes, and its windows, as `changeFreezeText` writes them. */
  windows: 'presence.wedsync.io/change-windows.',
  /** Its open overrides. */
  overrides: 'presence.wedsync.io/change-overrides.',
} as const;

/** Label of a Namespace with ChangeFreezes, `true`: the admission policies look at no other. */
export const CHANGE_FREEZES_LABEL = 'presence.wedsync.io/change-freezes';

/** One field manager per concern, so that each field has one owner in `managedFields`. */
export const FIELD_MANAGER = {
  /** Everything but replicas and freezes. */
  operator: 'presence-operator',
  /** Only `spec.replicas` of the presence Deployment. */
  autoscaler: 'presence-autoscaler',
  /** RolloutFreeze objects, the freeze annotations of Namespaces and their label, and those against drains on pods in a freeze. */
  freeze: 'presence-freeze',
  /** Weddings that come of a WeddingCalendar. */
  calendar: 'presence-calendar',
  /** People whom presence pods refuse: one key of the ConfigMap that the pods mount, and an annotation on pods that have yet to read it. */
  disconnect: 'presence-disconnect',
} as const;

/** Metric of every program that names its version. */
export const BUILD_INFO = 'presence_build_info';
