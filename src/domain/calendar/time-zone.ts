import { offsetIn } from './zones/zone-history.ts';
import { zonesInForce } from './zones/zones-in-force.ts';

const MS_A_SECOND = 1000;

/**
 * Offset of local time from UTC at an instant, in milliseconds, positive east of Greenwich. Before 1970 it is that of
 * 1 January 1970.
 *
 * @throws {RangeError} for a zone that isIanaTimeZone refuses
 */
export function offsetAt(timeZone: string, instantMs: number): number {
  const zone = zonesInForce().zone(timeZone);
  if (zone === undefined) throw new RangeError(`unknown time zone ${timeZone}`);
  return offsetIn(zone, Math.floor(instantMs / MS_A_SECOND)) * MS_A_SECOND;
}
