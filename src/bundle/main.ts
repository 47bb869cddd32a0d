/** `node src/bundle/main.ts` bundles the programs into `dist/`, anew. A build that fails leaves none behind. */
import { chmod, rm } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { programOptions } from './bundle-options.ts';

/** It is started by its name: `kubectl presence`. */
const COMMAND = 'kubectl-presence.js';
const EXECUTABLE = 0o755;

const root = path.resolve(import.meta.dirname, '../..');
const dist = path.join(root, 'dist');

await rm(dist, { recursive: true, force: true });
try {
  await build(programOptions(root, dist));
  await chmod(path.join(dist, COMMAND), EXECUTABLE);
} catch (error) {
  await rm(dist, { recursive: true, force: true });
  // What esbuild found it has said already.
  if (!(error instanceof Error && 'errors' in error)) throw error;
  process.exitCode = 1;
}
