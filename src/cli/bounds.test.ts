import { describe, expect, it } from 'vitest';
import { runCli, SAMPLE_FILES } from '../../test/support/run-cli.ts';

const SPAN = ['--from', '2027-01-01', '--to', '2028-01-01'];
const TRACE = ['--trace', '-', '--capacity', '100'];

describe('bounds of the command line', () => {
  it.each([
    [['simulate', '--from', '0001-01-01', '--to', '9999-01-01', ...SAMPLE_FILES], 'at most 20 years apart'],
    [
      ['simulate', ...SPAN, '--step', '1s', ...SAMPLE_FILES],
      '--step 1s: gives 31536000 rows, at most 1000000',
    ],
    [['simulate', ...SPAN, '--step', '0s', ...SAMPLE_FILES], '--step: "0s" is not a length'],
    [
      ['backtest', ...TRACE, '--startup', '99999h'],
      '--startup: 99999h is more than the 24h that are possible',
    ],
    [['backtest', ...TRACE, '--lag', '99999h'], '--lag: 99999h is more than the 24h'],
    [['backtest', ...TRACE, '--min', '1000000'], '--min: 1000000 is more than the 10000'],
    [['backtest', '--trace', '-', '--capacity', '0.001'], '--capacity: a pod serves at least 1 connection'],
    [['status', '--request-timeout', 'soon'], '--request-timeout: "soon" is not a length of time'],
  ])('%j is refused before any work', async (args, message) => {
    const result = await runCli(args);
    expect(result).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining(message) });
  });
});

describe('rows of simulate', () => {
  const rows = async (form: string) => {
    const result = await runCli(['simulate', ...SPAN, '--step', '24h', '-o', form, ...SAMPLE_FILES]);
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    return result.stdout;
  };

  it('are the same in each form', async () => {
    const json = JSON.parse(await rows('json')) as { at: string; floor: number }[];
    expect(json).toHaveLength(365);
    const { parse } = await import('yaml');
    expect(parse(await rows('yaml'))).toEqual(json);
    expect((await rows('csv')).trimEnd().split('\n')).toHaveLength(366);
    expect((await rows('text')).trimEnd().split('\n')).toHaveLength(366);
  });
});

/** Two days in steps of half an hour, with or without a line of names. */
function trace(
  head: readonly string[],
  change: (line: string, index: number) => string = (line) => line,
): string {
  const lines = Array.from({ length: 96 }, (_, row) => {
    const at = new Date(Date.UTC(2027, 1, 26) + row * 1_800_000);
    return `${at.toISOString().slice(0, 19)}Z,${row === 0 ? 900 : 100}`;
  });
  return `${[...head, ...lines.map(change)].join('\n')}\n`;
}

describe('a trace', () => {
  const read = (stdin: string, ...args: string[]) =>
    runCli(['backtest', ...TRACE, '-o', 'json', ...args], { stdin });

  it('with a day that does not exist is refused, with the line', async () => {
    const stdin = trace(['time,connections'], (line, index) =>
      index < 50 ? line : line.replace('2027-02-27', '2027-02-30'),
    );
    expect(await read(stdin)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('stdin: line 52: "2027-02-30T01:00:00Z" is not a time'),
    });
  });

  it('of two columns may go without names, and loses no row', async () => {
    const withNames = JSON.parse((await read(trace(['time,connections']))).stdout) as object;
    const without = JSON.parse((await read(trace([]))).stdout) as object;
    expect(without).toEqual(withNames);
  });

  it.each([
    ['three columns', trace([], (line) => `${line},x`), []],
    ['columns that are named on the command line', trace([]), ['--time-column', 'time']],
    ['a first time that does not exist', trace([], (line) => line.replace('02-26', '02-30')), []],
  ])('without names is refused with %s', async (_, stdin, args) => {
    const result = await read(stdin, ...args);
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toMatch(/line 1 is data|line 1: "2027-02-30T00:00:00Z" is not a time/);
  });
});
