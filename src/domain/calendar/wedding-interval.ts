import type { WEDDING_CONDITIONS } from '../../api/v1alpha1/conditions.ts';
import type { WeddingSpec } from '../../api/v1alpha1/wedding.ts';
import { isIanaTimeZone, zoneRefusal } from './iana-zone.ts';
import { parseLocalDate, parseTimeOfDay } from './local-time.ts';
import { localWindow } from './local-window.ts';

export type WeddingRefusal = Exclude<keyof typeof WEDDING_CONDITIONS.Accepted.reasons, 'Accepted'>;

/** When a wedding is, or why that cannot be said. `reason` is one of condition Accepted. */
export type WeddingAcceptance =
  | { accepted: true; ceremony: Date; ends: Date }
  | { accepted: false; reason: WeddingRefusal; message: string };

type When = Pick<WeddingSpec, 'date' | 'timeZone' | 'ceremony' | 'ends'>;

/** Resolves the local times of a wedding in its own zone. */
export function acceptWedding(spec: When): WeddingAcceptance {
  if (!isIanaTimeZone(spec.timeZone)) {
    return {
      accepted: false,
      reason: 'UnknownTimeZone',
      message: `spec.timeZone: ${zoneRefusal(spec.timeZone)}`,
    };
  }
  const day = parseLocalDate(spec.date);
  if (day === undefined) {
    return {
      accepted: false,
      reason: 'InvalidDate',
      message: `spec.date: ${spec.date} is not a day of the calendar`,
    };
  }
  const window = localWindow(spec.timeZone, day, parseTimeOfDay(spec.ceremony), parseTimeOfDay(spec.ends));
  return { accepted: true, ceremony: new Date(window.from), ends: new Date(window.until) };
}

/**
 * First and last instant of a wedding: its ceremony and the end of the party, which is on the next day when its time
 * is not after the ceremony's.
 *
 * @throws {RangeError} for an unknown zone or an impossible date
 */
export function weddingInterval(spec: When): { ceremony: Date; ends: Date } {
  const acceptance = acceptWedding(spec);
  if (!acceptance.accepted) throw new RangeError(acceptance.message);
  return { ceremony: acceptance.ceremony, ends: acceptance.ends };
}
