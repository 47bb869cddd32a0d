import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../../test/support/run-cli.ts';
import type { BacktestReport } from './backtest-report.ts';

const ROW_SECONDS = 1800;

/** Quiet nights and busy evenings, a row each half hour. */
function evenings(days: number): string[] {
  return Array.from({ length: (days * 86_400) / ROW_SECONDS }, (_, row) => {
    const at = new Date(Date.UTC(2027, 4, 1) + row * ROW_SECONDS * 1000);
    const busy = at.getUTCHours() >= 18 && at.getUTCHours() < 22;
    return `${at.toISOString().slice(0, 19).replace('T', ' ')},${busy ? 2000 : 300}`;
  });
}

const HEAD = 'time,connections';
const csv = (lines: readonly string[], head = HEAD): string => `${[head, ...lines].join('\n')}\n`;

async function backtest(stdin: string, ...args: string[]) {
  return runCli(['backtest', '--trace', '-', '--capacity', '100', '--tick', '60s', ...args], { stdin });
}

async function report(stdin: string, ...args: string[]): Promise<BacktestReport> {
  const result = await backtest(stdin, '-o', 'json', ...args);
  expect(result).toMatchObject({ exitCode: 0, stderr: '' });
  return JSON.parse(result.stdout) as BacktestReport;
}

