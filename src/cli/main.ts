#!/usr/bin/env node
import { readFile, writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import packageJson from '../../package.json' with { type: 'json' };
import { systemClock } from '../platform/runtime/clock.ts';
import type { CliContext } from './context/context.ts';
import { run } from './run.ts';

const context: CliContext = {
  now: systemClock.now(),
  version: packageJson.version,
  tzdb: process.versions.tz ?? 'unknown',
  readFile: (path) => readFile(path, 'utf8'),
  readStdin: () => text(process.stdin),
  writeFile: (path, content) => writeFile(path, content),
  print: (line) => process.stdout.write(`${line}\n`),
  note: (line) => process.stderr.write(`${line}\n`),
  readCluster: async (target, wanted) => {
    // Loaded on demand: the Kubernetes client takes longer to load than everything else, and files need none.
    const { readCluster } = await import('./inventory/from-cluster.ts');
    return readCluster(systemClock, packageJson.version, target, wanted);
  },
  createOverride: async (target, request) => {
    const { createOverride } = await import('./verbs/create-override.ts');
    return createOverride(systemClock, packageJson.version, target, request);
  },
};

// `kubectl presence simulate | head` closes the pipe early; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

process.exitCode = await run(process.argv.slice(2), context);
