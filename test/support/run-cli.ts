import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Screen } from '../../src/cli/context/context.ts';
import { decodeText } from '../../src/cli/context/decode-text.ts';
import { listFolder } from '../../src/cli/context/list-folder.ts';
import { forwardDashboard } from '../../src/cli/dashboard/forward-dashboard.ts';
import { serveDashboard } from '../../src/cli/dashboard/serve-dashboard.ts';
import { findOperators } from '../../src/cli/inventory/find-operators.ts';
import { readCluster } from '../../src/cli/inventory/from-cluster.ts';
import { createOverride } from '../../src/cli/overrides/create-override.ts';
import { run } from '../../src/cli/run.ts';
import { freezeNow } from '../../src/cli/verbs/freeze-cluster.ts';
import { zonesInForce } from '../../src/domain/calendar/zones/zones-in-force.ts';
import { systemClock } from '../../src/platform/runtime/clock.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

export interface CliResult {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

export interface CliOptions {
  stdin?: string;
  now?: Date;
  /** What results are printed on; left out: a pipe. */
  screen?: Screen;
  /** The program that stands for kubectl. */
  kubectl?: string;
  /** Rounds of a watch. */
  rounds?: number;
}

/** Runs a command line of `kubectl-presence` inside this process: all of the program but its `main.ts`. */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const out: string[] = [];
  const err: string[] = [];
  let rounds = options.rounds ?? 1;
  const exitCode = await run(args, {
    now: options.now ?? new Date('2027-01-01T00:00:00Z'),
    version: '1.2.3',
    commit: 'abc',
    tzdb: zonesInForce().version,
    runtimeTzdb: '2026c',
    readFile: async (file) => decodeText(await readFile(file)),
    readBytes: (file) => readFile(file),
    listFolder,
    readStdin: async () => options.stdin ?? '',
    writeFile: (file, content) => writeFile(file, content),
    screen: options.screen ?? { colour: false },
    print: (line) => out.push(`${line}\n`),
    printLines: async (lines) => {
      for (const line of lines) out.push(`${line}\n`);
    },
    note: (line) => err.push(`${line}\n`),
    progress: () => undefined,
    pause: async () => {
      rounds -= 1;
      return rounds > 0;
    },
    readCluster: (target, wanted) => readCluster(systemClock, '1.2.3', target, wanted),
    findOperators: (target) => findOperators(systemClock, '1.2.3', target),
    createOverride: (target, request) => createOverride(systemClock, '1.2.3', target, request),
    freezeNow: (target, request) => freezeNow(systemClock, '1.2.3', target, request),
    // It ends as soon as it serves.
    serveDashboard: (target, { port, onReady }) => {
      const stop = new AbortController();
      return serveDashboard({
        clock: systemClock,
        version: '1.2.3',
        target,
        script: Buffer.from(''),
        signal: stop.signal,
        port,
        onReady: (url) => {
          onReady(url);
          stop.abort();
        },
      });
    },
    forwardDashboard: (target, { port, namespace, onReady }) => {
      const stop = new AbortController();
      return forwardDashboard({
        clock: systemClock,
        version: '1.2.3',
        target,
        namespace,
        kubectl: options.kubectl ?? 'kubectl',
        signal: stop.signal,
        port,
        onReady: (url) => {
          onReady(url);
          stop.abort();
        },
      });
    },
    openBrowser: () => undefined,
  });
  return { exitCode, stdout: out.join(''), stderr: err.join('') };
}

/** Runs `kubectl-presence` as a process of its own. */
export async function spawnCli(
  args: readonly string[],
  stdin = '',
  env: Record<string, string> = {},
): Promise<CliResult> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  // A program that ends before it has read its input closes the pipe; its exit code tells the story.
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const [stdout, stderr, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { exitCode, stdout, stderr };
}

/** The samples, as arguments. */
const samples = (...names: string[]): string[] =>
  names.flatMap((name) => [
    '-f',
    fileURLToPath(new URL(`../../manifests/samples/${name}.yaml`, import.meta.url)),
  ]);
export const SAMPLE_FILES: readonly string[] = samples('presence-cluster', 'weddings');
/** With the ChangeFreeze of namespace shop as well. */
export const SHOP_FILES: readonly string[] = [...SAMPLE_FILES, ...samples('change-freezes/weekend')];
