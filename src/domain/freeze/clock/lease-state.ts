/**
 * A leader that dies lets its Lease stand for 15 s, and the next one takes it 2 s later at most. Twice that is no change of
 * leader any more.
 */
const STALE_MS = 40_000;

/** The policies believe the Lease to the second: a clock that runs ahead of ours opens every freeze that much too early. */
const AHEAD_MS = 3000;

/** What the operator knows of the Lease by which the admission policies tell the time. */
export type LeaseState =
  /** No Lease is configured. */
  | { kind: 'Off' }
  /** It could not be asked for yet. */
  | { kind: 'Unknown' }
  /** It is renewed, and its time is that of the operator. */
  | { kind: 'Renewed'; lease: string }
  /** It is, and an API server was found whose policies do not see that. */
  | { kind: 'NotSeen'; lease: string; reason: 'ClockStands'; renewTime: string }
  | { kind: 'NotSeen'; lease: string; reason: 'ClockUnanswered' }
  /** The policies cannot go by it. */
  | {
      kind: 'Unusable';
      lease: string;
      reason: 'LeaseNotFound' | 'LeaseNotRead' | 'LeaseStale' | 'LeaseAhead';
    };

/**
 * Whether a Lease tells the time.
 *
 * @param lease namespace and name, for people
 * @param renewTime as in its spec; undefined when it has none
 */
export function leaseState(lease: string, renewTime: string | undefined, now: Date): LeaseState {
  if (isStale(renewTime, now)) return { kind: 'Unusable', lease, reason: 'LeaseStale' };
  if (ageMs(renewTime, now) < -AHEAD_MS) return { kind: 'Unusable', lease, reason: 'LeaseAhead' };
  return { kind: 'Renewed', lease };
}

/** Whether a Lease of this time is older than a change of leader explains. */
export function isStale(renewTime: string | undefined, now: Date): boolean {
  return !(ageMs(renewTime, now) <= STALE_MS);
}

/** NaN for what is no time. */
function ageMs(renewTime: string | undefined, now: Date): number {
  return now.getTime() - Date.parse(renewTime ?? '');
}