describe('backtest', () => {
  it('prints the promised JSON', async () => {
    const { trace, setting, policies } = await report(csv(evenings(8)));
    expect(trace).toBe('-');
    expect(setting).toMatchObject({
      capacity: 100,
      startupSeconds: 120,
      lagSeconds: 30,
      min: 2,
      trainDays: 4,
    });
    const targets = [50, 60, 70, 80, 90].map((target) => `hpa-${target}`);
    const names = policies.map((policy) => policy.name);
    expect(names).toEqual(['static', ...targets, 'multipliers', 'presence', 'oracle']);
    for (const policy of policies) {
      const { name: _, ...numbers } = policy;
      expect(Object.keys(numbers).sort()).toEqual(
        [
          'tauU',
          'thetaU',
          'thetaO',
          'unserved',
          'podHours',
          'costOfStatic',
          'actionsPerDay',
          'removedPerDay',
        ].sort(),
      );
      for (const value of Object.values(numbers)) expect(Number.isFinite(value)).toBe(true);
    }
    expect(policies[0]).toMatchObject({ name: 'static', costOfStatic: 100, tauU: 0 });
    expect(policies.at(-1)).toMatchObject({ name: 'oracle', tauU: 0, unserved: 0 });
  });

  it('prints the same numbers as CSV and as a table that says what presence is', async () => {
    const trace = csv(evenings(4));
    const { policies } = await report(trace);
    const { stdout } = await backtest(trace, '-o', 'csv');
    const [head = '', ...rows] = stdout.trimEnd().split('\n');
    const parsed = rows.map((row) => {
      const cells = row.split(',');
      return Object.fromEntries(
        head.split(',').map((name, index) => [name, index === 0 ? cells[0] : Number(cells[index])]),
      );
    });
    expect(parsed).toEqual(policies);
    const text = (await backtest(trace)).stdout;
    for (const { name } of policies) expect(text).toContain(`\n${name} `);
    expect(text).toContain('presence: mode Full: forecast bound and load');
  });

  it('reads a file, columns by name, other forms of time, quotes and a byte order mark', async () => {
    const start = Date.UTC(2027, 4, 1) / 1000;
    const rows = evenings(4).map(
      (row, index) => `"a, b",${row.split(',')[1]},${start + index * ROW_SECONDS}`,
    );
    const plain = await report(csv(evenings(4)));
    const directory = await mkdtemp(path.join(tmpdir(), 'kubectl-presence-'));
    try {
      const file = path.join(directory, 'trace.csv');
      await writeFile(file, `\uFEFF${csv(rows, 'note,people,"when, UTC"').replaceAll('\n', '\r\n')}`);
      const columns = ['--time-column', 'when, UTC', '--value-column', 'people'];
      const args = ['--trace', file, '--capacity', '100', '--tick', '60s', '-o', 'json', ...columns];
      const result = await runCli(['backtest', ...args]);
      expect(result).toMatchObject({ exitCode: 0, stderr: '' });
      expect(JSON.parse(result.stdout)).toEqual({ ...plain, trace: file });
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
    const offset = evenings(4).map((row) => row.replace(' ', 'T').replace(',', '+00:00,'));
    expect(await report(csv(offset))).toEqual(plain);
  });

  it('scales the load and skips gaps when told to', async () => {
    const { policies } = await report(csv(evenings(4)), '--scale-peak', '4000');
    const pods = policies[0]?.podHours ?? 0;
    expect(pods / ((await report(csv(evenings(4)))).policies[0]?.podHours ?? 0)).toBeCloseTo(2, 6);
    const rows = evenings(6).filter((_, row) => row < 200 || row > 210);
    const skipped = await report(csv(rows), '--skip-gaps', '--scale-peak', '4000');
    // Rows 200 to 210 and the straight lines to them are 12 half hours of 40 pods.
    const whole = await report(csv(evenings(6)), '--scale-peak', '4000');
    expect((whole.policies[0]?.podHours ?? 0) - (skipped.policies[0]?.podHours ?? 0)).toBeCloseTo(
      40 * (6 - 1 / 60),
      3,
    );
  });

  const days = evenings(4);
  const changed = (row: number, line: string): string[] => days.with(row, line);
  it.each<[string, string, string[], string]>([
    ['an empty file', '', [], 'stdin: the file is empty'],
    ['no rows', csv([]), [], 'stdin: there are 0 rows'],
    [
      'an unknown column',
      csv(days),
      ['--value-column', 'x'],
      'no column "x"; the columns are time, connections',
    ],
    ['an unknown time column', csv(days), ['--time-column', 'x'], '--time-column: there is no column "x"'],
    ['one column', csv(['2027-05-01'], 'time'), [], 'there is only one column, time'],
    ['a choice of columns', csv([], 'time,a,b'), [], '--value-column: choose one of a, b'],
    ['a row that is too short', csv(changed(5, '2027-05-01 02:30:00')), [], 'on line 7'],
    ['an open quote', csv(changed(5, '"2027-05-01 02:30:00,1')), [], 'Quote Not Closed'],
    ['no time', csv(changed(5, 'yesterday,1')), [], 'stdin: line 7: "yesterday" is not a time such as'],
    [
      'a day that is not',
      csv(changed(5, '2027-13-01 02:30:00,1')),
      [],
      'line 7: "2027-13-01 02:30:00" is not a time',
    ],
    ['NaN', csv(changed(5, '2027-05-01 02:30:00,NaN')), [], 'line 7: the value "NaN" is not a number'],
    ['no value', csv(changed(5, '2027-05-01 02:30:00,')), [], 'line 7: the value "" is not a number'],
    ['a negative value', csv(changed(5, '2027-05-01 02:30:00,-1')), [], 'line 7: the value "-1" is not'],
    [
      'a gap',
      csv(days.toSpliced(5, 2)),
      [],
      'line 7: 2 rows of 1800 s are missing before this one (--skip-gaps',
    ],
    ['rows out of order', csv([...days].reverse()), [], 'line 3: the time is not after the one before'],
    ['a trace that is too short', csv(evenings(1)), [], 'a back-test needs 2 at least'],
    ['too many training days', csv(days), ['--train-days', '4'], 'leave less than a day'],
  ])('fails on %s and says where', async (_, stdin, args, message) => {
    const result = await backtest(stdin, ...args);
    expect(result.stderr).toContain(message);
    expect(result.stderr).toMatch(/^error: stdin: [^\n]*\n$/);
    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
  });

  it('fails on a missing file', async () => {
    const result = await runCli(['backtest', '--trace', '/nowhere.csv', '--capacity', '100']);
    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    expect(result.stderr).toContain('/nowhere.csv');
  });

  it.each([
    [['--capacity', '0'], '--capacity: "0" is not a number above 0'],
    [['--capacity', 'many'], '--capacity: "many" is not'],
    [['--startup', '2 minutes'], '--startup: "2 minutes" is not a length of time'],
    [['--tick', '0s'], '--tick: must be longer'],
    [['--min', '1.5'], '--min: "1.5" is not a whole number'],
    [['--train-days', '-1'], '--train-days: "-1" is not'],
    [['--scale-peak', ''], '--scale-peak: "" is not'],
    [['-o', 'svg'], '-o svg: choose one of text, json, yaml, csv'],
  ])('calls %j wrong use', async (args, message) => {
    const result = await backtest(csv(days), ...args);
    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    expect(result.stderr).toContain(message);
  });

  it.each([[['--capacity', '1']], [['--trace', 'x.csv']]])('needs more than %j', async (args) => {
    expect(await runCli(['backtest', ...args])).toMatchObject({ exitCode: 2, stdout: '' });
  });
});
