import { offsetAt } from '../../src/domain/calendar/time-zone.ts';

/**
 * Zones of the runtime's table whose clock changes in a span of time are those of the table in force, and the others:
 * a release of the table lies between the two, and Temporal cannot judge them.
 *
 * @param from milliseconds since the epoch
 * @param until milliseconds since the epoch
 */
export function zonesThatAgree(from: number, until: number): { agree: string[]; differ: string[] } {
  const zones = Intl.supportedValuesOf('timeZone');
  const agree = zones.filter((zone) => agrees(zone, from, until));
  return { agree, differ: zones.filter((zone) => !agree.includes(zone)) };
}

function agrees(zone: string, from: number, until: number): boolean {
  let at = Temporal.Instant.fromEpochMilliseconds(from).toZonedDateTimeISO(zone);
  for (;;) {
    const next = at.getTimeZoneTransition('next');
    const end = next === null || next.epochMilliseconds > until ? until : next.epochMilliseconds - 1;
    const same = [at.epochMilliseconds, end].every(
      (instant) => offsetAt(zone, instant) === at.offsetNanoseconds / 1e6,
    );
    if (!same) return false;
    if (next === null || next.epochMilliseconds > until) return true;
    at = next;
  }
}
