import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli, SAMPLE_FILES } from '../../../test/support/run-cli.ts';

const YEAR = ['--from', '2027-01-01', '--to', '2028-01-01'];
const GOLDEN = new URL('../../../test/golden/year.csv', import.meta.url);

const simulate = async (...args: string[]): Promise<string> => {
  const result = await runCli(['simulate', ...args, ...SAMPLE_FILES]);
  expect(result).toMatchObject({ exitCode: 0, stderr: '' });
  return result.stdout;
};

interface Row {
  at: string;
  floor: number;
  desired: number;
  frozen: boolean;
  because: string;
}

/** The default table and the samples, written down a second time. */
const SEASONS = [1.2, 1.4, 1.8, 2, 2.5, 3, 2.8, 2.8, 2.5, 1.5, 1.3, 1.2];
const FREEZES = [
  ['2027-06-05T07:30:00Z', '2027-06-06T04:00:00Z'],
  ['2027-06-11T21:00:00Z', '2027-06-12T15:30:00Z'],
  ['2027-07-23T23:00:00Z', '2027-07-24T05:00:00Z'],
  ['2027-08-28T15:00:00Z', '2027-08-29T08:30:00Z'],
  ['2027-10-30T07:00:00Z', '2027-10-31T05:30:00Z'],
] as const;

function expectedAt(at: string): [number, boolean] {
  const local = Temporal.Instant.from(at).toZonedDateTimeISO('Europe/London');
  const peak = local.hour >= 18 && local.hour < 20 ? 2 : 1;
  const pods = Math.ceil(Number((4 * (SEASONS[local.month - 1] ?? 0) * peak).toFixed(9)));
  return [pods, FREEZES.some(([from, until]) => from <= at && at < until)];
}

const WEDDINGS_A_YEAR = 600;
const MS_A_DAY = 86_400_000;
const API_VERSION = 'presence.wedsync.io/v1alpha1';

/** A presence tier of small pods, so that one wedding is worth pods of its own. */
function sampleInMode(mode: string): object {
  return {
    apiVersion: API_VERSION,
    kind: 'PresenceCluster',
    metadata: { name: 'wedsync', namespace: 'weddings' },
    spec: {
      timeZone: 'Europe/London',
      presence: { maxConnectionsPerPod: 10 },
      scaling: { mode, baselineReplicas: 1, peaks: [] },
    },
  };
}

function bookedDay(index: number): object {
  const day = new Date(Date.UTC(2027, 0, 1) + Math.floor((index * 365) / WEDDINGS_A_YEAR) * MS_A_DAY);
  return {
    apiVersion: API_VERSION,
    kind: 'Wedding',
    metadata: { name: `w${index}`, namespace: 'weddings' },
    spec: {
      date: day.toISOString().slice(0, 10),
      ceremony: '15:00',
      ends: '01:00',
      timeZone: 'Europe/London',
      state: 'Confirmed',
      team: { catering: 10 + (index % 40) },
    },
  };
}

