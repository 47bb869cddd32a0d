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
import { CliFailure } from './context/failure.ts';
import { listFolder } from './context/list-folder.ts';
import { createTerminal } from './context/terminal.ts';
import { openBrowser } from './dashboard/open-browser.ts';
import { run } from './run.ts';

/** Set by the bundler; the sources themselves do not know their commit. */
declare const BUILD_COMMIT: string | undefined;

/** File of zone data that is used instead of the shipped one, for the operator and here. */
const { ZONE_DATA_FILE } = process.env;

const stop = new AbortController();
const terminal = createTerminal(process.stdout, process.stderr, process.env, systemClock, stop.signal);

function createContext(): CliContext {
  return {
    now: systemClock.now(),
    version: packageJson.version,
    commit: typeof BUILD_COMMIT === 'undefined' ? 'unknown' : BUILD_COMMIT,
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
    findOperators: async (target) => {
      const { findOperators } = await import('./inventory/find-operators.ts');
      return findOperators(systemClock, packageJson.version, target);
    },
    createOverride: async (target, request) => {
      const { createOverride } = await import('./overrides/create-override.ts');
      return createOverride(systemClock, packageJson.version, target, request);
    },
    freezeNow: async (target, request) => {
      const { freezeNow } = await import('./verbs/freeze-cluster.ts');
      return freezeNow(systemClock, packageJson.version, target, request);
    },
    serveDashboard: async (target, request) => {
      const { readPageScript } = await import('../dashboard-feed/page-script.ts');
      const { serveDashboard } = await import('./dashboard/serve-dashboard.ts');
      const script = await readPageScript().catch((error: Error) => {
        throw new CliFailure(error.message);
      });
      stopOnSignals();
      const { version } = packageJson;
      return serveDashboard({ ...request, clock: systemClock, version, target, script, signal: stop.signal });
    },
    forwardDashboard: async (target, request) => {
      const { forwardDashboard } = await import('./dashboard/forward-dashboard.ts');
      stopOnSignals();
      const { signal } = stop;
      const { version } = packageJson;
      const clock = systemClock;
      return forwardDashboard({ ...request, clock, version, target, kubectl: 'kubectl', signal });
    },
    openBrowser,
  };
}

/** Verbs that go on until Ctrl-C end in order. */
function stopOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
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
