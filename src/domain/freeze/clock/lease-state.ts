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
  const renewedMs = Date.parse(renewTime ?? '');
  const ageMs = now.getTime() - renewedMs;
  if (Number.isNaN(renewedMs) || ageMs > STALE_MS) return { kind: 'Unusable', lease, reason: 'LeaseStale' };
  if (ageMs < -AHEAD_MS) return { kind: 'Unusable', lease, reason: 'LeaseAhead' };
  return { kind: 'Renewed', lease };
}
