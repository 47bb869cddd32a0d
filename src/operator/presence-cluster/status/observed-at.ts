import type { PresenceClusterStatus } from '../../../api/v1alpha1/presence-cluster-status.ts';
import { formatInstant } from '../../../domain/calendar/instant.ts';
import { canonicalJson } from '../../../domain/resources/canonical-json.ts';

/** A status that does not change is confirmed as often as this, where few PresenceClusters are watched. */
const EVERY_SECONDS = 60;
/** Confirmations of all PresenceClusters together are at most one write per second: an API server has more to do. */
const SECONDS_PER_CLUSTER = 1;

/**
 * Stamps a status with the time at which it was true. A status that says what the one before says keeps its stamp for a while, so
 * that nothing is written; pure.
 *
 * @param clusters PresenceClusters that this operator watches
 */
export function withObservedAt(
  status: PresenceClusterStatus,
  before: PresenceClusterStatus | undefined,
  { now, clusters }: { now: Date; clusters: number },
): PresenceClusterStatus {
  const everySeconds = Math.max(EVERY_SECONDS, Math.ceil(clusters * SECONDS_PER_CLUSTER));
  const { observedAt, observedEverySeconds, ...said } = before ?? {};
  const ageMs = observedAt === undefined ? Number.POSITIVE_INFINITY : now.getTime() - Date.parse(observedAt);
  // A clock that was set back would make the stamp one of the future, which is never too old.
  const isFresh = ageMs >= 0 && ageMs < everySeconds * 1000;
  return isFresh && observedAt !== undefined && canonicalJson(said) === canonicalJson(status)
    ? { ...status, observedAt, observedEverySeconds: observedEverySeconds ?? everySeconds }
    : { ...status, observedAt: formatInstant(now), observedEverySeconds: everySeconds };
}

/** When a status that stays as it is must be confirmed again; at once where it never was. */
export function nextConfirmation(status: PresenceClusterStatus | undefined): Date {
  const { observedAt, observedEverySeconds = EVERY_SECONDS } = status ?? {};
  return observedAt === undefined
    ? new Date(0)
    : new Date(Date.parse(observedAt) + observedEverySeconds * 1000);
}
