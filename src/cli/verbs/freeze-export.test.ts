import ICAL from 'ical.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { runCli, SAMPLE_FILES } from '../../../test/support/run-cli.ts';

const now = new Date('2027-06-06T12:00:00Z');
const exported = (...args: string[]) => runCli(['freeze', 'export', ...args, ...SAMPLE_FILES], { now });

describe('freeze export', () => {
  it('prints sync windows of an AppProject as YAML, with what cron cannot say', async () => {
    const { stdout, exitCode } = await exported('--for', 'argocd', '--project', 'crews');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^# Freeze windows of the 90 days from 2027-06-06T12:00:00Z, in UTC\.\n/);
    expect(stdout).toContain('# Cron has no year');
    expect(parse(stdout)).toEqual({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AppProject',
      metadata: { name: 'crews' },
      spec: {
        syncWindows: [
          ['0 21 11 6 *', '18h30m'],
          ['0 23 23 7 *', '6h'],
          ['0 15 28 8 *', '17h30m'],
        ].map(([schedule, duration]) => ({
          kind: 'deny',
          schedule,
          duration,
          timeZone: 'UTC',
          namespaces: ['weddings'],
          manualSync: false,
        })),
      },
    });
  });

  it('prints disruption budgets of a NodePool', async () => {
    const { stdout } = await exported('--for', 'karpenter', '--node-pool', 'presence', '-o', 'json');
    expect(JSON.parse(stdout)).toEqual({
      apiVersion: 'karpenter.sh/v1',
      kind: 'NodePool',
      metadata: { name: 'presence' },
      spec: {
        disruption: {
          budgets: [
            { nodes: '10%' },
            { nodes: '0', schedule: '0 21 11 6 *', duration: '18h30m' },
            { nodes: '0', schedule: '0 23 23 7 *', duration: '6h' },
            { nodes: '0', schedule: '0 15 28 8 *', duration: '17h30m' },
          ],
        },
      },
    });
  });

  it('has one Argo CD window for two namespaces that are frozen at the same time', async () => {
    const object = (kind: string, namespace: string, spec: object) => ({
      apiVersion: 'presence.wedsync.io/v1alpha1',
      kind,
      spec,
      metadata: { name: 'one', namespace },
    });
    const items = ['one', 'two'].flatMap((namespace) => [
      object('PresenceCluster', namespace, { timeZone: 'Europe/London' }),
      object('Wedding', namespace, {
        date: '2027-06-12',
        timeZone: 'Europe/London',
        ceremony: '14:30',
        ends: '01:00',
        team: { venue: 3 },
      }),
    ]);
    const args = ['freeze', 'export', '--for', 'argocd', '-A', '-o', 'json', '-f', '-'];
    const { stdout } = await runCli([...args, '--application', 'crews-*'], {
      now,
      stdin: JSON.stringify({ kind: 'List', items }),
    });
    expect(JSON.parse(stdout).spec.syncWindows).toEqual([
      {
        kind: 'deny',
        schedule: '30 7 12 6 *',
        duration: '20h30m',
        timeZone: 'UTC',
        namespaces: ['one', 'two'],
        applications: ['crews-*'],
        andOperator: true,
        manualSync: false,
      },
    ]);
  });

  it('prints time intervals of Alertmanager', async () => {
    const { stdout } = await exported('--for', 'alertmanager');
    const { time_intervals: intervals } = parse(stdout);
    expect(intervals).toMatchObject([{ name: 'presence-freeze-weddings-wedsync' }]);
    expect(intervals[0].time_intervals).toHaveLength(6);
    expect(intervals[0].time_intervals[0]).toEqual({
      times: [{ start_time: '21:00', end_time: '24:00' }],
      days_of_month: ['11'],
      months: ['6'],
      years: ['2027'],
      location: 'UTC',
    });
  });

  it('prints a calendar that a reader of iCalendar understands', async () => {
    const { stdout, exitCode } = await exported('--for', 'ical');
    expect(exitCode).toBe(0);
    for (const line of stdout.split(/\r?\n/)) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
    const calendar = new ICAL.Component(ICAL.parse(stdout));
    const events = calendar.getAllSubcomponents('vevent').map((each) => new ICAL.Event(each));
    expect(events.map((each) => [each.startDate.toString(), each.endDate.toString()])).toEqual([
      ['2027-06-11T21:00:00Z', '2027-06-12T15:30:00Z'],
      ['2027-07-23T23:00:00Z', '2027-07-24T05:00:00Z'],
      ['2027-08-28T15:00:00Z', '2027-08-29T08:30:00Z'],
    ]);
    expect(new Set(events.map(({ uid }) => uid)).size).toBe(3);
    expect(events[0]?.summary).toBe('Freeze of weddings/wedsync');
    expect(await exported('--for', 'ical', '-o', 'json')).toMatchObject({ exitCode: 2 });
  });

  it('wants to know the tool', async () => {
    expect(await exported()).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--for') });
    expect(await exported('--for', 'flux')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('argocd'),
    });
  });
});

