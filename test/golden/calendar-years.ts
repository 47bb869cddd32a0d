import { formatLocalDate, localDayAt } from '../../src/domain/calendar/local-time.ts';
import { runCli } from '../support/run-cli.ts';

/** A year of weddings in one part of the world. */
export interface CalendarYear {
  name: 'northern' | 'southern' | 'indian';
  year: number;
  timeZone: string;
  seasonProfile: 'Northern' | 'Southern';
  /** Days with weddings, and how many. */
  weddings: readonly { date: string; count: number }[];
  ceremony: string;
  ends: string;
  /** Crew of each wedding. */
  people: number;
}

const CONNECTIONS_A_POD = 50;
const MS_A_DAY = 86_400_000;
const SATURDAY = 6;

/** Every Saturday of a year; weddings by month, January first. */
function saturdays(year: number, byMonth: readonly number[]): CalendarYear['weddings'] {
  const found: { date: string; count: number }[] = [];
  for (let at = Date.UTC(year, 0, 1); at < Date.UTC(year + 1, 0, 1); at += MS_A_DAY) {
    const day = new Date(at);
    const count = byMonth[day.getUTCMonth()] as number;
    if (day.getUTCDay() === SATURDAY && count > 0)
      found.push({ date: day.toISOString().slice(0, 10), count });
  }
  return found;
}

/** Auspicious days of 2024 as Indian newspapers had them; a table of months cannot say them. */
const MUHURAT_2024: Readonly<Record<string, readonly number[]>> = {
  '01': [16, 17, 20, 21, 22, 27, 28, 30, 31],
  '02': [4, 6, 7, 8, 12, 13, 17, 24, 25, 26, 29],
  '03': [1, 2, 3, 4, 5, 6, 7, 10, 11, 12],
  '04': [18, 19, 20, 21, 22],
  '11': [12, 13, 17, 18, 22, 23, 25, 26, 28, 29],
  '12': [4, 5, 9, 10, 11, 14, 15, 16],
};

export const CALENDAR_YEARS: readonly CalendarYear[] = [
  {
    name: 'northern',
    year: 2027,
    timeZone: 'Europe/London',
    seasonProfile: 'Northern',
    weddings: saturdays(2027, [1, 2, 3, 4, 8, 10, 12, 14, 12, 5, 2, 2]),
    ceremony: '14:00',
    ends: '01:00',
    people: 20,
  },
  {
    name: 'southern',
    year: 2027,
    timeZone: 'Australia/Sydney',
    seasonProfile: 'Southern',
    weddings: saturdays(2027, [6, 8, 12, 8, 4, 2, 2, 3, 8, 12, 13, 8]),
    ceremony: '15:00',
    ends: '23:30',
    people: 20,
  },
  {
    name: 'indian',
    year: 2024,
    timeZone: 'Asia/Kolkata',
    seasonProfile: 'Northern',
    weddings: Object.entries(MUHURAT_2024).flatMap(([month, days]) =>
      days.map((day) => ({ date: `2024-${month}-${String(day).padStart(2, '0')}`, count: 15 })),
    ),
    ceremony: '20:00',
    ends: '04:00',
    people: 40,
  },
];

export function goldenFile({ name }: CalendarYear): URL {
  return new URL(`./${name}-year.csv`, import.meta.url);
}

/** Objects of the year, for `simulate -f -`. */
function objectsOf(year: CalendarYear): string {
  const { timeZone, seasonProfile, ceremony, ends, people } = year;
  const object = (kind: string, name: string, spec: object): object => ({
    apiVersion: 'presence.wedsync.io/v1alpha1',
    kind,
    metadata: { name, namespace: 'golden' },
    spec,
  });
  const cluster = object('PresenceCluster', year.name, {
    timeZone,
    presence: { maxConnectionsPerPod: CONNECTIONS_A_POD },
    scaling: { mode: 'Full', baselineReplicas: 1, minReplicas: 1, maxReplicas: 60, seasonProfile, peaks: [] },
  });
  const weddings = year.weddings.flatMap(({ date, count }) =>
    Array.from({ length: count }, (_, index) =>
      object('Wedding', `w-${date}-${index}`, { date, timeZone, ceremony, ends, team: { catering: people } }),
    ),
  );
  return JSON.stringify({ kind: 'List', items: [cluster, ...weddings] });
}

/** The most pods of each local day of the year, by `simulate`. */
export async function dailyMaxima(year: CalendarYear): Promise<{ date: string; pods: number }[]> {
  const span = ['--from', `${year.year}-01-01`, '--to', `${year.year + 1}-01-01`];
  const result = await runCli(['simulate', '-f', '-', ...span, '-o', 'json'], { stdin: objectsOf(year) });
  if (result.exitCode !== 0) throw new Error(result.stderr);
  const rows = JSON.parse(result.stdout) as { at: string; desired: number }[];
  const dayOf = (at: string): number => localDayAt(year.timeZone, Date.parse(at));
  const maxima = new Map<number, number>();
  let before: { day: number; pods: number } | undefined;
  for (const { at, desired } of rows) {
    const day = dayOf(at);
    // A number stays until the next row: it is the first one of the days between.
    for (let quiet = (before?.day ?? day) + 1; quiet <= day; quiet += 1) maxima.set(quiet, before?.pods ?? 0);
    maxima.set(day, Math.max(maxima.get(day) ?? 0, desired));
    before = { day, pods: desired };
  }
  const last = dayOf(`${year.year}-12-31T12:00:00Z`);
  for (let quiet = (before?.day ?? last) + 1; quiet <= last; quiet += 1) maxima.set(quiet, before?.pods ?? 0);
  return [...maxima].map(([day, pods]) => ({ date: formatLocalDate(day), pods }));
}

export function maximaCsv(maxima: readonly { date: string; pods: number }[]): string {
  return `date,pods\n${maxima.map(({ date, pods }) => `${date},${pods}\n`).join('')}`;
}
