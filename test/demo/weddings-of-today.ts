import type { Weekday } from '../../src/api/schema/fields.ts';
import { formatWallClock } from '../../src/domain/calendar/instant.ts';
import { localDayAt, weekdayOf } from '../../src/domain/calendar/local-time.ts';
import type { KubeObject } from '../../src/platform/kube/resource.ts';

const HOUR_MS = 3_600_000;
const ZONE = 'Europe/London';
/** The names of the Weddings. */
export const COUPLES = [
  'ada-grace',
  'ben-chloe',
  'dev-elin',
  'fay-gus',
  'hana-ivo',
  'jo-kim',
  'liv-mo',
  'nia-omar',
] as const;

/** 25 people: the size of the crews that the demo's clients make. */
const TEAM = { photographer: 2, videographer: 1, venue: 3, catering: 12, planner: 1, other: 6 };
export const CREW_SIZE = Object.values(TEAM).reduce((sum, people) => sum + people, 0);

/** Weddings whose ceremony was an hour ago, so that they are on whenever the demo runs. */
export function weddingsOfToday(namespace: string, now: Date): KubeObject[] {
  const [date, ceremony] = wallClock(now.getTime() - HOUR_MS);
  const [, ends] = wallClock(now.getTime() + 2 * HOUR_MS);
  return COUPLES.map((name) => ({
    apiVersion: 'presence.wedsync.io/v1alpha1',
    kind: 'Wedding',
    metadata: { name, namespace },
    spec: {
      date,
      timeZone: ZONE,
      ceremony,
      ends,
      state: 'Confirmed',
      team: TEAM,
    },
  }));
}

/** The day that must be protected for these weddings to freeze anything. */
export function weekdayOfWeddings(now: Date): Weekday {
  return weekdayOf(localDayAt(ZONE, now.getTime() - HOUR_MS));
}

/** Date and time of day of an instant, as a Wedding has them. */
function wallClock(instantMs: number): [date: string, time: string] {
  const [date = '', time = ''] = formatWallClock(ZONE, new Date(instantMs)).split(' ');
  return [date, time];
}
