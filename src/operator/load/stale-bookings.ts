import type { PresenceCluster, WeddingCalendar } from '../../api/v1alpha1/kinds.ts';
import { DEFAULT_MAX_STALENESS } from '../../api/v1alpha1/wedding-calendar.ts';
import { parseDuration } from '../../domain/calendar/duration.ts';

/**
 * Why the bookings of a PresenceCluster may be out of date: a WeddingCalendar of its namespace that makes Weddings for it
 * has no copy, or none that was good within `maxStaleness`. Undefined when all are fresh, and where no calendar is:
 * Weddings that people write are never out of date.
 */
export function staleBookings(
  calendars: readonly WeddingCalendar[],
  { metadata }: PresenceCluster,
  now: Date,
): string | undefined {
  for (const calendar of calendars) {
    const serves = calendar.spec.weddings?.presenceClusterName ?? metadata.name;
    const isOurs = calendar.metadata.namespace === metadata.namespace && serves === metadata.name;
    const stale = isOurs ? staleness(calendar, now) : undefined;
    if (stale !== undefined) return `WeddingCalendar ${calendar.metadata.name} ${stale}`;
  }
  return undefined;
}

function staleness({ spec, status }: WeddingCalendar, now: Date): string | undefined {
  const goodAt = lastGood(status);
  if (goodAt === undefined) return 'has no copy yet';
  const limit = spec.maxStaleness ?? DEFAULT_MAX_STALENESS;
  if (now.getTime() - Date.parse(goodAt) <= parseDuration(limit)) return undefined;
  return `was last fresh at ${goodAt}, longer ago than ${limit}`;
}

/** A feed that answers is of no use while the API server refuses its Weddings. */
function lastGood(status: WeddingCalendar['status']): string | undefined {
  const fetched = status?.lastFetched;
  const fresh = status?.conditions?.find(({ type }) => type === 'CalendarFresh');
  if (fetched === undefined || fresh?.status !== 'False') return fetched;
  return Date.parse(fresh.lastTransitionTime) < Date.parse(fetched) ? fresh.lastTransitionTime : fetched;
}
