#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import packageJson from '../../package.json' with { type: 'json' };
import { parseZoneText } from '../domain/calendar/zones/zone-data.ts';
import { useZones, zonesInForce } from '../domain/calendar/zones/zones-in-force.ts';
import { systemClock } from '../platform/runtime/clock.ts';
import type { CliContext } from './context/context.ts';
import { decodeText } from './context/decode-text.ts';
import { listFolder } from './context/list-folder.ts';
import { createTerminal } from './context/terminal.ts';
import { run } from './run.ts';

/** File of zone data that is used instead of the shipped one, for the operator and here. */
const { ZONE_DATA_FILE } = process.env;

const stop = new AbortController();
const terminal = createTerminal(process.stdout, process.stderr, process.env, systemClock, stop.signal);

function createContext(): CliContext {
  return {
    now: systemClock.now(),
    version: packageJson.version,
    tzdb: zonesInForce().version,
    runtimeTzdb: process.versions.tz ?? 'unknown',
    readFile: async (file) => decodeText(await readFile(file)),
    readBytes: (file) => readFile(file),
    listFolder,
    readStdin: async () => decodeText(await buffer(process.stdin)),
    writeFile: (file, content) => writeFile(file, content),
    ...terminal,
    readCluster: async (target, wanted) => {
      // Loaded on demand: the Kubernetes client takes longer to load than everything else, and files need none.
      const { readCluster } = await import('./inventory/from-cluster.ts');
      return readCluster(systemClock, packageJson.version, target, wanted);
    },
    createOverride: async (target, request) => {
      const { createOverride } = await import('./overrides/create-override.ts');
      return createOverride(systemClock, packageJson.version, target, request);
    },
    freezeNow: async (target, request) => {
      const { freezeNow } = await import('./verbs/freeze-cluster.ts');
      return freezeNow(systemClock, packageJson.version, target, request);
    },
  };
}

/** @returns why the file cannot be used */
function useZoneFile(file: string): string | undefined {
  try {
    useZones(parseZoneText(readFileSync(file, 'utf8')));
    return undefined;
  } catch (error) {
    return `error: ZONE_DATA_FILE ${file}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

// `kubectl presence simulate | head` closes the pipe early; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

const trouble =
  ZONE_DATA_FILE === undefined || ZONE_DATA_FILE === '' ? undefined : useZoneFile(ZONE_DATA_FILE);
const args = process.argv.slice(2);
if (args.includes('-w') || args.includes('--watch')) process.once('SIGINT', () => stop.abort());
if (trouble !== undefined) process.stderr.write(`${trouble}\n`);
process.exitCode = trouble === undefined ? await run(args, createContext()) : 1;
