import { describe, expect, it } from 'vitest';
import { runCli } from '../../../test/support/run-cli.ts';

describe('dashboard', () => {
  it('lists the options that it has, and none that it refuses', async () => {
    const { stdout } = await runCli(['dashboard', '--help']);
    for (const option of ['--port', '--in-cluster', '--namespace', '--kubeconfig'])
      expect(stdout).toContain(option);
    for (const option of ['--filename', '--recursive', '--output']) expect(stdout).not.toContain(option);
  });

  it.each([
    [['-f', 'file.yaml'], 'leave out -f'],
    [['-R'], 'leave out -R'],
    [['-o', 'json'], 'leave out -o'],
    [['--in-cluster', '--as', 'ann'], '--as'],
    [['--port', '70000'], '--port'],
  ])('refuses %j', async (args, named) => {
    expect(await runCli(['dashboard', ...args])).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringContaining(named),
    });
  });
});
