import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { SAMPLE_FILES, spawnCli } from '../../test/support/run-cli.ts';
import { SHIPPED_ZONES } from '../domain/calendar/zones/zones-in-force.ts';

describe('kubectl-presence as a process', () => {
  it('explains files and ends with 0', async () => {
    const result = await spawnCli(['explain', '--at', '2027-06-05T18:30', '-o', 'json', ...SAMPLE_FILES]);
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(result.stdout)).toMatchObject({ desired: 24, tzdb: SHIPPED_ZONES.version });
  });

  it('reads stdin, and answers for now without --at', async () => {
    const text = await readFile(SAMPLE_FILES[1] as string, 'utf8');
    const before = Math.floor(Date.now() / 1000) * 1000;
    const result = await spawnCli(['explain', '-f', '-', '-o', 'json'], text);
    const at = Date.parse((JSON.parse(result.stdout) as { at: string }).at);
    expect(at).toBeGreaterThanOrEqual(before);
    expect(at).toBeLessThanOrEqual(Date.now());
  });

  it('tells failure from wrong use by its exit code', async () => {
    const [failed, wrongUse] = await Promise.all([
      spawnCli(['explain', '-f', '/nonexistent/file.yaml']),
      spawnCli(['explain', '--bogus']),
    ]);
    expect([failed?.exitCode, wrongUse?.exitCode]).toEqual([1, 2]);
  });

  it('does not mind that its reader stops early', async () => {
    const main = fileURLToPath(new URL('main.ts', import.meta.url));
    const args = ['simulate', '--from', '2027-01-01', '--to', '2028-01-01', '--step', '5m', ...SAMPLE_FILES];
    const script = 'set -o pipefail; "$0" "$@" | head -1';
    const { stdout, stderr } = await promisify(execFile)('bash', [
      '-c',
      script,
      process.execPath,
      main,
      ...args,
    ]);
    expect(stdout).toContain('FLOOR');
    expect(stderr).toBe('');
  });
});
