import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliOptions, runCli, SAMPLE_FILES, spawnCli } from '../../test/support/run-cli.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'kubectl-presence-'));
  await mkdir(path.join(folder, 'deeper'));
  const [cluster = '', weddings = ''] = SAMPLE_FILES.filter((arg) => arg !== '-f');
  await cp(cluster, path.join(folder, 'cluster.yml'));
  await cp(weddings, path.join(folder, 'deeper', 'weddings.yaml'));
  await writeFile(path.join(folder, 'README.md'), 'no: [object');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function presenceCluster(name: string, spec: object, status?: object) {
  return {
    apiVersion: 'presence.wedsync.io/v1alpha1',
    kind: 'PresenceCluster',
    metadata: { name, namespace: 'weddings' },
    spec,
    status,
  };
}

function wedding(name: string, spec: object) {
  return {
    apiVersion: 'presence.wedsync.io/v1alpha1',
    kind: 'Wedding',
    metadata: { name, namespace: 'weddings' },
    spec: {
      date: '2027-06-05',
      timeZone: 'Europe/London',
      ceremony: '14:30',
      ends: '01:00',
      team: { venue: 3 },
      ...spec,
    },
  };
}

const cli = (items: object[], args: string[], options: CliOptions = {}) =>
  runCli([...args, '-f', '-'], { ...options, stdin: JSON.stringify({ kind: 'List', items }) });

describe('-f FOLDER', () => {
  it('reads its objects, and with -R those of folders in it', async () => {
    const active = async (...args: string[]) => {
      const { stdout } = await runCli([
        'explain',
        '--at',
        '2027-06-05T18:30',
        '-f',
        folder,
        ...args,
        '-o',
        'json',
      ]);
      return (JSON.parse(stdout) as { inputs: { activeWeddings: number } }).inputs.activeWeddings;
    };
    expect([await active(), await active('-R')]).toEqual([0, 2]);
  });

  it('says so when there is nothing in it to read', async () => {
    const empty = path.join(folder, 'empty');
    await mkdir(empty, { recursive: true });
    expect(await runCli(['status', '-f', empty])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('holds no .yaml, .yml or .json file; -R looks into folders'),
    });
  });
});

