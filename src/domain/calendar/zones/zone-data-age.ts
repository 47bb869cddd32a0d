import type { ZoneData } from './zone-data.ts';

const MS_A_DAY = 86_400_000;
/** IANA publishes three to ten releases a year, some a few days before they hold. */
export const MAX_ZONE_DATA_AGE_DAYS = 90;

/** The zone data that a process goes by, and the release that its runtime has, for comparison. */
export interface ZoneDataInUse extends Pick<ZoneData, 'version' | 'asOf'> {
  runtimeTzdb: string;
}

/** Whether zone data may be wrong. The message stays the same from day to day. */
export interface ZoneDataFinding {
  reason: 'Current' | 'Old' | 'OlderThanRuntime';
  message: string;
}

const REMEDY = 'mount newer data: docs/how-to/time-zone-data.md';

/** The same as {@link zoneDataWarnings}, in one finding. */
export function zoneDataFinding({ version, asOf, runtimeTzdb }: ZoneDataInUse, now: Date): ZoneDataFinding {
  if (isNewer(runtimeTzdb, version)) {
    const message = `Time zone data ${version} is older than ${runtimeTzdb}, which the image has beside it; ${REMEDY}.`;
    return { reason: 'OlderThanRuntime', message };
  }
  if (daysSince(asOf, now) > MAX_ZONE_DATA_AGE_DAYS) {
    const message = `Time zone data ${version} was known to be the newest on ${asOf}, more than ${MAX_ZONE_DATA_AGE_DAYS} days ago; ${REMEDY}.`;
    return { reason: 'Old', message };
  }
  return { reason: 'Current', message: `Time zone data ${version} was the newest on ${asOf}.` };
}

/**
 * Why zone data may be wrong: nothing newer was looked for in 90 days, or the runtime has a newer release. Empty: it is
 * current as far as can be known.
 */
export function zoneDataWarnings(
  { version, asOf }: Pick<ZoneData, 'version' | 'asOf'>,
  { now, runtimeTzdb }: { now: Date; runtimeTzdb: string },
): string[] {
  const days = daysSince(asOf, now);
  return [
    ...(days > MAX_ZONE_DATA_AGE_DAYS
      ? [`zone data ${version} was the newest ${days} days ago; ${REMEDY}`]
      : []),
    ...(isNewer(runtimeTzdb, version)
      ? [`zone data ${version} is older than ${runtimeTzdb} of the runtime; ${REMEDY}`]
      : []),
  ];
}

function daysSince(day: string, now: Date): number {
  return Math.floor((now.getTime() - Date.parse(day)) / MS_A_DAY);
}

const RELEASE = /^\d{4}[a-z]{1,2}$/;

/** Whether one release of the IANA table came after another: `2026f` after `2026c`, `2026aa` after `2026z`. */
export function isNewer(a: string, b: string): boolean {
  if (!RELEASE.test(a) || !RELEASE.test(b)) return false;
  const [yearA, yearB] = [a.slice(0, 4), b.slice(0, 4)];
  if (yearA !== yearB) return yearA > yearB;
  return a.length === b.length ? a > b : a.length > b.length;
}
