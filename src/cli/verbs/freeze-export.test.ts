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
          ...{ kind: 'deny', schedule, duration, timeZone: 'UTC', namespaces: ['weddings'] },
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
