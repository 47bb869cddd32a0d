import type { WeddingSpec, WeddingStatus } from '../../api/v1alpha1/wedding.ts';

export type WeddingPhase = NonNullable<WeddingStatus['phase']>;

/** Where a wedding is by the clock: Active from the ceremony until the end of the party. */
export function weddingPhase(
  state: WeddingSpec['state'],
  interval: { ceremony: Date; ends: Date },
  now: Date,
): WeddingPhase {
  if (state === 'Cancelled') return 'Cancelled';
  if (state === 'Done' || now >= interval.ends) return 'Over';
  return now < interval.ceremony ? 'Upcoming' : 'Active';
}
