import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliOptions, runCli, SAMPLE_FILES } from '../../test/support/run-cli.ts';
import { SHIPPED_ZONES } from '../domain/calendar/zones/zones-in-force.ts';

async function json(args: string[], options: CliOptions = {}) {
  const result = await runCli([...args, '-o', 'json'], options);
  expect(result.stderr).toBe('');
  expect(result.exitCode).toBe(0);
  return JSON.parse(result.stdout) as Record<string, unknown>;
}

const PRESENCE_CLUSTER = {
  apiVersion: 'presence.wedsync.io/v1alpha1',
  kind: 'PresenceCluster',
  metadata: { name: 'small', namespace: 'weddings' },
  spec: { timeZone: 'Europe/London' },
};

function presenceCluster(spec: Record<string, unknown>, name = 'small') {
  return JSON.stringify({ ...PRESENCE_CLUSTER, metadata: { name }, spec: { timeZone: 'UTC', ...spec } });
}

describe('explain', () => {
  it('prints the promised JSON', async () => {
    expect(await json(['explain', 'wedsync', '--at', '2027-06-05T18:30', ...SAMPLE_FILES])).toEqual({
      name: 'wedsync',
      namespace: 'weddings',
      at: '2027-06-05T17:30:00Z',
      timeZone: 'Europe/London',
      desired: 24,
      floor: 24,
      winner: 'Calendar',
      because: 'ceil(4 × 3 (June) × 2 (peak 18:00-20:00 Europe/London)) = 24',
      candidates: [
        {
          source: 'Calendar',
          replicas: 24,
          because: 'ceil(4 × 3 (June) × 2 (peak 18:00-20:00 Europe/London)) = 24',
        },
        { source: 'Minimum', replicas: 2, because: 'minReplicas = 2' },
      ],
      inputs: {
        mode: 'Multipliers',
        baseline: 4,
        season: 3,
        month: 6,
        peak: 2,
        minReplicas: 2,
        maxReplicas: 60,
        activeWeddings: 2,
        teamMembers: 48,
      },
      clamps: [],
      frozen: {
        active: true,
        from: '2027-06-05T07:30:00Z',
        until: '2027-06-06T04:00:00Z',
        reason: '2 weddings',
        weddings: [expect.stringMatching(/^[0-9a-f]{16}$/), expect.stringMatching(/^[0-9a-f]{16}$/)],
      },
      nextChange: {
        at: '2027-06-05T19:00:00Z',
        expect: 12,
        because: 'peak 18:00-20:00 Europe/London ends',
      },
      tzdb: SHIPPED_ZONES.version,
    });
  });

  it('writes names of weddings for people, and says the arithmetic', async () => {
    const { stdout } = await runCli(['explain', '--at', '2027-06-05T17:30:00Z', ...SAMPLE_FILES]);
    expect(stdout).toContain('ada-and-grace');
    expect(stdout).toContain('ceil(4 × 3 (June) × 2 (peak 18:00-20:00 Europe/London)) = 24');
    expect(stdout).toContain('2027-06-05 18:30 Europe/London');
  });

  it.each([
    ['2027-10-31T01:30', '2027-10-31T00:30:00Z'],
    ['2027-03-28T01:30', '2027-03-28T01:30:00Z'],
    ['2027-06-05', '2027-06-04T23:00:00Z'],
    ['2027-06-05T18:00:00-03:30', '2027-06-05T21:30:00Z'],
    ['2027-06-05T18:00:30.5Z', '2027-06-05T18:00:30Z'],
  ])('--at %s is %s', async (at, expected) => {
    expect(await json(['explain', '--at', at, ...SAMPLE_FILES])).toMatchObject({ at: expected });
  });

  it('reads many documents of YAML and a List of JSON from stdin', async () => {
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [PRESENCE_CLUSTER] });
    expect(await json(['explain', '-f', '-', '--at', '2027-06-05'], { stdin: list })).toMatchObject({
      name: 'small',
      inputs: { baseline: 2, maxReplicas: 60 },
    });
    const texts = await Promise.all(
      SAMPLE_FILES.filter((arg) => arg !== '-f').map((file) => readFile(file, 'utf8')),
    );
    const stdin = texts.join('\n---\n');
    expect(await json(['explain', '-f', '-', '--at', '2027-06-05T18:30'], { stdin })).toMatchObject({
      desired: 24,
      inputs: { activeWeddings: 2 },
    });
  });
});

