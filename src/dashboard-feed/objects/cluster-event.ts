import type { EventRow } from '../../api/dashboard/cluster-page.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';

/** What the dashboard keeps of an Event (events.k8s.io/v1) about a PresenceCluster. */
export interface ClusterEvent extends KubeObject {
  /** Name of the PresenceCluster. */
  regarding: string;
  row: EventRow;
}

interface RawEvent {
  regarding?: { name?: unknown };
  reason?: unknown;
  type?: unknown;
  note?: unknown;
  eventTime?: unknown;
  deprecatedLastTimestamp?: unknown;
  deprecatedCount?: unknown;
  series?: { count?: unknown; lastObservedTime?: unknown };
}

/** The Event without everything that is not shown. */
export function trimEvent(event: ClusterEvent): ClusterEvent {
  const raw = event as RawEvent;
  const { name, namespace = '', uid = '', resourceVersion = '', creationTimestamp } = event.metadata;
  const times = [raw.series?.lastObservedTime, raw.deprecatedLastTimestamp, raw.eventTime, creationTimestamp];
  const counts = [raw.series?.count, raw.deprecatedCount];
  return {
    apiVersion: event.apiVersion,
    kind: event.kind,
    metadata: { name, namespace, uid, resourceVersion },
    regarding: textOf(raw.regarding?.name),
    row: {
      at: times.find((time): time is string => typeof time === 'string') ?? '',
      reason: textOf(raw.reason),
      isWarning: raw.type === 'Warning',
      note: textOf(raw.note),
      count: counts.find((count): count is number => typeof count === 'number') ?? 1,
    },
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
