import path from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { QUICK_OPTIONS } from '../../../src/bundle/bundle-options.ts';
import { ioredisClosures } from '../../../src/bundle/ioredis-closures.ts';
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

/** As we ship, also for the peers: what differs in memory and time is then not how their source is loaded. */
const alike: BuildOptions = {
  ...QUICK_OPTIONS,
  outdir: programDirectory,
  outExtension: { '.js': '.mjs' },
};

/** Everything, built into `out/`. Needs Go. */
export async function buildPrograms(): Promise<Programs> {
  const ours = { ours: path.join(repository, 'src/presence/main.ts') };
  const others = {
    'socket-io': path.join(benchDirectory, 'servers/socket-io.ts'),
    'bare-ws': path.join(benchDirectory, 'servers/bare-ws.ts'),
    probe: path.join(benchDirectory, 'servers/probe.ts'),
  };
  const [driver] = await Promise.all([
    buildDriver(),
    // Ours ships with this plugin; who uses the peers runs ioredis as it is published.
    build({ ...alike, entryPoints: ours, plugins: [ioredisClosures()] }),
    build({ ...alike, entryPoints: others }),
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
