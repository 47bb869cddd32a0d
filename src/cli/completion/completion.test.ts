import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../../test/support/run-cli.ts';

const words = async (...typed: string[]): Promise<string[]> => {
  const { stdout, stderr, exitCode } = await runCli(['__complete', '--', ...typed]);
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
  const lines = stdout.trimEnd().split('\n');
  expect(lines.pop()).toBe(':4');
  return lines;
};

describe('__complete', () => {
  it('knows verbs, their options and the values of options', async () => {
    expect(await words('fr')).toEqual(['freeze']);
    expect(await words('freeze', '')).toEqual(['check', 'export', 'list', 'now']);
    expect(await words('freeze', 'export', '--for', '')).toContain('karpenter');
    expect(await words('freeze', 'check', '--ex')).toEqual(['--exit-code']);
    expect(await words('-n', 'weddings', 'status', '-o', 'js')).toEqual(['json', 'jsonpath=']);
    expect(await words('completion', '')).toEqual(['bash', 'fish', 'kubectl', 'zsh']);
  });

  it('offers no names when no cluster can be asked', async () => {
    expect(await words('--kubeconfig', '/nonexistent/file', 'explain', '')).toEqual([]);
  });
});

describe('completion', () => {
  it.each(['bash', 'kubectl'])('prints a script that %s can read', async (shell) => {
    const { stdout } = await runCli(['completion', shell]);
    await promisify(execFile)(shell === 'bash' ? 'bash' : 'sh', ['-n', '-c', stdout]);
  });

  it('completes in bash', async () => {
    const script = (await runCli(['completion', 'bash'])).stdout;
    // The shell asks a program of that name; the words it gets are those up to the cursor.
    const asked = `kubectl-presence() { printf '%s\\n' check export :4; }\n${script}
COMP_WORDS=(kubectl-presence freeze ex); COMP_CWORD=2; _kubectl_presence; echo "\${COMPREPLY[@]}"`;
    const { stdout } = await promisify(execFile)('bash', ['-c', asked]);
    expect(stdout.trim()).toBe('export');
  });

  it('names the shells that it knows', async () => {
    expect(await runCli(['completion', 'tcsh'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('choose one of bash, zsh, fish, kubectl'),
    });
  });
});
