import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli, spawnCli } from '../../../test/support/run-cli.ts';
import shipped from '../../domain/calendar/zones/shipped-zones.json' with { type: 'json' };
import { isNewer, zoneDataFinding, zoneDataWarnings } from '../../domain/calendar/zones/zone-data-age.ts';
import { SHIPPED_ZONES } from '../../domain/calendar/zones/zones-in-force.ts';

let folder: string;
/** As shipped, but Winnipeg as it was before 2026d: back to standard time each November. */
let older: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'kubectl-presence-'));
  older = path.join(folder, 'older.json');
  const zones: Record<string, string> = { ...shipped.zones };
  const names = Object.keys(zones).find((each) => each.includes('America/Winnipeg')) ?? '';
  zones[names] = '-21600 -18000|||CST6CDT,M3.2.0,M11.1.0';
  await writeFile(older, JSON.stringify({ ...shipped, version: '2026c', asOf: '2026-03-01', zones }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const WEDDINGS = JSON.stringify({
  kind: 'List',
  items: ['America/Winnipeg', 'Europe/London'].map((timeZone, index) => ({
    apiVersion: 'presence.wedsync.io/v1alpha1',
    kind: 'Wedding',
    metadata: { name: `w${index}`, namespace: 'weddings' },
    spec: { date: '2027-01-16', timeZone, ceremony: '14:00', ends: '23:00', team: { venue: 3 } },
  })),
});

const CLUSTER = {
  apiVersion: 'presence.wedsync.io/v1alpha1',
  kind: 'PresenceCluster',
  metadata: { name: 'wedsync', namespace: 'weddings' },
  spec: { timeZone: 'Europe/London' },
  status: {
    zoneData: '2026c',
    conditions: [
      {
        type: 'ZoneDataCurrent',
        status: 'False',
        reason: 'Old',
        message: 'Time zone data 2026c was known to be the newest on 2026-03-01.',
        lastTransitionTime: '2026-06-01T00:00:00Z',
      },
    ],
  },
};

describe('zones status', () => {
  const status = (object: object, ...args: string[]) =>
    runCli(['zones', 'status', '-f', '-', ...args], { stdin: JSON.stringify(object) });

  it('shows the data of the operator, whether it is old, and that it is another than ours', async () => {
    const { stdout } = await status(CLUSTER);
    expect(stdout).toMatch(/^weddings\/wedsync +2026c +False +Time zone data 2026c was known/m);
    expect(stdout).toContain(`This program goes by ${SHIPPED_ZONES.version}`);
    expect(JSON.parse((await status(CLUSTER, '-o', 'json')).stdout)).toEqual({
      tzdb: SHIPPED_ZONES.version,
      presenceClusters: [
        {
          namespace: 'weddings',
          name: 'wedsync',
          zoneData: '2026c',
          current: 'False',
          message: 'Time zone data 2026c was known to be the newest on 2026-03-01.',
        },
      ],
    });
  });

  it('says when the operator has said nothing', async () => {
    expect((await status({ ...CLUSTER, status: undefined })).stdout).toMatch(/weddings\/wedsync +- +Unknown/);
  });
});

describe('zones diff', () => {
  it('lists the Weddings that the other data places at another time', async () => {
    const args = ['zones', 'diff', '--with', older, '-f', '-'];
    const { stdout } = await runCli([...args, '-o', 'json'], { stdin: WEDDINGS });
    expect(JSON.parse(stdout)).toEqual({
      from: SHIPPED_ZONES.version,
      to: '2026c',
      weddings: [
        {
          namespace: 'weddings',
          name: 'w0',
          timeZone: 'America/Winnipeg',
          date: '2027-01-16',
          inForce: { ceremony: '2027-01-16T19:00:00Z', ends: '2027-01-17T04:00:00Z' },
          other: { ceremony: '2027-01-16T20:00:00Z', ends: '2027-01-17T05:00:00Z' },
        },
      ],
      notCompared: 0,
    });
    const text = await runCli(args, { stdin: WEDDINGS });
    expect(text.stdout).toContain('weddings/w0');
    expect(text.stderr).toBe(`${older}: 2026c is older than ${SHIPPED_ZONES.version}, the data in force\n`);
  });

  it('says so when there is nothing to compare with', async () => {
    const { stdout } = await runCli(['zones', 'diff', '-f', '-'], { stdin: WEDDINGS });
    expect(stdout).toContain('Nothing was compared: no Wedding has times');
  });

  it('without a file lists the Weddings that the operator has placed at another time', async () => {
    const { items } = JSON.parse(WEDDINGS);
    const placed = (startsAt: string, endsAt: string) => ({ observedGeneration: 2, startsAt, endsAt });
    const metadata = (name: string) => ({ name, namespace: 'weddings', generation: 2 });
    const list = {
      kind: 'List',
      items: [
        // By 2026c, which has Winnipeg an hour later.
        {
          ...items[0],
          metadata: metadata('winnipeg'),
          status: placed('2027-01-16T20:00:00Z', '2027-01-17T05:00:00Z'),
        },
        {
          ...items[1],
          metadata: metadata('london'),
          status: placed('2027-01-16T14:00:00Z', '2027-01-16T23:00:00Z'),
        },
        // Its spec has changed since.
        { ...items[0], metadata: { ...metadata('changed'), generation: 3 }, status: placed('x', 'y') },
        CLUSTER,
      ],
    };
    const { stdout, stderr } = await runCli(['zones', 'diff', '-f', '-', '-o', 'json'], {
      stdin: JSON.stringify(list),
    });
    expect(JSON.parse(stdout)).toMatchObject({
      from: SHIPPED_ZONES.version,
      to: '2026c',
      notCompared: 1,
      weddings: [
        {
          name: 'winnipeg',
          inForce: { ceremony: '2027-01-16T19:00:00Z', ends: '2027-01-17T04:00:00Z' },
          other: { ceremony: '2027-01-16T20:00:00Z', ends: '2027-01-17T05:00:00Z' },
        },
      ],
    });
    expect(stderr).toBe(`the operator: 2026c is older than ${SHIPPED_ZONES.version}, the data in force
`);
    const text = await runCli(['zones', 'diff', '-f', '-'], { stdin: JSON.stringify(list) });
    expect(text.stdout).toContain('Not compared, because status has no times of their spec: 1.');
  });

  it('refuses a file that does not exist', async () => {
    const file = path.join(folder, 'missing.json');
    expect(await runCli(['zones', 'diff', '--with', file, '-f', '-'], { stdin: WEDDINGS })).toMatchObject({
      exitCode: 1,
      stderr: `error: ${file}: does not exist\n`,
    });
  });

  it('refuses a file that is none', async () => {
    const file = path.join(folder, 'none.json');
    await writeFile(file, '{"format": "tz"}');
    expect(await runCli(['zones', 'diff', '--with', file, '-f', '-'], { stdin: WEDDINGS })).toMatchObject({
      exitCode: 1,
      stderr: `error: ${file}: format: must be "presence-zone-data/1"\n`,
    });
  });
});

describe('ZONE_DATA_FILE', () => {
  it('replaces the shipped data', async () => {
    const result = await spawnCli(['zones', 'show', '-o', 'json'], '', { ZONE_DATA_FILE: older });
    expect(JSON.parse(result.stdout)).toMatchObject({ version: '2026c', asOf: '2026-03-01' });
  });

  it('is refused as a whole when it is wrong', async () => {
    const file = path.join(folder, 'wrong.json');
    await writeFile(file, '{');
    expect(await spawnCli(['version'], '', { ZONE_DATA_FILE: file })).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringMatching(/^error: ZONE_DATA_FILE .*wrong\.json: /),
    });
  });
});

