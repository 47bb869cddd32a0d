import { describe, expect, it } from 'vitest';
import { runCli } from '../../../test/support/run-cli.ts';

const now = new Date('2027-06-01T10:00:00Z');
const WEEKEND = {
  name: 'weekend',
  start: '2027-01-08T17:00',
  rule: 'FREQ=WEEKLY;BYDAY=FR',
  duration: '63h',
  reason: 'the office is closed',
};

const object = (kind: string, name: string, spec: object) => ({
  apiVersion: 'presence.wedsync.io/v1alpha1',
  kind,
  metadata: { name, namespace: 'shop' },
  spec,
});
const changeFreeze = (name: string, spec: object = {}) =>
  object('ChangeFreeze', name, {
    allWorkloads: true,
    timeZone: 'Europe/London',
    recurring: [WEEKEND],
    ...spec,
  });
const CLUSTER = object('PresenceCluster', 'wedsync', { timeZone: 'Europe/London' });
const cli = (items: object[], args: string[]) =>
  runCli([...args, '-f', '-'], { now, stdin: JSON.stringify({ kind: 'List', items }) });
const json = async (items: object[], args: string[]) =>
  JSON.parse((await cli(items, [...args, '-o', 'json'])).stdout);

describe('freeze list', () => {
  it('has the windows of ChangeFreezes below those of PresenceClusters', async () => {
    const { stdout } = await cli([CLUSTER, changeFreeze('weekend')], ['freeze', 'list']);
    expect(stdout).toMatch(/^No freeze within 90 days\.\nCHANGEFREEZE +OPEN-BEFORE +FROM/);
    expect(stdout).toMatch(
      /shop\/weekend +78h +2027-06-04 17:00 +2027-06-07 08:00 +Europe\/London +weekend: the office is closed/,
    );
  });

  it('needs no PresenceCluster, and has open time and windows as JSON', async () => {
    const listed = await json(
      [changeFreeze('weekend'), changeFreeze('other')],
      ['freeze', 'list', 'weekend'],
    );
    expect(listed).toMatchObject({ windows: [], budgets: [] });
    expect(listed.changeFreezes).toEqual([
      {
        namespace: 'shop',
        name: 'weekend',
        timeZone: 'Europe/London',
        source: 'Spec',
        knownUntil: '2027-06-29T00:00:00Z',
        windows: expect.arrayContaining([
          expect.objectContaining({ from: '2027-06-04T16:00:00Z', until: '2027-06-07T07:00:00Z' }),
        ]),
        gaps: expect.arrayContaining([
          { from: '2027-06-01T10:00:00Z', until: '2027-06-04T16:00:00Z', hours: 78 },
        ]),
      },
    ]);
  });

  it('says what is not understood, and that nothing is ahead', async () => {
    const { stdout } = await cli(
      [
        changeFreeze('odd', { recurring: [{ ...WEEKEND, rule: 'FREQ=NEVER' }] }),
        changeFreeze('past', { recurring: [{ ...WEEKEND, rule: 'FREQ=WEEKLY;COUNT=1' }] }),
      ],
      ['freeze', 'list'],
    );
    expect(stdout).toMatch(/^ChangeFreeze shop\/odd: InvalidRecurrence: spec\.recurring\[0\] \(weekend\)/);
    expect(stdout).toContain('ChangeFreeze shop/past: no window within 28 days.');
  });
});

it('names the remedy where there is no such object', async () => {
  const list = await cli([changeFreeze('weekend')], ['freeze', 'list', 'other']);
  expect(list.stderr).toContain('no PresenceCluster or ChangeFreeze named other; known: shop/weekend');
  const check = await cli([changeFreeze('weekend')], ['freeze', 'check']);
  expect(check.stderr).toContain('no PresenceCluster; --change-freeze NAME looks at a ChangeFreeze');
});

describe('freeze check --change-freeze', () => {
  const check = (...args: string[]) => ['freeze', 'check', '--change-freeze', 'weekend', ...args];

  it('says what is refused in a window, and when it is open next', async () => {
    const items = [
      changeFreeze('weekend', { customResources: [{ group: 'postgresql.cnpg.io', resource: 'clusters' }] }),
    ];
    const at = ['--at', '2027-06-05T12:00'];
    expect(await json(items, check(...at))).toMatchObject({
      changeFreeze: 'weekend',
      active: true,
      at: '2027-06-05T11:00:00Z',
      until: '2027-06-07T07:00:00Z',
      reason: 'weekend: the office is closed',
      resources: ['deployments.apps', 'statefulsets.apps', 'daemonsets.apps', 'clusters.postgresql.cnpg.io'],
      nextOpen: { from: '2027-06-07T07:00:00Z', until: '2027-06-11T16:00:00Z' },
    });
    const { stdout } = await cli(items, check(...at));
    expect(stdout).toContain('refused  change the spec of what it selects, or delete it: deployments.apps');
    expect(stdout).toContain(
      'Next time for a change: from 2027-06-07 08:00 Europe/London until 2027-06-11 17:00 Europe/London',
    );
  });

  it('is a gate: 0 when open, 3 in a window, 1 for what is not understood', async () => {
    const exit = async (items: object[], ...args: string[]) =>
      (await cli(items, check('--exit-code', ...args))).exitCode;
    expect(await exit([changeFreeze('weekend')])).toBe(0);
    expect(await exit([changeFreeze('weekend')], '--at', '2027-06-05T12:00')).toBe(3);
    expect(await exit([changeFreeze('weekend', { timeZone: 'Not/AZone' })])).toBe(1);
  });

  it('knows of no window after the time for which windows are computed', async () => {
    const items = [
      changeFreeze('weekend', {
        recurring: [{ ...WEEKEND, start: '2027-07-09T17:00', rule: 'FREQ=YEARLY' }],
      }),
    ];
    const { stdout } = await cli(items, check());
    expect(stdout).toContain('Freeze: off; none before 2027-06-29 01:00 Europe/London\n');
    expect(await json(items, check())).toMatchObject({ knownUntil: '2027-06-29T00:00:00Z' });
  });

  it('shows times in UTC while the zone does not exist', async () => {
    const items = [changeFreeze('weekend', { timeZone: 'Not/AZone' })];
    const { stdout, stderr } = await cli(items, check('--at', '2027-06-05T12:00'));
    expect(stderr).toBe('');
    expect(stdout).toContain('at 2027-06-05 12:00 UTC (2027-06-05T12:00:00Z)\nFreeze: off; none is known\n');
    expect(stdout).toContain('UnknownTimeZone');
  });

  it('names what is wrong with the question', async () => {
    expect(await cli([CLUSTER, changeFreeze('other')], check())).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('no ChangeFreeze named weekend; known: shop/other'),
    });
    expect(await cli([CLUSTER], ['freeze', 'check', 'wedsync', '--change-freeze', 'weekend'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('not both'),
    });
  });
});
