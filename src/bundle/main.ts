/** `node src/bundle/main.ts DIRECTORY` replaces the bundles of a directory. A build that fails leaves none behind. */
import { chmod, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { programOptions } from './bundle-options.ts';

/** It is started by its name: `kubectl presence`. */
const COMMAND = 'kubectl-presence.js';
const EXECUTABLE = 0o755;
const BUILT = /\.js(\.map)?$/;

const root = path.resolve(import.meta.dirname, '../..');
const [directory] = process.argv.slice(2);
if (directory === undefined) throw new Error('say into which directory the programs are bundled');
const dist = path.resolve(root, directory);
// Only files of an earlier build are removed below.
const strangers = (await readdir(dist).catch(() => [])).filter((name) => !BUILT.test(name));
if (strangers.length > 0) throw new Error(`${dist} holds ${strangers[0]}, which no build has made`);

await rm(dist, { recursive: true, force: true });
try {
  for (const options of programOptions(root, dist)) await build(options);
  await chmod(path.join(dist, COMMAND), EXECUTABLE);
} catch (error) {
  await rm(dist, { recursive: true, force: true });
  // What esbuild found it has said already.
  if (!(error instanceof Error && 'errors' in error)) throw error;
  process.exitCode = 1;
}
