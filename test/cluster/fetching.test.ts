import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { runFetching } from './fetching.ts';
import { CommandFailed, createShell } from './shell.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'fetching-'));
afterAll(() => rmSync(folder, { recursive: true }));

const shell = createShell('/dev/null', () => {}, new AbortController().signal);
/** Notes each try in a file, leaves something behind, and succeeds at the third. */
const fetchThird = (file: string) => [
  'sh',
  '-euc',
  'echo try >>"$1"; test ! -e "$1.left"; touch "$1.left"; test "$(wc -l <"$1")" = 3',
  'sh',
  file,
];
const tries = (file: string) => readFileSync(file, 'utf8').trim().split('\n').length;

it('tries again after each pause, and removes what a failed try has left', async () => {
  const file = path.join(folder, 'refused-twice');
  const clear = () => rmSync(`${file}.left`);
  await runFetching(shell, fetchThird(file), { clear, pausesSeconds: [0, 0] });
  expect([tries(file), existsSync(`${file}.left`)]).toEqual([3, true]);
});

it('fails with the last try', async () => {
  const file = path.join(folder, 'refused');
  await expect(runFetching(shell, fetchThird(file), { pausesSeconds: [0] })).rejects.toThrow(CommandFailed);
  expect(tries(file)).toBe(2);
});