describe('zones build', () => {
  it('makes a file of the zones of this machine that it then takes', async () => {
    const built = await runCli(['zones', 'build', '/usr/share/zoneinfo', '--as-of', '2026-11-30']);
    // A machine without the package has nothing to build from, and says so.
    if (built.exitCode !== 0) {
      expect(built.stderr).toContain('/usr/share/zoneinfo: ');
      return;
    }
    const file = path.join(folder, 'built.json');
    await writeFile(file, built.stdout);
    const { stdout } = await runCli(['zones', 'diff', '--with', file, '-f', '-', '-o', 'json'], {
      stdin: WEDDINGS,
    });
    expect(JSON.parse(stdout)).toMatchObject({ from: SHIPPED_ZONES.version });
  });

  it('refuses what is no folder', async () => {
    expect(await runCli(['zones', 'build', older])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('is not a folder'),
    });
  });
});

describe('the age of zone data', () => {
  const data = { version: '2026f', asOf: '2026-11-30' };

  it('is a warning after 90 days, and when the runtime has a newer release', () => {
    const at = (day: string, runtimeTzdb = '2026c') =>
      zoneDataWarnings(data, { now: new Date(day), runtimeTzdb });
    expect(at('2027-02-28')).toEqual([]);
    expect(at('2027-03-01')).toEqual([expect.stringContaining('zone data 2026f was the newest 91 days ago')]);
    expect(at('2026-12-01', '2027a')).toEqual([
      expect.stringContaining('is older than 2027a of the runtime'),
    ]);
  });

  it('is one finding that stays the same from day to day', () => {
    const at = (day: string, runtimeTzdb = '2026c') =>
      zoneDataFinding({ ...data, runtimeTzdb }, new Date(day));
    expect(at('2027-02-28').reason).toBe('Current');
    expect(at('2027-03-01').reason).toBe('Old');
    expect(at('2027-04-01')).toEqual(at('2027-03-01'));
    expect(at('2026-12-01', '2027a').reason).toBe('OlderThanRuntime');
  });

  it('orders releases', () => {
    expect([isNewer('2027a', '2026f'), isNewer('2026f', '2026c'), isNewer('2026aa', '2026z')]).toEqual([
      true,
      true,
      true,
    ]);
    expect([isNewer('2026f', '2026f'), isNewer('2026c', '2026f'), isNewer('unknown', '2026f')]).toEqual([
      false,
      false,
      false,
    ]);
  });
});