describe('objects that cannot be used', () => {
  const broken = async (stdin: string, ...args: string[]) => {
    const result = await runCli(['explain', '-f', '-', ...args], { stdin });
    expect(result.stdout).toBe('');
    expect(result.exitCode).toBe(1);
    return result.stderr;
  };

  it('name file, document, object and field', async () => {
    const bad = presenceCluster({ scaling: { minReplicas: 9, maxReplicas: 3, peaks: [{ from: '18' }] } });
    const text = await broken(`${presenceCluster({}, 'good')}\n---\n${bad}`);
    expect(text).toContain('stdin, document 2 (PresenceCluster small): spec.scaling.peaks[0].from:');
    expect(text).toContain('(got "18")');
    expect(text).toContain('spec.scaling.peaks[0].to:');
  });

  it.each([
    ['a typing error', { scaling: { baseline: 4 } }, 'spec.scaling.baseline: unknown field'],
    ['a number out of range', { redis: { shards: 2 } }, 'spec.redis.shards:'],
    [
      'limits in the wrong order',
      { scaling: { minReplicas: 9, maxReplicas: 3 } },
      'spec.scaling.minReplicas:',
    ],
    ['an unknown zone', { timeZone: 'Europe/Londn' }, 'UnknownTimeZone: spec.timeZone: Europe/Londn'],
    ['an empty table', { scaling: { seasonMultipliers: {} } }, 'EmptyTable: spec.scaling.seasonMultipliers'],
    [
      'a contradiction',
      {
        scaling: {
          peaks: [
            { from: '18:00', to: '20:00', multiplier: 2 },
            { from: '19:00', to: '21:00', multiplier: 3 },
          ],
        },
      },
      'ContradictoryTable: spec.scaling.peaks[0] (18:00-20:00 × 2) and spec.scaling.peaks[1]',
    ],
  ])('are refused for %s', async (_, spec, message) => {
    expect(await broken(presenceCluster(spec))).toContain(message);
  });

  it.each([
    ['text that is no YAML', 'a: [1', 'stdin: '],
    ['no PresenceCluster', '', 'the files hold no PresenceCluster'],
    [
      'the same object twice',
      `${presenceCluster({})}\n---\n${presenceCluster({})}`,
      'was in stdin, document 1 already',
    ],
    [
      'another version',
      JSON.stringify({ ...PRESENCE_CLUSTER, apiVersion: 'presence.wedsync.io/v1' }),
      'apiVersion: must be presence.wedsync.io/v1alpha1',
    ],
  ])('are refused for %s', async (_, stdin, message) => {
    expect(await broken(stdin)).toContain(message);
  });

  it('are named and passed over when they are not ours', async () => {
    const stdin = `${presenceCluster({})}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n`;
    const result = await runCli(['explain', '-f', '-'], { stdin });
    expect(result.exitCode).toBe(0);
    expect(result.stderr).toBe('stdin, document 2: ConfigMap other is not used\n');
  });

  it('are named as the feed of the calendar that reads them', async () => {
    const result = await runCli(['explain', '-f', 'manifests/samples/']);
    expect(result.exitCode).toBe(0);
    expect(result.stderr).toContain(
      'ConfigMap bookings-feed is the feed of WeddingCalendar bookings: the operator makes Weddings of it, this command does not\n',
    );
    expect(result.stderr).not.toContain('is not used');
  });

  it('are named when the file cannot be read', async () => {
    const result = await runCli(['explain', '-f', '/nonexistent/file.yaml']);
    expect(result).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('/nonexistent/file.yaml:') });
  });
});

describe('wrong use', () => {
  it.each([
    [['bogus']],
    [['explain', '--bogus']],
    [['explain', 'one', 'two']],
    [['simulate', '--from', '2027-01-01']],
    [['simulate', '--from', '2027-01-02', '--to', '2027-01-01']],
    [['simulate', '--from', '2027-01-01', '--to', '2027-01-02', '--step', '0m']],
    [['simulate', '--from', '2027-01-01', '--to', '2027-01-02', '--summary', '-o', 'csv']],
    [['explain', '--at', '2027-02-30']],
    [['explain', '--at', '2027-06-05T25:00']],
    [['explain', '-o', 'xml']],
    [['freeze', 'lift']],
    [[]],
  ])('%j ends with 2 and says so on stderr', async (args) => {
    const result = await runCli(args.length === 0 ? [] : [...args, ...SAMPLE_FILES]);
    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    expect(result.stderr).not.toBe('');
  });

  it('is a missing NAME when there are several', async () => {
    const stdin = `${presenceCluster({}, 'a')}\n---\n${presenceCluster({}, 'b')}`;
    const result = await runCli(['explain', '-f', '-'], { stdin });
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toContain('default/a, default/b');
    expect((await runCli(['explain', 'b', '-f', '-'], { stdin })).exitCode).toBe(0);
    expect((await runCli(['explain', 'c', '-f', '-'], { stdin })).exitCode).toBe(1);
  });
});

describe('help and version', () => {
  it('end with 0 on stdout', async () => {
    const help = await runCli(['simulate', '--help']);
    expect(help).toMatchObject({ exitCode: 0, stderr: '' });
    expect(help.stdout).toContain('kubectl presence simulate wedsync --from 2027-01-01');
    expect(help.stdout).toContain('--kubeconfig');
    const version = await runCli(['--version']);
    expect(version).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+ /) });
  });

  it('list every verb', async () => {
    const { stdout } = await runCli(['--help']);
    for (const verb of ['status', 'explain', 'simulate', 'backtest', 'freeze', 'override']) {
      expect(stdout).toMatch(new RegExp(`^ {2}${verb} `, 'm'));
    }
  });
});

