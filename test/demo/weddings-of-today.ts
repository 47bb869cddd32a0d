import { TZDate } from '@date-fns/tz';
import { format } from 'date-fns';
import { WEEKDAYS, type Weekday } from '../../src/api/schema/fields.ts';
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
  const ceremony = new TZDate(now.getTime() - HOUR_MS, ZONE);
  const ends = new TZDate(now.getTime() + 2 * HOUR_MS, ZONE);
  return COUPLES.map((name) => ({
    apiVersion: 'presence.wedsync.io/v1alpha1',
    kind: 'Wedding',
    metadata: { name, namespace },
    spec: {
      date: format(ceremony, 'yyyy-MM-dd'),
      timeZone: ZONE,
      ceremony: format(ceremony, 'HH:mm'),
      ends: format(ends, 'HH:mm'),
      state: 'Confirmed',
      team: TEAM,
    },
  }));
}

/** The day that must be protected for these weddings to freeze anything. */
export function weekdayOfWeddings(now: Date): Weekday {
  const ceremony = new TZDate(now.getTime() - HOUR_MS, ZONE);
  return WEEKDAYS[(ceremony.getDay() + 6) % 7] as Weekday;
}
