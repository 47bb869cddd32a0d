import path from 'node:path';
import { build } from 'esbuild';
import { contentOf } from '../../cluster/cache.ts';
import { type GoProgram, goProgramDirectory } from '../../cluster/go-programs.ts';
import { outDirectory, repository } from '../../cluster/paths.ts';
import { createShell } from '../../cluster/shell.ts';

/** Everything that the benchmark starts, built. */
export interface Programs {
  readonly driver: string;
  readonly probe: string;
  readonly ours: string;
  readonly socketIo: string;
  readonly bareWs: string;
}

const benchDirectory = import.meta.dirname;
const programDirectory = path.join(outDirectory, 'bench', 'presence-programs');

/** The three servers are bundled alike: what differs in memory and time is then not how their source is loaded. */
export async function buildPrograms(): Promise<Programs> {
  const entryPoints = {
    ours: path.join(repository, 'src/presence/main.ts'),
    'socket-io': path.join(benchDirectory, 'servers/socket-io.ts'),
    'bare-ws': path.join(benchDirectory, 'servers/bare-ws.ts'),
    probe: path.join(benchDirectory, 'servers/probe.ts'),
  };
  const [driver] = await Promise.all([
    buildDriver(),
    build({
      entryPoints,
      outdir: programDirectory,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      platform: 'node',
      target: 'node24',
      format: 'esm',
      logLevel: 'warning',
      banner: {
        js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
      },
    }),
  ]);
  const bundle = (name: string): string => path.join(programDirectory, `${name}.mjs`);
  return {
    driver,
    probe: bundle('probe'),
    ours: bundle('ours'),
    socketIo: bundle('socket-io'),
    bareWs: bundle('bare-ws'),
  };
}

/** The program that plays the clients, from the cache when its source is unchanged. Needs Go. */
export async function buildDriver(): Promise<string> {
  const source = path.join(benchDirectory, 'driver');
  const name = 'presence-bench-driver';
  const program: GoProgram = {
    entry: { name, inputs: [contentOf(source), process.arch] },
    aliases: [],
    binary: name,
    build: (shell, directory) =>
      shell.run(['go', 'build', '-trimpath', '-o', path.join(directory, name), '.'], {
        cwd: source,
        env: { CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false' },
      }),
  };
  const log = path.join(outDirectory, 'log', 'presence-bench-driver.log');
  const shell = createShell(log, () => {}, new AbortController().signal);
  return path.join(await goProgramDirectory(program, shell), name);
}