describe('freeze', () => {
  it('check says what would be refused', async () => {
    const during = await json(['freeze', 'check', '--at', '2027-06-06T04:59', ...SAMPLE_FILES]);
    expect(during).toMatchObject({ active: true, until: '2027-06-06T04:00:00Z', source: 'Weddings' });
    expect(during.refused).not.toHaveLength(0);
    const after = await json(['freeze', 'check', '--at', '2027-06-06T05:00', ...SAMPLE_FILES]);
    expect(after).toMatchObject({ active: false, from: '2027-06-11T21:00:00Z', refused: [], held: [] });
  });

  it('list has the windows of 90 days with ids, and names for people', async () => {
    const now = new Date('2027-06-06T03:59:59Z');
    const listed = await json(['freeze', 'list', ...SAMPLE_FILES], { now });
    const head = { namespace: 'weddings', presenceCluster: 'wedsync', source: 'Weddings' };
    const id = expect.stringMatching(/^[0-9a-f]{16}$/);
    expect(listed.windows).toEqual([
      {
        ...head,
        from: '2027-06-05T07:30:00Z',
        until: '2027-06-06T04:00:00Z',
        reason: '2 weddings',
        weddings: [id, id],
      },
      {
        ...head,
        from: '2027-06-11T21:00:00Z',
        until: '2027-06-12T15:30:00Z',
        reason: '1 wedding',
        weddings: [id],
      },
      {
        ...head,
        from: '2027-07-23T23:00:00Z',
        until: '2027-07-24T05:00:00Z',
        reason: '1 wedding',
        weddings: [id],
      },
      {
        ...head,
        from: '2027-08-28T15:00:00Z',
        until: '2027-08-29T08:30:00Z',
        reason: '1 wedding',
        weddings: [id],
      },
    ]);
    const { stdout } = await runCli(['freeze', 'list', ...SAMPLE_FILES], { now });
    expect(stdout).toMatch(/2027-06-05 08:30 +2027-06-06 05:00 +Europe\/London +2 weddings +.*ada-and-grace/);
  });

  it('list tells that nothing is ahead, and of weddings without a time', async () => {
    const wedding = {
      ...PRESENCE_CLUSTER,
      kind: 'Wedding',
      metadata: { name: 'odd', namespace: 'weddings' },
      spec: { date: '2027-02-30', timeZone: 'UTC', ceremony: '14:00', team: { venue: 1 } },
    };
    const stdin = JSON.stringify({ kind: 'List', items: [PRESENCE_CLUSTER, wedding] });
    const result = await runCli(['freeze', 'list', '-f', '-'], { stdin });
    expect(result).toMatchObject({ exitCode: 0, stdout: 'No freeze within 90 days.\n' });
    expect(result.stderr).toContain(
      'Wedding weddings/odd protects nothing: InvalidDate: spec.date: 2027-02-30',
    );
  });
});

describe('status of files', () => {
  it('shows the status that a file holds', async () => {
    const status = {
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'Ready',
          message: 'Redis and all presence pods are ready.',
          lastTransitionTime: '2027-06-01T00:00:00Z',
        },
      ],
      presence: { replicas: 12, readyReplicas: 11 },
      redis: {
        state: 'Steady',
        message: 'nothing to do',
        slotsCovered: 16384,
        shards: [{ index: 0, primary: 'small-redis-0-0', replicas: ['small-redis-0-1'], slots: 5461 }],
      },
      scaling: {
        floor: 12,
        desired: 12,
        season: 3,
        peak: 1,
        because: 'ceil(4 × 3 (June) × 1 (no peak)) = 12',
      },
      freeze: { active: false, weddings: [] },
    };
    const stdin = JSON.stringify({ ...PRESENCE_CLUSTER, status });
    expect(await json(['status', '-f', '-'], { stdin })).toMatchObject({
      name: 'small',
      conditions: status.conditions,
      fleet: { desired: 12, floor: 12, replicas: 12, readyReplicas: 11 },
      shards: status.redis.shards,
      freeze: status.freeze,
      held: [],
    });
    const { stdout } = await runCli(['status', '-f', '-'], { stdin });
    for (const part of [
      '11 of 12 presence pods ready',
      'small-redis-0-0',
      'off; none within 90 days',
      '16384 of 16384',
    ]) {
      expect(stdout).toContain(part);
    }
  });
});

describe('without a cluster', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'kubectl-presence-'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('says what is wrong with the kubeconfig in a line', async () => {
    const missing = await runCli(['status', '--kubeconfig', path.join(directory, 'none')]);
    expect(missing).toMatchObject({
      exitCode: 1,
      stderr: `error: kubeconfig: ${path.join(directory, 'none')} does not exist (-f reads files instead)\n`,
    });
    const file = path.join(directory, 'config');
    await writeFile(file, 'apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: []\n');
    const context = await runCli(['status', '--kubeconfig', file, '--context', 'nowhere']);
    expect(context).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('no context nowhere') });
  });
});
