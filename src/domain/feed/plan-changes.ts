import type { FeedProblem } from '../../api/v1alpha1/feed-problems.ts';
import type { Wedding } from '../../api/v1alpha1/kinds.ts';
import { LABEL } from '../../api/v1alpha1/names.ts';
import type { WeddingSpec } from '../../api/v1alpha1/wedding.ts';
import { acceptWedding } from '../calendar/wedding-interval.ts';
import { canonicalJson } from '../resources/canonical-json.ts';
import type { NamedBooking } from './booking.ts';
import { matchMoved, uidOf } from './match-moved.ts';
import { KEEP_PAST_MS } from './reading.ts';

export interface PlanInput {
  calendar: string;
  /** What the feed says. */
  bookings: readonly NamedBooking[];
  /** A Wedding of the namespace by name. */
  existing: (name: string) => Wedding | undefined;
  /** The Weddings that carry this calendar's label: the last good copy. */
  ours: readonly Wedding[];
  /** UIDs of events of the feed that could not be read. */
  unread: readonly string[];
  acceptShrink: number | undefined;
  now: Date;
}

/** What a copy changes; or why it is held, and then nothing changes at all. */
export type ChangePlan =
  | { kind: 'Apply'; apply: NamedBooking[]; remove: Wedding[]; problems: FeedProblem[] }
  | { kind: 'Hold'; message: string };

/**
 * Compares a copy with the Weddings there are. A future Wedding whose event is gone goes too; one whose event cannot be read
 * stays; one that has begun stays until it has been over for 30 days, because feeds drop what has begun. A copy in which more
 * than half of the future weddings are gone is held; what was moved or got a new UID is not gone, and keeps its Wedding.
 */
export function planChanges(input: PlanInput): ChangePlan {
  const { ours, unread, acceptShrink, now } = input;
  const { wanted, problems } = named(input);
  const gone = ours.filter(({ metadata }) => !wanted.has(metadata.name));
  const fresh = [...wanted.values()].filter(({ name }) => input.existing(name) === undefined);
  const { adopted, replaced } = matchMoved(gone, fresh);
  for (const [name, booking] of adopted) {
    wanted.delete(booking.name);
    wanted.set(name, { ...booking, name });
  }
  const stays = new Set(unread);
  const future = ours.filter(({ spec }) => begins(spec) > now.getTime());
  const vanished = future.filter(
    (wedding) => !wanted.has(wedding.metadata.name) && !isOccurrenceOf(wedding, stays),
  );
  const lost = vanished.filter(({ metadata }) => !replaced.has(metadata.name)).length;
  const left = [...wanted.values()].filter(({ startsAt }) => startsAt > now.getTime()).length;
  if (lost * 2 > future.length && (acceptShrink === undefined || left < acceptShrink)) {
    const message = `${lost} of ${future.length} future weddings are gone from the feed, which has ${left}; set spec.acceptShrink to ${left} to take it`;
    return { kind: 'Hold', message };
  }
  const longOver = ours.filter(
    ({ metadata, spec }) => !wanted.has(metadata.name) && ended(spec) < now.getTime() - KEEP_PAST_MS,
  );
  const apply = [...wanted.values()].filter(({ name, spec }) => {
    const there = input.existing(name);
    return there === undefined || !sameSpec(there.spec, spec);
  });
  return { kind: 'Apply', apply, remove: [...vanished, ...longOver], problems };
}

/** The bookings that may have their name, by that. */
function named({ calendar, bookings, existing }: PlanInput): {
  wanted: Map<string, NamedBooking>;
  problems: FeedProblem[];
} {
  const wanted = new Map<string, NamedBooking>();
  const problems: FeedProblem[] = [];
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
      problems.push({ uid, reason: 'NameTaken', message: `Wedding ${name} belongs to another owner` });
    } else wanted.set(name, booking);
  }
  return { wanted, problems };
}

/** Whether a Wedding is an occurrence of one of some events. */
function isOccurrenceOf(wedding: Wedding, uids: ReadonlySet<string>): boolean {
  const written = uidOf(wedding) ?? '';
  return uids.has(written) || uids.has(written.slice(0, written.lastIndexOf(' ')));
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
