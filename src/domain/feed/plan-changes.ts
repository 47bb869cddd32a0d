import type { FeedProblem } from '../../api/v1alpha1/feed-problems.ts';
import type { Wedding } from '../../api/v1alpha1/kinds.ts';
import { LABEL } from '../../api/v1alpha1/names.ts';
import type { WeddingSpec } from '../../api/v1alpha1/wedding.ts';
import { acceptWedding } from '../calendar/wedding-interval.ts';
import { canonicalJson } from '../resources/canonical-json.ts';
import type { Booking } from './booking.ts';
import { KEEP_PAST_MS } from './reading.ts';

export interface NamedBooking extends Booking {
  name: string;
}

export interface PlanInput {
  calendar: string;
  /** What the feed says. */
  bookings: readonly NamedBooking[];
  /** A Wedding of the namespace by name. */
  existing: (name: string) => Wedding | undefined;
  /** The Weddings that carry this calendar's label: the last good copy. */
  ours: readonly Wedding[];
  acceptShrink: number | undefined;
  now: Date;
}

/** What a copy changes; or why it is held, and then nothing changes at all. */
export type ChangePlan =
  | { kind: 'Apply'; apply: NamedBooking[]; remove: Wedding[]; problems: FeedProblem[] }
  | { kind: 'Hold'; message: string };

/**
 * Compares a copy with the Weddings there are. A future Wedding whose event is gone goes too; one that has begun stays
 * until it has been over for 30 days, because feeds drop what has begun. A copy in which more than half of the future
 * weddings are gone is held.
 */
export function planChanges({
  calendar,
  bookings,
  existing,
  ours,
  acceptShrink,
  now,
}: PlanInput): ChangePlan {
  const wanted = new Map<string, NamedBooking>();
  const problems: FeedProblem[] = [];
  const apply: NamedBooking[] = [];
  for (const booking of bookings) {
    const { name, uid } = booking;
    const there = existing(name);
    if (wanted.has(name)) {
      problems.push({
        uid,
        reason: 'Duplicate',
        message: `another booking has the same UID (Wedding ${name})`,
      });
    } else if (there !== undefined && there.metadata.labels?.[LABEL.calendar] !== calendar) {
      problems.push({ uid, reason: 'NameTaken', message: `Wedding ${name} was made by somebody else` });
    } else {
      wanted.set(name, booking);
      if (there === undefined || !sameSpec(there.spec, booking.spec)) apply.push(booking);
    }
  }
  const future = ours.filter(({ spec }) => begins(spec) > now.getTime());
  const vanished = future.filter(({ metadata }) => !wanted.has(metadata.name));
  const left = [...wanted.values()].filter(({ startsAt }) => startsAt > now.getTime()).length;
  if (vanished.length * 2 > future.length && (acceptShrink === undefined || left < acceptShrink)) {
    const message = `${vanished.length} of ${future.length} future weddings are gone from the feed, which has ${left}; set spec.acceptShrink to ${left} to take it`;
    return { kind: 'Hold', message };
  }
  const longOver = ours.filter(
    ({ metadata, spec }) => !wanted.has(metadata.name) && ended(spec) < now.getTime() - KEEP_PAST_MS,
  );
  return { kind: 'Apply', apply, remove: [...vanished, ...longOver], problems };
}

function sameSpec(one: WeddingSpec, other: WeddingSpec): boolean {
  return canonicalJson(one) === canonicalJson(other);
}

/** Weddings that cannot be understood neither begin nor end. */
function begins(spec: WeddingSpec): number {
  const verdict = acceptWedding(spec);
  return verdict.accepted ? verdict.ceremony.getTime() : Number.NEGATIVE_INFINITY;
}

function ended(spec: WeddingSpec): number {
  const verdict = acceptWedding(spec);
  return verdict.accepted ? verdict.ends.getTime() : Number.POSITIVE_INFINITY;
}
