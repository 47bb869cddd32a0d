import { teamSize, type WeddingSpec } from '../../../api/v1alpha1/wedding.ts';
import { acceptWedding } from '../../calendar/wedding-interval.ts';

/** A booked wedding as far as it brings load. Times are milliseconds since the epoch. */
export interface Booking {
  /** The same wedding twice counts once. */
  id: string;
  ceremony: number;
  ends: number;
  /** People of its crew. */
  people: number;
}

/**
 * The load that a wedding books; undefined when it brings none: cancelled or done, or its times are not understood. A
 * planned one counts: its crew plans to come.
 */
export function bookingOf(id: string, spec: WeddingSpec): Booking | undefined {
  if (spec.state === 'Cancelled' || spec.state === 'Done') return undefined;
  const times = acceptWedding(spec);
  if (!times.accepted) return undefined;
  return {
    id,
    ceremony: times.ceremony.getTime(),
    ends: times.ends.getTime(),
    people: teamSize(spec.team),
  };
}