describe('status', () => {
  const status = {
    conditions: [
      {
        type: 'Ready',
        status: 'False',
        reason: 'Forming',
        message: 'Redis is being formed.',
        lastTransitionTime: '2027-06-01T00:00:00Z',
      },
    ],
    presence: { replicas: 2, readyReplicas: 1 },
    freeze: {
      active: true,
      from: '2027-06-05T07:30:00Z',
      until: '2027-06-06T04:00:00Z',
      weddings: [],
    },
  };
  const spec = { timeZone: 'Europe/London' };
  const two = [presenceCluster('one', spec, status), presenceCluster('two', spec)];
  const now = new Date('2027-06-05T12:00:00Z');

  it('is a table for more than one, which fits into 80 columns', async () => {
    const { stdout } = await cli(two, ['status'], { now });
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^NAMESPACE +NAME +READY +PODS +REDIS +FREEZE$/);
    expect(lines[1]).toMatch(/^weddings +one +False \(Forming\) +1\/\? +- +until 2027-06-06 05:00$/);
    expect(lines[2]).toMatch(/^weddings +two +Unknown /);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('prints names, wide columns and templates', async () => {
    const output = async (form: string) => (await cli(two, ['status', '-o', form], { now })).stdout;
    expect(await output('name')).toBe(
      'presencecluster.presence.wedsync.io/one\npresencecluster.presence.wedsync.io/two\n',
    );
    expect(await output('wide')).toContain('Redis is being formed.');
    expect(await output('jsonpath={.items[*].name}')).toBe('one two\n');
    expect(await cli(two, ['status', '-o', 'csv'])).toMatchObject({ exitCode: 2 });
    expect(await cli(two, ['explain', 'one', '-o', 'name'])).toMatchObject({ exitCode: 2 });
  });

  it('refuses --watch with files, which do not change', async () => {
    expect(await cli(two, ['status', '--watch'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('--watch looks at the cluster: use it without -f'),
    });
  });

  it('names the cluster as the source when the files hold no status', async () => {
    const { stdout } = await cli([presenceCluster('two', spec)], ['status']);
    expect(stdout).toBe('weddings/two\nNo status in the files: ask the cluster for it, without -f.\n');
  });
});

describe('freeze check --exit-code', () => {
  const spec = { timeZone: 'Europe/London', freeze: { days: ['Saturday'] } };
  const check = (weddings: object[], at: string, ...args: string[]) =>
    cli([presenceCluster('one', spec), ...weddings], ['freeze', 'check', '--at', at, ...args]);

  it('is 0 when open and 3 in a freeze; without it both are 0', async () => {
    const codes = async (...args: string[]) => [
      (await check([wedding('a', {})], '2027-06-04T12:00', ...args)).exitCode,
      (await check([wedding('a', {})], '2027-06-05T23:30', ...args)).exitCode,
    ];
    expect(await codes('--exit-code')).toEqual([0, 3]);
    expect(await codes()).toEqual([0, 0]);
  });

  it('is 1 for a Wedding that has no time: the gate stays shut', async () => {
    for (const odd of [{ timeZone: 'BST' }, { date: '2027-02-30' }]) {
      const result = await check([wedding('a', odd)], '2027-06-05T23:30', '--exit-code');
      expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    }
  });

  it('is 1 for a Wedding without a namespace that no PresenceCluster of the files is in', async () => {
    const { metadata, ...rest } = wedding('a', {}) as { metadata: { name: string } };
    const unplaced = { ...rest, metadata: { name: metadata.name } };
    const gate = (...args: string[]) => check([unplaced], '2027-06-05T23:30', '--exit-code', ...args);
    expect(await gate()).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(
        'error: --exit-code: Wedding default/a: no PresenceCluster of the files is in that namespace',
      ),
    });
    expect(await gate('-n', 'weddings')).toMatchObject({ exitCode: 3, stderr: '' });
  });

  it('is 1 for a kind that we do not have, and for a file that is no object', async () => {
    const slip = { ...wedding('a', {}), kind: 'Weddings' };
    expect(await check([slip], '2027-06-05T23:30', '--exit-code')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('(Weddings a): kind: presence.wedsync.io has no such kind'),
    });
    expect(
      await runCli(['freeze', 'check', '--exit-code', '-f', '-'], { stdin: '\u0000\u0001' }),
    ).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('is text, and no Kubernetes object'),
    });
  });

  it('names a Wedding that no PresenceCluster of the files serves', async () => {
    const result = await check([wedding('a', { presenceClusterName: 'other' })], '2027-06-05T23:30');
    expect(result.stderr).toBe('Wedding weddings/a: no PresenceCluster of the files serves it\n');
  });

  it('reads files in UTF-16, as Windows PowerShell writes them', async () => {
    const file = path.join(folder, 'utf16.json.txt');
    const text = JSON.stringify({ kind: 'List', items: [presenceCluster('one', spec), wedding('a', {})] });
    const littleEndian = Buffer.from(`\uFEFF${text}`, 'utf16le');
    for (const bytes of [littleEndian, Buffer.from(littleEndian).swap16()]) {
      await writeFile(file, bytes);
      const args = ['freeze', 'check', '--exit-code', '--at', '2027-06-05T23:30', '-f', file];
      expect(await runCli(args)).toMatchObject({ exitCode: 3, stderr: '' });
    }
  });
});

