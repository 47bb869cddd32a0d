import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { type BuildOptions, build } from 'esbuild';
import type * as ioredis from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { QUICK_OPTIONS } from './bundle-options.ts';
import { CLOSURES, ioredisClosures, rewritten } from './ioredis-closures.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'ioredis-closures-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** As the programs are bundled, into a file whose path it returns. */
async function bundled(name: string, options: BuildOptions, plugins = [ioredisClosures()]): Promise<string> {
  const outfile = path.join(directory, `${name}.mjs`);
  await build({ ...QUICK_OPTIONS, logLevel: 'silent', outfile, plugins, ...options });
  return outfile;
}

const [closureOfCommand] = CLOSURES;
if (closureOfCommand === undefined) throw new Error('no closure is rewritten');

describe('the bundled ioredis', () => {
  let bundle: typeof ioredis;
  beforeAll(async () => {
    const contents = "export { Cluster, Command, ReplyError } from 'ioredis';";
    const file = await bundled('ioredis', { stdin: { contents, resolveDir: import.meta.dirname } });
    bundle = (await import(pathToFileURL(file).href)) as typeof ioredis;
  });

  it('resolves and rejects a command', async () => {
    const answered = new bundle.Command('get', ['key'], { replyEncoding: 'utf8' });
    answered.resolve(Buffer.from('value'));
    await expect(answered.promise).resolves.toBe('value');

    const refused = new bundle.Command('get', ['key']);
    refused.reject(new Error('WRONGTYPE'));
    await expect(refused.promise).rejects.toThrow('WRONGTYPE');
    expect(refused).toMatchObject({ isSettled: true });
  });

  it('follows a slot that has moved, and tells its caller every other error', async () => {
    const cluster = new bundle.Cluster([], { lazyConnect: true });
    cluster.on('error', () => {});
    cluster.status = 'connecting';
    try {
      const command = new bundle.Command('get', ['key']);
      const own = command.reject;
      void cluster.sendCommand(command);
      expect(command.reject).not.toBe(own);

      command.reject(new bundle.ReplyError('MOVED 12539 127.0.0.1:7001'));
      expect(command).toMatchObject({ isSettled: false });
      expect(cluster).toMatchObject({ slots: { 12539: ['127.0.0.1:7001'] } });

      command.reject(new bundle.ReplyError('WRONGTYPE'));
      await expect(command.promise).rejects.toThrow('WRONGTYPE');
    } finally {
      cluster.disconnect();
    }
  });
});

describe('old space', () => {
  interface Growth {
    readonly command: number;
    readonly clusterCommand: number;
    readonly majors: number;
  }

  /**
   * Scavenges come often, and no major collection tidies up in between. Code that a benchmark's loop makes V8 optimize far
   * beyond a server's would at some time need no closure at all.
   */
  const flags = [
    '--expose-gc',
    '--max-semi-space-size=1',
    '--initial-old-space-size=1024',
    '--no-opt',
    '--no-maglev',
  ];

  async function growth(name: string, plugins?: ReturnType<typeof ioredisClosures>[]): Promise<Growth> {
    const program = path.resolve(import.meta.dirname, '../../test/support/old-space-of-commands.ts');
    const file = await bundled(name, { entryPoints: [program] }, plugins);
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, file]);
    return JSON.parse(stdout) as Growth;
  }

  it('keeps no command that is over', async () => {
    const published = await growth('published', []);
    const ours = await growth('rewritten');
    expect([published.majors, ours.majors]).toEqual([0, 0]);
    // Measured: 3 % and 8 %. One of the two closures alone, made in old space, keeps all of its command.
    expect(ours.command).toBeLessThan(published.command / 4);
    expect(ours.clusterCommand).toBeLessThan(published.clusterCommand / 4);
  });
});

describe('an ioredis that the plugin was not written for', () => {
  const method = (body: string): string => `class Command {\n  init() {\n${body}\n  }\n}`;
  const closure = '    this.reject = (err) => {\n      fail(err);\n    };';

  it('is rewritten where the closure is there once, line by line', () => {
    expect(rewritten(closureOfCommand, method(closure)).split('\n').slice(2, 5)).toEqual([
      '    assignReject(this, (err) => {',
      '      fail(err);',
      '    });',
    ]);
  });

  it.each([
    ['has the line "this.reject = (err) => {" 0 times', method('    this.reject = fail;')],
    ['has the line "this.reject = (err) => {" 0 times', method('    this.reject = (error) => {\n    };')],
    ['has the line "this.reject = (err) => {" 2 times', method(`${closure}\n${closure}`)],
    ['has no end of the function', method('    this.reject = (err) => {\n      fail(err);\n    }')],
  ])('is refused where it %s', (what, text) => {
    expect(() => rewritten(closureOfCommand, text)).toThrow(what);
    expect(() => rewritten(closureOfCommand, text)).toThrow(
      /^ioredis\/built\/Command\.js .* correct CLOSURES;.* can go/,
    );
  });

  async function bundleOf(files: Record<string, string>): Promise<string> {
    const root = await mkdtemp(path.join(directory, 'checkout-'));
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(root, 'node_modules/ioredis', name);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, text);
    }
    return bundled('other', { stdin: { contents: "import 'ioredis';", resolveDir: root } });
  }

  const cluster = 'command.reject = function (err) {\n};\n';

  it('fails the build, also when the file is gone', async () => {
    const index = "require('./built/Command.js'); require('./built/cluster/index.js');";
    const files = {
      'index.js': index,
      'built/Command.js': method(closure),
      'built/cluster/index.js': cluster,
    };
    await expect(bundleOf(files)).resolves.toBeTypeOf('string');
    await expect(bundleOf({ ...files, 'built/Command.js': 'mended()' })).rejects.toThrow(
      'ioredis/built/Command.js has the line',
    );
    await expect(bundleOf({ ...files, 'index.js': "require('./built/Command.js');" })).rejects.toThrow(
      'ioredis/built/cluster/index.js was not bundled',
    );
  });

  it('does not matter to a bundle without it', async () => {
    const stdin = { contents: "import 'node:fs';", resolveDir: directory };
    await expect(bundled('without', { stdin })).resolves.toBeTypeOf('string');
  });
});
