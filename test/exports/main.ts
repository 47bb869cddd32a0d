/**
 * What `freeze export --for alertmanager` prints, read by Alertmanager's own code: `make test-exports`, outside CI because
 * it fetches and compiles Go modules (about 10 s). Fails when a window and Alertmanager's answer differ at an edge.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { runCli, SAMPLE_FILES } from '../support/run-cli.ts';

const exec = promisify(execFile);
const SOURCE = fileURLToPath(new URL('alertmanager/', import.meta.url));
const NOW = new Date('2027-06-01T00:00:00Z');
const MINUTE_MS = 60_000;

interface Window {
  namespace: string;
  presenceCluster: string;
  from: string;
  until: string;
}

const directory = await mkdtemp(path.join(tmpdir(), 'presence-exports-'));
try {
  const program = path.join(directory, 'alertmanager');
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false' };
  await exec('go', ['build', '-o', program, '.'], { cwd: SOURCE, env });
  const listed = await runCli(['freeze', 'list', '-o', 'json', ...SAMPLE_FILES], { now: NOW });
  const { windows } = JSON.parse(listed.stdout) as { windows: Window[] };
  const exported = await runCli(['freeze', 'export', '--for', 'alertmanager', ...SAMPLE_FILES], { now: NOW });
  const edges = windows.flatMap(({ from, until }) =>
    [from, until].flatMap((edge) => [-1, 0].map((minutes) => Date.parse(edge) + minutes * MINUTE_MS)),
  );
  const answers = await ask(program, exported.stdout, edges);
  const names = new Set(windows.map(nameOf));
  let wrong = 0;
  for (const name of names) {
    const own = windows.filter((window) => nameOf(window) === name);
    for (const [index, edge] of edges.entries()) {
      const expected = own.some(({ from, until }) => Date.parse(from) <= edge && edge < Date.parse(until));
      if (answers[name]?.[index] === expected) continue;
      wrong += 1;
      console.log(`${name} at ${new Date(edge).toISOString()}: expected ${expected}`);
    }
  }
  console.log(`alertmanager: ${names.size} time intervals, ${edges.length} instants, ${wrong} wrong`);
  if (wrong > 0 || edges.length === 0) process.exitCode = 1;
} finally {
  await rm(directory, { recursive: true, force: true });
}

function nameOf({ namespace, presenceCluster }: Window): string {
  return `presence-freeze-${namespace}-${presenceCluster}`;
}

async function ask(
  program: string,
  config: string,
  instants: readonly number[],
): Promise<Record<string, boolean[]>> {
  const asked = exec(
    program,
    instants.map((instant) => new Date(instant).toISOString()),
  );
  asked.child.stdin?.end(config);
  return JSON.parse((await asked).stdout) as Record<string, boolean[]>;
}
