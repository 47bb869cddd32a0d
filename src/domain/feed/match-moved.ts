import type { Wedding } from '../../api/v1alpha1/kinds.ts';
import { ANNOTATION } from '../../api/v1alpha1/names.ts';
import type { WeddingSpec } from '../../api/v1alpha1/wedding.ts';
import { MS_A_DAY } from '../calendar/local-time.ts';
import { acceptWedding } from '../calendar/wedding-interval.ts';
import type { NamedBooking } from './booking.ts';

/** An occurrence that is moved further is another wedding. */
const NEAR_MS = MS_A_DAY;

export interface Moved {
  /** Bookings that are a Wedding there is, under another UID or at another time; by the name of that Wedding. */
  adopted: Map<string, NamedBooking>;
  /** Weddings whose UID has as many other bookings: moved further, and so no loss. */
  replaced: Set<string>;
}

/**
 * Finds the Weddings of bookings that have a new name: some exporters make new UIDs each time, and the occurrences of a series
 * that is moved have other original starts. A Wedding that is at the same time as a booking is that one; so is one of the same
 * UID within a day of it.
 *
 * @param gone Weddings that no booking is named as
 * @param fresh bookings that no Wedding is named as
 */
export function matchMoved(gone: readonly Wedding[], fresh: readonly NamedBooking[]): Moved {
  const moved: Moved = { adopted: new Map(), replaced: new Set() };
  const byTime = Map.groupBy(fresh, ({ spec }) => timesOf(spec));
  const used = new Set<NamedBooking>();
  const left = gone.filter(({ metadata, spec }) => {
    const booking = byTime.get(timesOf(spec))?.find((each) => !used.has(each));
    if (booking === undefined) return true;
    used.add(booking);
    moved.adopted.set(metadata.name, booking);
    return false;
  });
  const byUid = Map.groupBy(
    fresh.filter((booking) => !used.has(booking)),
    ({ uid }) => uid,
  );
  for (const wedding of left) matchByUid(wedding, byUid, moved);
  return moved;
}

/** UID of the event that a Wedding was made of. */
export function uidOf({ metadata }: Wedding): string | undefined {
  return metadata.annotations?.[ANNOTATION.feedUid];
}

function matchByUid(wedding: Wedding, byUid: ReadonlyMap<string, NamedBooking[]>, moved: Moved): void {
  const written = uidOf(wedding);
  if (written === undefined) return;
  // The annotation has the occurrence behind the UID, which may itself have spaces.
  const candidates = byUid.get(written) ?? byUid.get(written.slice(0, written.lastIndexOf(' ')));
  if (candidates === undefined || candidates.length === 0) return;
  const startsAt = beginning(wedding.spec);
  const near = candidates.findIndex((booking) => Math.abs(booking.startsAt - startsAt) <= NEAR_MS);
  const [booking] = candidates.splice(Math.max(0, near), 1);
  if (near < 0 || booking === undefined) moved.replaced.add(wedding.metadata.name);
  else moved.adopted.set(wedding.metadata.name, booking);
}

function timesOf({ date, timeZone, ceremony, ends }: WeddingSpec): string {
  return `${date} ${ceremony} ${ends} ${timeZone}`;
}

function beginning(spec: WeddingSpec): number {
  const verdict = acceptWedding(spec);
  return verdict.accepted ? verdict.ceremony.getTime() : Number.NEGATIVE_INFINITY;
}
