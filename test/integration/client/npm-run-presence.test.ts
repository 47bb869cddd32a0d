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

/** Process ids of the servers of Valkey that a process started. */
const valkeysOf = (parent: number): number[] =>
  execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes('valkey-server'))
    .map((line) => line.trim().split(/ +/).map(Number))
    .flatMap(([pid = 0, ppid]) => (ppid === parent ? [pid] : []));

/** One that has ended stays listed until its parent asks for its exit code. */
function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** The exit code, once all that it printed was read. */
async function ended(child: ChildProcess): Promise<number | null> {
  const [code] = (await once(child, 'close')) as [number | null];
  return code;
}

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
  await expect
    .poll(() => crew?.getSnapshot().members.map(({ user }) => user), { timeout: 60_000 })
    .toEqual(['ann', 'bob']);
  await Promise.all([ann?.close(), bob?.close()]);

  const second = start('--port', '0');
  const code = await ended(second.child);
  expect([code, second.output()]).toEqual([1, expect.stringContaining(`running already, as process`)]);
  expect(second.output()).toContain(url);

  const [, pid = ''] = /as process (\d+)/.exec(second.output()) ?? [];
  const servers = valkeysOf(Number(pid));
  expect(servers).toHaveLength(3);
  process.kill(Number(pid), 'SIGINT');
  await ended(first.child);
  await expect.poll(() => servers.filter(isRunning)).toEqual([]);
  await expect(fetch(url.replace('ws', 'http'))).rejects.toThrow();
});

it.each([
  [['--port', 'x'], 'x is no port'],
  [['--what'], "Unknown option '--what'"],
  [['walk'], 'usage:'],
])('says how it is used, for %j', async (args, message) => {
  const { child, output } = start(...args);
  const code = await ended(child);
  expect([code, output()]).toEqual([2, expect.stringContaining(message)]);
});
