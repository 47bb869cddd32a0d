import { describe, expect, it } from 'vitest';
import { runCli, SAMPLE_FILES } from '../../../test/support/run-cli.ts';
import { SHIPPED_ZONES } from '../../domain/calendar/zones/zones-in-force.ts';

const OF_THE_PROGRAM = {
  version: '1.2.3',
  commit: 'abc',
  tzdb: SHIPPED_ZONES.version,
  runtimeTzdb: '2026c',
};

describe('version', () => {
  it.each([['--client'], [...SAMPLE_FILES]])(
    'prints that of program and zone data with %s',
    async (...args) => {
      const { stdout, exitCode } = await runCli(['version', '-o', 'json', ...args]);
      expect(JSON.parse(stdout)).toEqual(OF_THE_PROGRAM);
      expect(exitCode).toBe(0);
    },
  );

  it('says why it knows no operator when the cluster cannot be asked', async () => {
    const args = ['version', '--kubeconfig', '/nonexistent/file'];
    const json = await runCli([...args, '-o', 'json']);
    const operatorsUnknown = expect.stringContaining('/nonexistent/file does not exist');
    expect(JSON.parse(json.stdout)).toEqual({ ...OF_THE_PROGRAM, operatorsUnknown });
    const { stdout, exitCode } = await runCli(args);
    expect(stdout).toMatch(
      /^kubectl-presence 1\.2\.3 \(commit abc\)\nzone data .*\noperator: not known: .*\n$/,
    );
    expect(exitCode).toBe(0);
  });
});
