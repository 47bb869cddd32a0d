import type { EventReason } from '../../api/v1alpha1/event-reasons.ts';
import type { WeddingCalendar } from '../../api/v1alpha1/kinds.ts';
import type { WeddingCalendarStatus } from '../../api/v1alpha1/wedding-calendar.ts';
import type { EventRecorder } from '../../platform/kube/events.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import type { PollResult } from './calendar-status.ts';

/** Tells of conditions that changed, and of Weddings that did. */
export function announcePoll(
  events: EventRecorder,
  calendar: WeddingCalendar,
  status: WeddingCalendarStatus,
  result?: PollResult,
): void {
  const object = calendar as unknown as KubeObject;
  for (const { type, status: value, reason, message } of status.conditions ?? []) {
    const before = calendar.status?.conditions?.find((condition) => condition.type === type);
    if (before?.status === value && before.reason === reason) continue;
    if (before === undefined && value === 'True') continue;
    const kind = value === 'False' ? 'Warning' : 'Normal';
    events.record(object, { type: kind, reason, action: type, note: message, dedupeKey: `${type} ${value}` });
  }
  if (result?.kind !== 'Copied') return;
  const { applied, removed } = result.written;
  const reason: EventReason = 'WeddingsCopied';
  if (applied + removed > 0) {
    const note = `${applied} Weddings made or changed, ${removed} removed, as the feed says`;
    events.record(object, { type: 'Normal', reason, action: reason, note });
  }
}
