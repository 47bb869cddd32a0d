import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mapsIn, readableStack } from './read-stack.ts';

const run = promisify(execFile);
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'read-stack-'));
  await writeFile(
    path.join(directory, 'thrower.ts'),
    '// A line that a bundle drops.\nfunction fails(): never {\n  throw new Error("boom");\n}\nfails();\n',
  );
  const outfile = path.join(directory, 'operator.js');
  const options = { bundle: true, minify: true, sourcemap: true, format: 'esm', platform: 'node' } as const;
  await build({ ...options, outfile, entryPoints: [path.join(directory, 'thrower.ts')] });
});
afterAll(() => rm(directory, { recursive: true }));

async function stackOf(file: string, ...flags: string[]): Promise<string> {
  const failed = await run(process.execPath, [...flags, file]).then(
    () => ({ stderr: '' }),
    (error: { stderr: string }) => error,
  );
  return failed.stderr;
}

describe('the stack of a minified bundle', () => {
  it('is read with the maps: file, line and column of the source', async () => {
    const stack = await stackOf(path.join(directory, 'operator.js'));
    expect(stack).toContain('boom');
    expect(stack).not.toContain('thrower.ts');
    const readable = readableStack(stack, mapsIn(directory));
    expect(readable).toContain('thrower.ts:3:9');
    expect(readable).toContain('thrower.ts:5:1');
  });

  it('is read from a log line as well, and stays where no map knows a place', async () => {
    const stack = await stackOf(path.join(directory, 'operator.js'));
    const line = JSON.stringify({ err: { stack } });
    expect(readableStack(line, mapsIn(directory))).toContain('thrower.ts:3:9');
    const strange = 'at f (file:///app/other.js:1:2) at node:internal/x:3:4';
    expect(readableStack(strange, mapsIn(directory))).toBe(strange);
  });

  it('is what it was where Node is asked for maps and none is there, as in the image', async () => {
    await mkdir(path.join(directory, 'image'));
    const alone = path.join(directory, 'image/operator.js');
    await copyFile(path.join(directory, 'operator.js'), alone);
    const stack = await stackOf(alone, '--enable-source-maps');
    expect(stack).toMatch(/Error: boom\n\s+at .*operator\.js:\d+:/);
    expect(readableStack(stack, mapsIn(directory))).toContain('thrower.ts:3:9');
  });

  it('asks for the folder of the maps', async () => {
    const program = path.resolve(import.meta.dirname, 'read-stack.ts');
    await expect(run(process.execPath, [program, tmpdir()])).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('FOLDER holds operator.js.map'),
    });
  });
});
