import { describe, expect, it } from 'vitest';
import { presenceCluster } from '../../../test/support/presence-cluster-builder.ts';
import { runCli } from '../../../test/support/run-cli.ts';

const SLO = {
  since: '2027-05-08T00:00:00Z',
  updates: { objective: 99.9, attainment: 99.987, budgetLeft: 87 },
  joins: { objective: 99.95, attainment: 100, budgetLeft: 100 },
  burnRates: ['5m', '30m', '1h', '6h', '3d'].map((window) => ({ window, updates: 1.5, joins: 0 })),
  leftOut: [{ pod: 'wedsync-presence-x', because: 'its clock is 60 min ahead' }],
};
const MET = {
  type: 'SLOMet',
  status: 'True' as const,
  reason: 'Met',
  message: 'Both objectives are met.',
  lastTransitionTime: '2027-06-05T10:00:00Z',
};
const measured = presenceCluster({}, { status: { slo: SLO, conditions: [MET] } });
const fresh = presenceCluster({}, { metadata: { name: 'fresh' } });
const one = JSON.stringify(measured);
const both = [measured, fresh].map((each) => JSON.stringify(each)).join('\n---\n');

describe('slo', () => {
  it('shows promise, attainment, budget and burn rates of one PresenceCluster', async () => {
    const { stdout, exitCode } = await runCli(['slo', '-f', '-'], { stdin: one });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Window:  28 days, counted since 2027-05-08T00:00:00Z');
    expect(stdout).toContain('Met:     True (Met): Both objectives are met.');
    expect(stdout).toMatch(/updates seen within 2000 ms +99\.9 % +99\.987 % +87 % +1\.5/);
    expect(stdout).toMatch(/joins taken +99\.95 % +100 % +100 % +0/);
    expect(stdout).toMatch(/wedsync-presence-x +its clock is 60 min ahead/);
  });

  it('has a line for each of several, with burn rates when wide', async () => {
    const narrow = await runCli(['slo', '-f', '-'], { stdin: both });
    expect(narrow.stdout).toMatch(/weddings +wedsync +True +99\.987 % +87 % +100 % +100 %/);
    expect(narrow.stdout).toMatch(/weddings +fresh +Unknown +- +- +- +-/);
    expect(narrow.stdout).not.toContain('BURN-1H');
    const wide = await runCli(['slo', '-f', '-', '-o', 'wide'], { stdin: both });
    expect(wide.stdout).toMatch(/BURN-5M +BURN-30M +BURN-1H +BURN-6H +BURN-3D/);
    expect(wide.stdout).toContain('1.5/0');
  });

  it('prints JSON of one, of several, and names', async () => {
    const json = async (stdin: string, ...more: string[]) =>
      JSON.parse((await runCli(['slo', ...more, '-f', '-', '-o', 'json'], { stdin })).stdout);
    expect(await json(one)).toEqual({
      name: 'wedsync',
      namespace: 'weddings',
      windowDays: 28,
      withinMilliseconds: 2000,
      ...SLO,
      met: MET,
    });
    expect((await json(both)).items).toHaveLength(2);
    expect(await json(both, 'fresh')).toMatchObject({ updates: { objective: 99.9 }, burnRates: [] });
    const { stdout } = await runCli(['slo', '-f', '-', '-o', 'name'], { stdin: both });
    expect(stdout.trim().split('\n')).toEqual([
      'presencecluster.presence.wedsync.io/wedsync',
      'presencecluster.presence.wedsync.io/fresh',
    ]);
  });

  it('says when nothing was measured', async () => {
    const { stdout } = await runCli(['slo', '-f', '-'], { stdin: JSON.stringify(fresh) });
    expect(stdout).toContain('No measurements in the files');
  });
});
