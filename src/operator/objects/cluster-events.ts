import type { Condition } from '../../api/schema/fields.ts';
import { EVENT_REASONS, type EventReason } from '../../api/v1alpha1/event-reasons.ts';
import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import type { EventRecorder } from '../../platform/kube/events.ts';
import type { ConditionNews } from './condition-news.ts';

/** Events about PresenceClusters, with the severity that the catalogues of `api/v1alpha1` give them. */
export class ClusterEvents {
  readonly #recorder: EventRecorder;

  constructor(recorder: EventRecorder) {
    this.#recorder = recorder;
  }

  record(cluster: PresenceCluster, reason: EventReason, note: string): void {
    const { severity: type } = EVENT_REASONS[reason];
    this.#recorder.record(cluster, { type, reason, action: reason, note });
  }

  /** One event for each condition whose change is news. */
  conditionsChanged(
    cluster: PresenceCluster,
    after: readonly Condition[],
    { news, now }: { news: ConditionNews; now: Date },
  ): void {
    for (const { severity: type, condition } of news.changes(cluster.status?.conditions, after, now)) {
      const { reason, message: note, type: action } = condition;
      this.#recorder.record(cluster, { type, reason, action, note });
    }
  }
}