describe('freeze list and check with all the rules', () => {
  const cluster = {
    apiVersion: 'presence.wedsync.io/v1alpha1',
    kind: 'PresenceCluster',
    metadata: { name: 'small', namespace: 'weddings' },
    spec: {
      timeZone: 'Europe/London',
      freeze: {
        windows: [
          {
            name: 'year-end',
            from: '2027-12-20T00:00',
            until: '2028-01-10T00:00',
            reason: 'nobody is there',
          },
        ],
        allowWindows: [
          { name: 'patch', from: '2027-12-18T06:00', until: '2027-12-18T12:00', reason: 'quarterly patches' },
        ],
      },
    },
  };
  const wedding = {
    apiVersion: 'presence.wedsync.io/v1alpha1',
    kind: 'Wedding',
    metadata: { name: 'ada', namespace: 'weddings' },
    spec: {
      date: '2027-12-18',
      timeZone: 'Europe/London',
      ceremony: '14:00',
      ends: '23:00',
      team: { venue: 3 },
    },
  };
  const stdin = JSON.stringify({ kind: 'List', items: [cluster, wedding] });
  const cli = (...args: string[]) =>
    runCli(['freeze', ...args, '-f', '-'], { stdin, now: new Date('2027-12-18T00:00:00Z') });

  it('list windows, the open time between them, and that it is too little', async () => {
    const { stdout } = await cli('list', '-o', 'json');
    const { windows, gaps, budgets } = JSON.parse(stdout);
    expect(windows.map(({ from, until, reason }: Record<string, string>) => [from, until, reason])).toEqual([
      ['2027-12-18T12:00:00Z', '2027-12-19T03:00:00Z', '1 wedding'],
      ['2027-12-20T00:00:00Z', '2028-01-10T00:00:00Z', 'year-end: nobody is there'],
    ]);
    expect(gaps).toEqual([
      {
        namespace: 'weddings',
        presenceCluster: 'small',
        from: '2027-12-18T00:00:00Z',
        until: '2027-12-18T12:00:00Z',
        hours: 12,
      },
      {
        namespace: 'weddings',
        presenceCluster: 'small',
        from: '2027-12-19T03:00:00Z',
        until: '2027-12-20T00:00:00Z',
        hours: 21,
      },
      { namespace: 'weddings', presenceCluster: 'small', from: '2028-01-10T00:00:00Z' },
    ]);
    expect(budgets).toMatchObject([
      {
        exceeded: true,
        reason: 'TooLittleOpen',
        nextSafeWindow: { until: '2027-12-18T12:00:00Z', open: true },
      },
    ]);
    const text = (await cli('list')).stdout;
    expect(text).toMatch(/weddings\/small +21h +2027-12-20 00:00 +2028-01-10 00:00/);
    expect(text).toContain('weddings/small: freeze budget exceeded. From 2027-12-');
  });

  it('check a time in an allow window, in a wedding and in a manual window', async () => {
    const at = async (time: string) => JSON.parse((await cli('check', '--at', time, '-o', 'json')).stdout);
    expect(await at('2027-12-18T11:59')).toMatchObject({ active: false, from: '2027-12-18T12:00:00Z' });
    expect(await at('2027-12-18T15:00')).toMatchObject({ active: true, reason: '1 wedding' });
    expect(await at('2027-12-25T12:00')).toMatchObject({
      active: true,
      reason: 'year-end: nobody is there',
      nextSafeWindow: { from: '2028-01-10T00:00:00Z', open: true },
    });
    expect((await cli('check', '--at', '2027-12-25T12:00')).stdout).toContain(
      'Next time for a change: open from',
    );
  });
});