describe('a WeddingCalendar in files', () => {
  const items = [
    presenceCluster('one', { timeZone: 'UTC' }),
    {
      apiVersion: 'presence.wedsync.io/v1alpha1',
      kind: 'WeddingCalendar',
      metadata: { name: 'bookings', namespace: 'weddings' },
      spec: {
        source: { configMapName: 'bookings-feed' },
        defaultTimeZone: 'Europe/London',
        weddings: { ceremony: '14:00', team: { venue: 2 } },
      },
    },
  ];
  const note = 'WeddingCalendar weddings/bookings: the weddings of its feed are not in the files';

  it.each([
    ['explain'],
    ['freeze list'],
    ['freeze check'],
    ['freeze export --for argocd'],
    ['simulate --from 2027-01-01 --to 2027-01-02'],
  ])('is named by %s', async (verb) => {
    const result = await cli(items, verb.split(' '));
    expect(result).toMatchObject({ exitCode: 0, stderr: expect.stringContaining(note) });
  });

  it('keeps the gate shut', async () => {
    expect(await cli(items, ['freeze', 'check', '--exit-code'])).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringContaining(`error: --exit-code: ${note}`),
    });
  });
});

describe('freeze check in words', () => {
  const spec = { timeZone: 'UTC', freeze: { windows: [] as object[] } };
  const now = new Date('2027-01-01T00:00:00Z');

  it('looks 90 days ahead', async () => {
    const { stdout } = await cli([presenceCluster('one', spec)], ['freeze', 'check'], { now });
    expect(stdout).toContain('Freeze: off; none within 90 days\n');
    expect(stdout).toContain('open now, no freeze within 90 days (no weddings, 0 people at risk)\n');
  });

  it('names the next freeze', async () => {
    const window = {
      name: 'w',
      from: '2027-01-02T00:00:00Z',
      until: '2027-01-02T02:00:00Z',
      reason: 'drill',
    };
    const items = [presenceCluster('one', { ...spec, freeze: { windows: [window] } })];
    const { stdout } = await cli(items, ['freeze', 'check'], { now });
    expect(stdout).toContain('Freeze: off; the next is 2027-01-02 00:00 to 2027-01-02 02:00 UTC: w: drill\n');
  });
});

describe('a file that does not exist', () => {
  it('is named once', async () => {
    const file = path.join(folder, 'missing.yaml');
    expect(await runCli(['status', '-f', file])).toMatchObject({
      exitCode: 1,
      stderr: `error: ${file}: does not exist\n`,
    });
  });
});

describe('a Wedding without a time', () => {
  it.each([
    ['explain'],
    ['freeze', 'list'],
    ['freeze', 'check'],
    ['freeze', 'export', '--for', 'argocd'],
    ['status'],
  ])('is named by %s %s', async (...verb) => {
    const items = [presenceCluster('one', { timeZone: 'UTC' }), wedding('a', { timeZone: 'IST' })];
    const { stderr } = await cli(
      items,
      verb.filter((word) => word !== undefined),
    );
    expect(stderr).toContain(
      'Wedding weddings/a protects nothing: UnknownTimeZone: spec.timeZone: IST is not an IANA time zone; write for example Asia/Kolkata',
    );
  });
});

describe('freeze now', () => {
  it.each([
    [['--for', '2h'], '--reason'],
    [['--for', '10s', '--reason', 'r'], '--for: 10s is less than a minute'],
    [['--for', '9999h', '--reason', 'r'], '--for: 9999h is more than the 744h'],
    [['--for', '2h', '--reason', ''], '--reason: 1 to 128 characters'],
    [['--for', '2h', '--reason', 'r', '-A'], 'use -n, not -A'],
    [['--for', '2h', '--reason', 'r', '-f', 'x.yaml'], 'reads no files'],
  ])('refuses %j', async (args, message) => {
    const result = await runCli(['freeze', 'now', ...args]);
    expect(result).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(message) });
  });
});

describe('without any kubeconfig', () => {
  it('says what to do', async () => {
    const env = { HOME: folder, KUBECONFIG: '', KUBERNETES_SERVICE_HOST: '' };
    expect(await spawnCli(['status'], '', env)).toEqual({
      exitCode: 1,
      stdout: '',
      stderr:
        'error: no kubeconfig was found: name one with --kubeconfig or KUBECONFIG, or read objects from files with -f\n',
    });
  });
});
