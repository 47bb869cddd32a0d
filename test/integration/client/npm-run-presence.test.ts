import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { PresenceClient } from '../../../src/client/presence-client.ts';
import { repository } from '../../cluster/paths.ts';

const started: ChildProcess[] = [];
/** Its own processes end with it; a test that failed before leaves none either. */
afterAll(() => {
  for (const child of started) child.kill('SIGKILL');
});

function start(...args: string[]): { readonly child: ChildProcess; readonly output: () => string } {
  const child = spawn('npm', ['run', '--silent', 'presence', '--', ...args], {
    cwd: repository,
    detached: true,
  });
  started.push(child);
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return { child, output: () => output };
}

const valkeys = (): string =>
  execFileSync('ps', ['-eo', 'pid,ppid,args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes('valkey-server'))
    .join('\n');

it('starts in one command, takes a client with the token that it prints, says when it runs already, and ends whole', async () => {
  const first = start('--port', '0');
  await expect.poll(first.output, { timeout: 120_000 }).toContain('Ctrl-C ends everything');
  const [, url = ''] = /^URL +(\S+)$/m.exec(first.output()) ?? [];
  const [, token = ''] = /^token +(\S+)$/m.exec(first.output()) ?? [];
  const [, keyFile = ''] = /^key +(\S+)/m.exec(first.output()) ?? [];
  expect(readFileSync(keyFile, 'utf8').trim().length).toBeGreaterThanOrEqual(32);

  const other = execFileSync('npm', ['run', '--silent', 'presence', '--', 'token', 'bob'], {
    cwd: repository,
    encoding: 'utf8',
  }).trim();
  const [ann, bob] = [token, other].map((each) => new PresenceClient({ url, token: each }));
  const crew = await ann?.join('ada-and-grace');
  await bob?.join('ada-and-grace');
  await expect.poll(() => crew?.getSnapshot().members.map(({ user }) => user)).toEqual(['ann', 'bob']);
  await Promise.all([ann?.close(), bob?.close()]);

  const second = start('--port', '0');
  const [code] = (await once(second.child, 'exit')) as [number];
  expect([code, second.output()]).toEqual([1, expect.stringContaining(`running already, as process`)]);
  expect(second.output()).toContain(url);

  const [, pid = ''] = /as process (\d+)/.exec(second.output()) ?? [];
  const ours = valkeys()
    .split('\n')
    .filter((line) => new RegExp(`^ *\\d+ +${pid} `).test(line));
  expect(ours).toHaveLength(3);
  const pids = ours.map((line) => Number(line.trim().split(/ +/)[0]));
  process.kill(Number(pid), 'SIGINT');
  await once(first.child, 'exit');
  const alive = pids.filter((each) => valkeys().includes(`${each} `));
  expect(alive).toEqual([]);
  await expect(fetch(url.replace('ws', 'http'))).rejects.toThrow();
});

it.each([
  [['--port', 'x'], 'x is no port'],
  [['--what'], "Unknown option '--what'"],
  [['walk'], 'usage:'],
])('says how it is used, for %j', async (args, message) => {
  const { child, output } = start(...args);
  const [code] = (await once(child, 'exit')) as [number];
  expect([code, output()]).toEqual([2, expect.stringContaining(message)]);
});
