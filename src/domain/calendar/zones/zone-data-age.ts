import type { ZoneData } from './zone-data.ts';

const MS_A_DAY = 86_400_000;
/** IANA publishes three to ten releases a year, some a few days before they hold. */
export const MAX_ZONE_DATA_AGE_DAYS = 90;

/**
 * Why zone data may be wrong: nothing newer was looked for in 90 days, or the runtime has a newer release. Empty: it is
 * current as far as can be known.
 */
export function zoneDataWarnings(
  { version, asOf }: Pick<ZoneData, 'version' | 'asOf'>,
  { now, runtimeTzdb }: { now: Date; runtimeTzdb: string },
): string[] {
  const days = Math.floor((now.getTime() - Date.parse(asOf)) / MS_A_DAY);
  const remedy = 'mount newer data: docs/how-to/time-zone-data.md';
  return [
    ...(days > MAX_ZONE_DATA_AGE_DAYS
      ? [`zone data ${version} was the newest ${days} days ago; ${remedy}`]
      : []),
    ...(isNewer(runtimeTzdb, version)
      ? [`zone data ${version} is older than ${runtimeTzdb} of the runtime; ${remedy}`]
      : []),
  ];
}

const RELEASE = /^\d{4}[a-z]{1,2}$/;

/** Whether one release of the IANA table came after another: `2026f` after `2026c`, `2026aa` after `2026z`. */
export function isNewer(a: string, b: string): boolean {
  if (!RELEASE.test(a) || !RELEASE.test(b)) return false;
  const [yearA, yearB] = [a.slice(0, 4), b.slice(0, 4)];
  if (yearA !== yearB) return yearA > yearB;
  return a.length === b.length ? a > b : a.length > b.length;
}
