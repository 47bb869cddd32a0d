import type { Condition } from '../../api/schema/fields.ts';
import type { EventReason } from '../../api/v1alpha1/event-reasons.ts';
import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import type { EventRecorder } from '../../platform/kube/events.ts';

type Status = Condition['status'];

interface Told {
  /** The status that is bad news; neither is when absent. */
  bad?: Status;
  /**
   * What a new object has, and so no news of it: its first events are few (`DEFAULT_EVENT_LIMITS`). Of the others
   * people wait for both.
   */
  usual?: Status;
  /** Reasons of the bad status that alarm nobody: never, or not unless all was well before. */
  calm?: Readonly<Record<string, 'Always' | 'UnlessItWasWell'>>;
}

/** Conditions whose change people want to read in `kubectl describe`. */
const TOLD: Readonly<Record<string, Told>> = {
  Accepted: { bad: 'False' },
  Ready: { bad: 'False' },
  RedisAvailable: { bad: 'False' },
  RedisSpread: {
    bad: 'False',
    usual: 'True',
    calm: { HandingOver: 'Always', TooFewNodes: 'UnlessItWasWell' },
  },
  RedisDataLost: { bad: 'True', usual: 'False' },
  CertificatesCurrent: { bad: 'False', usual: 'True' },
  RedisCapacitySufficient: { bad: 'False', usual: 'True' },
  BookingsFresh: { bad: 'False', usual: 'True' },
  ChildrenApplied: { bad: 'False' },
  PresenceAvailable: { bad: 'False' },
  ScalingLimited: { bad: 'True', usual: 'False' },
  CalendarWithinLimits: { bad: 'False', usual: 'True' },
  RolloutHeld: { usual: 'False' },
  Frozen: { usual: 'False' },
  FreezeBudgetExceeded: { bad: 'True', usual: 'False' },
  BreakGlass: { bad: 'True', usual: 'False' },
};

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
export class ClusterEvents {
  readonly #recorder: EventRecorder;

  constructor(recorder: EventRecorder) {
    this.#recorder = recorder;
  }

  record(cluster: PresenceCluster, reason: EventReason, note: string): void {
    const type = BAD_NEWS.has(reason) ? 'Warning' : 'Normal';
    this.#recorder.record(cluster, { type, reason, action: reason, note });
  }

  /** One event for each condition whose status or reason is new. */
  conditionsChanged(cluster: PresenceCluster, after: readonly Condition[]): void {
    for (const condition of after) {
      const told = Object.hasOwn(TOLD, condition.type) ? TOLD[condition.type] : undefined;
      if (told === undefined) continue;
      const before = cluster.status?.conditions?.find(({ type }) => type === condition.type);
      if (before?.status === condition.status && before.reason === condition.reason) continue;
      const isCalm = isCalmOf(told, condition, before);
      if (before === undefined && (condition.status === told.usual || isCalm)) continue;
      this.#recorder.record(cluster, {
        type: condition.status === told.bad && !isCalm ? 'Warning' : 'Normal',
        reason: condition.reason,
        action: condition.type,
        note: condition.message,
      });
    }
  }
}

function isCalmOf(
  { bad, calm }: Told,
  { status, reason }: Condition,
  before: Condition | undefined,
): boolean {
  if (status !== bad || calm === undefined || !Object.hasOwn(calm, reason)) return false;
  const wasWell = before !== undefined && before.status !== bad;
  return calm[reason] === 'Always' || !wasWell;
}