describe('simulate', () => {
  it('gives the golden year', async () => {
    expect(await simulate(...YEAR, '-o', 'csv')).toBe(await readFile(GOLDEN, 'utf8'));
  });

  it('agrees with the calendar at every half hour of the year', async () => {
    const rows = JSON.parse(await simulate(...YEAR, '--step', '30m', '-o', 'json')) as Row[];
    expect(rows).toHaveLength(365 * 48);
    const wrong = rows.filter(({ at, floor, desired, frozen }) => {
      const [pods, freeze] = expectedAt(at);
      return floor !== pods || desired !== pods || frozen !== freeze;
    });
    expect(wrong).toEqual([]);
  });

  it('prints a row a change, and each is one', async () => {
    const rows = JSON.parse(await simulate(...YEAR, '-o', 'json')) as Row[];
    const key = ({ floor, desired, frozen }: Row) => [floor, desired, frozen].join();
    const idle = rows.filter((row, index) => index > 0 && key(row) === key(rows[index - 1] as Row));
    expect(rows[0]?.at).toBe('2027-01-01T00:00:00Z');
    expect(idle).toEqual([]);
    const edges = rows.map((row) => row.at);
    expect(edges).toEqual(expect.arrayContaining(FREEZES.flat()));
  });

  it('sums up the year', async () => {
    const summary = JSON.parse(await simulate(...YEAR, '--summary', '-o', 'json')) as Record<string, unknown>;
    const halves = Array.from({ length: 365 * 48 }, (_, index) =>
      new Date(Date.UTC(2027, 0, 1) + index * 1_800_000).toISOString().replace('.000', ''),
    ).map(expectedAt);
    expect(summary).toEqual({
      from: '2027-01-01T00:00:00Z',
      to: '2028-01-01T00:00:00Z',
      podHours: halves.reduce((sum, [pods]) => sum + pods / 2, 0),
      freezeHours: halves.filter(([, frozen]) => frozen).length / 2,
      // 5 to 12 June: 20.5 h and 18.5 h of 720 h.
      openHoursBusiest30Days: 681,
      clockChangeDays: [
        { date: '2027-03-28', hours: 23 },
        { date: '2027-10-31', hours: 25 },
      ],
      conflicts: [],
    });
  });

  it('reports what maxReplicas cuts and weddings that protect nothing', async () => {
    const spec = { timeZone: 'UTC', scaling: { baselineReplicas: 4, maxReplicas: 20 } };
    const wedding = { date: '2027-02-30', timeZone: 'UTC', ceremony: '14:00', team: { venue: 1 } };
    const object = (kind: string, body: object) => ({
      apiVersion: 'presence.wedsync.io/v1alpha1',
      kind,
      metadata: { name: 'x' },
      spec: body,
    });
    const items = [object('PresenceCluster', spec), object('Wedding', wedding)];
    const args = ['--from', '2027-06-01', '--to', '2027-06-11', '--summary', '-o', 'json', '-f', '-'];
    const result = await runCli(['simulate', ...args], { stdin: JSON.stringify({ kind: 'List', items }) });
    const { conflicts } = JSON.parse(result.stdout) as { conflicts: object[] };
    expect(conflicts).toEqual([
      {
        reason: 'MaxReplicas',
        message: 'ceil(4 × 3 (June) × 2 (peak 18:00-20:00 UTC)) = 24, cut to 20 by maxReplicas',
        first: '2027-06-01T18:00:00Z',
        hours: 20,
      },
      {
        reason: 'WeddingSkipped',
        message: 'Wedding x protects nothing: spec.date: 2027-02-30 is not a day of the calendar',
      },
    ]);
  });

  it('plans a year of 600 weddings in 5-minute steps in less than 10 s of work', async () => {
    const before = process.cpuUsage();
    const stdin = [
      sampleInMode('Full'),
      ...Array.from({ length: WEDDINGS_A_YEAR }, (_, index) => bookedDay(index)),
    ];
    const args = ['simulate', '-f', '-', ...YEAR, '--step', '5m', '-o', 'csv'];
    const result = await runCli(args, { stdin: stdin.map((each) => JSON.stringify(each)).join('\n---\n') });
    const { user, system } = process.cpuUsage(before);
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    const rows = result.stdout.trimEnd().split('\n').slice(1);
    expect(rows).toHaveLength(365 * 24 * 12);
    expect(rows.filter((row) => row.includes('Forecast')).length).toBeGreaterThan(10_000);
    expect((user + system) / 1_000_000).toBeLessThan(10);
  });

  it('draws a chart with every step and freeze', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'kubectl-presence-'));
    try {
      const file = path.join(directory, 'year.svg');
      await simulate(...YEAR, '--chart', file);
      const svg = await readFile(file, 'utf8');
      expect(svg.match(/class="freeze"/g)).toHaveLength(FREEZES.length);
      const d = /<path class="pods" d="([^"]+)"/.exec(svg)?.[1] ?? '';
      const rows = (await readFile(GOLDEN, 'utf8')).trimEnd().split('\n').length - 1;
      expect(d.match(/H/g)).toHaveLength(rows);
      expect(d).not.toContain('NaN');
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});
