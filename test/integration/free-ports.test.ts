import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { freePorts } from './free-ports.ts';

/** More than one block holds. */
const COUNT = 120;

/** Another worker: prints the ports that it is given, and keeps them until it is ended. */
const OTHER = `
import { freePorts } from ${JSON.stringify(pathToFileURL(`${import.meta.dirname}/free-ports.ts`).href)};
console.log(JSON.stringify(await freePorts('127.0.0.1', ${COUNT})));
process.stdin.resume();
`;

it('gives no port twice, neither to callers in this process nor to another process', async () => {
  const other = spawn(process.execPath, ['--input-type=module', '--eval', OTHER], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(other, 'exit');
  try {
    const own = await Promise.all([freePorts('127.0.0.1', COUNT), freePorts('127.0.0.2', COUNT)]);
    const [line] = (await once(other.stdout.setEncoding('utf8'), 'data')) as [string];
    const all = [...own.flat(), ...(JSON.parse(line) as number[])];
    expect(new Set(all).size).toBe(3 * COUNT);
    for (const port of all) expect(port).toBeLessThan(32_768);
  } finally {
    other.kill('SIGKILL');
    await ended;
  }
});
