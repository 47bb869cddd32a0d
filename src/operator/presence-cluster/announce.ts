import type { EventReason } from '../../api/v1alpha1/event-reasons.ts';
import type { Condition } from '../../api/v1alpha1/fields.ts';
import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import type { EventRecorder } from '../../platform/kube/events.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';

/** Conditions whose change people want to read in `kubectl describe`, and the status that is bad news. */
const BAD_STATUS: Record<string, Condition['status'] | undefined> = {
  Accepted: 'False',
  Ready: 'False',
  RedisAvailable: 'False',
  RedisDataLost: 'True',
  CertificatesCurrent: 'False',
  RedisCapacitySufficient: 'False',
  BookingsFresh: 'False',
  ChildrenApplied: 'False',
  PresenceAvailable: 'False',
  ScalingLimited: 'True',
  CalendarWithinLimits: 'False',
  RolloutHeld: undefined,
  Frozen: undefined,
  FreezeBudgetExceeded: 'True',
  BreakGlass: 'True',
};

/** That these are as they should be is no news of an object that is new; its first events are few (`DEFAULT_EVENT_LIMITS`). */
const NEWS_WHEN_BAD: ReadonlySet<string> = new Set([
  'CertificatesCurrent',
  'RedisCapacitySufficient',
  'BookingsFresh',
  'CalendarWithinLimits',
]);

const BAD_NEWS: ReadonlySet<EventReason> = new Set([
  'ApplyFailed',
  'RolloutReverted',
  'RedisStepFailed',
  'RedisFailover',
  'RedisFailoverFailed',
  'RedisFailoverHeld',
  'RedisTakeOver',
  'RedisPodForced',
  'RedisDataLost',
  'OverrideOpened',
  'OverrideRefused',
  'OptimizationRefused',
  'PolicyRestored',
]);

/** Tells people what changed, once for each change. */
export class Announcer {
  readonly #recorder: EventRecorder;

  constructor(recorder: EventRecorder) {
    this.#recorder = recorder;
  }

  event(cluster: PresenceCluster, reason: EventReason, note: string): void {
    const type = BAD_NEWS.has(reason) ? 'Warning' : 'Normal';
    this.#recorder.record(cluster as unknown as KubeObject, { type, reason, action: reason, note });
  }

  /** One event for each condition whose status or reason is new. */
  conditions(cluster: PresenceCluster, after: readonly Condition[]): void {
    for (const condition of after) {
      if (!(condition.type in BAD_STATUS)) continue;
      const before = cluster.status?.conditions?.find(({ type }) => type === condition.type);
      if (before?.status === condition.status && before.reason === condition.reason) continue;
      // That nothing is frozen, held or limited is no news of an object that is new.
      if (before === undefined && condition.status === 'False' && BAD_STATUS[condition.type] !== 'False')
        continue;
      if (before === undefined && condition.status === 'True' && NEWS_WHEN_BAD.has(condition.type)) continue;
      this.#recorder.record(cluster as unknown as KubeObject, {
        type: condition.status === BAD_STATUS[condition.type] ? 'Warning' : 'Normal',
        reason: condition.reason,
        action: condition.type,
        note: condition.message,
      });
    }
  }
}
