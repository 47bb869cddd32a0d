import type { Condition } from '../../api/schema/fields.ts';
import {
  type ConditionEntry,
  type ConditionEvent,
  PRESENCE_CLUSTER_CONDITIONS,
} from '../../api/v1alpha1/conditions.ts';
import { EVENT_REASONS, type EventReason } from '../../api/v1alpha1/event-reasons.ts';
import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import type { EventRecorder } from '../../platform/kube/events.ts';

const CATALOGUE: Readonly<Record<string, ConditionEntry>> = PRESENCE_CLUSTER_CONDITIONS;

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

  /** One event for each condition whose status or reason is new. */
  conditionsChanged(cluster: PresenceCluster, after: readonly Condition[]): void {
    for (const condition of after) {
      const { status, reason, message: note, type: action } = condition;
      const event = Object.hasOwn(CATALOGUE, action) ? CATALOGUE[action]?.event : undefined;
      if (event === undefined) continue;
      const before = cluster.status?.conditions?.find(({ type }) => type === action);
      if (before?.status === status && before.reason === reason) continue;
      const isNormal = isNormalReason(event, condition, before);
      if (before === undefined && (status === event.initial || isNormal)) continue;
      const type = status === event.warning && !isNormal ? 'Warning' : 'Normal';
      this.#recorder.record(cluster, { type, reason, action, note });
    }
  }
}

/** Whether the reason makes an event of the warning status Normal. */
function isNormalReason(
  { warning, normal }: ConditionEvent,
  { status, reason }: Condition,
  before: Condition | undefined,
): boolean {
  if (status !== warning || normal === undefined || !Object.hasOwn(normal, reason)) return false;
  const wasWell = before !== undefined && before.status !== warning;
  return normal[reason] === 'Always' || !wasWell;
}
