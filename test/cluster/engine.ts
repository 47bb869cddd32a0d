import { spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { docker, dockerSucceeds } from './docker.ts';
import { requireHostPackages } from './host-packages.ts';
import { withLock } from './lock.ts';
import { cacheDirectory, clusterDirectory } from './paths.ts';
import { logTail, type Shell } from './shell.ts';

/** An engine on a machine that compiles something; where there is none, the answer comes at once. */
const ANSWERS_WITHIN_SECONDS = 60;
const engineDirectory = path.join(cacheDirectory, 'engine');
const markerFile = path.join(engineDirectory, 'dockerd.json');
const engineLog = path.join(engineDirectory, 'dockerd.log');
const STARTS_WITHIN_MS = 300_000;
const pidFile = '/var/run/docker.pid';
const socketFile = '/var/run/docker.sock';

/** Makes sure that a Docker engine answers, starting one by hand where there is no service manager. */
export async function ensureEngine(shell: Shell): Promise<string> {
  if (await engineAnswers(shell)) return 'the Docker engine answers';
  return withLock('engine', () => installOrStart(shell));
}

async function installOrStart(shell: Shell): Promise<string> {
  if (await engineAnswers(shell)) return 'another run has started the Docker engine';
  if (process.getuid?.() !== 0) {
    throw new Error('no Docker engine answers: start it, or give this user access to it, and run again');
  }
  shell.say('no Docker engine answers: starting one');
  await requireHostPackages(shell, ['docker.io', 'iptables', 'iproute2', 'jq']);
  // With a service manager the installation has started it.
  if (await engineAnswers(shell)) return 'the installed Docker engine answers';
  removeStale(pidFile);
  await startEngine(shell);
  return 'started the Docker engine';
}

export function engineAnswers(shell: Shell): Promise<boolean> {
  return dockerSucceeds(shell, ['version'], { timeoutSeconds: ANSWERS_WITHIN_SECONDS });
}

/** Stops the engine when it is the one we started and nobody else has a container on it. */
export async function stopOwnEngine(shell: Shell): Promise<string> {
  const own = readMarker();
  if (own === undefined) return 'the Docker engine is not ours: left running';
  if (!isSameProcess(own)) {
    rmSync(markerFile, { force: true });
    return 'the Docker engine we started is already gone';
  }
  const others = await docker(shell, ['ps', '--quiet']);
  if (others !== '') return 'other containers run on the Docker engine: left running';
  process.kill(own.pid, 'SIGTERM');
  for (let tries = 0; tries < 150 && isSameProcess(own); tries++) await sleep(200);
  if (isSameProcess(own))
    throw new Error(`the Docker engine (process ${own.pid}) does not stop; see ${engineLog}`);
  rmSync(markerFile, { force: true });
  await removeDefaultBridge(shell);
  return 'stopped the Docker engine we started';
}

/** An engine leaves its bridge behind when it stops; ours was not there before. */
async function removeDefaultBridge(shell: Shell): Promise<void> {
  if (existsSync('/sys/class/net/docker0')) await shell.succeeds(['ip', 'link', 'delete', 'docker0']);
}

async function startEngine(shell: Shell): Promise<void> {
  mkdirSync(engineDirectory, { recursive: true });
  const log = openSync(engineLog, 'w');
  const child = spawn('dockerd', runtimeArguments(shell), { detached: true, stdio: ['ignore', log, log] });
  let failure = '';
  child.once('error', (error) => (failure = error.message));
  child.once('exit', (code) => (failure = `exit code ${code}`));
  const giveUpMs = performance.now() + STARTS_WITHIN_MS;
  while (performance.now() < giveUpMs && failure === '') {
    if (await engineAnswers(shell)) {
      child.unref();
      const pid = child.pid ?? 0;
      writeFileSync(markerFile, JSON.stringify({ pid, startedAt: startTime(pid) }));
      return;
    }
    await sleep(500);
  }
  throw new Error(`the Docker engine did not start: ${failure || 'no answer'}\n${logTail(engineLog)}`);
}

/** Without CAP_SYS_RESOURCE no privileged container starts, so runc goes through a wrapper that leaves it out. */
function runtimeArguments(shell: Shell): string[] {
  if (hasCapability(24)) return [];
  shell.say(
    'this machine lacks CAP_SYS_RESOURCE: containers start through a runc wrapper that leaves it out',
  );
  const wrapper = path.join(engineDirectory, 'hostcaps-runc');
  copyFileSync(path.join(clusterDirectory, 'hostcaps-runc.sh'), wrapper);
  chmodSync(wrapper, 0o755);
  return ['--add-runtime', `hostcaps=${wrapper}`, '--default-runtime', 'hostcaps'];
}

function hasCapability(bit: number): boolean {
  const bounding = /^CapBnd:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return ((BigInt(`0x${bounding}`) >> BigInt(bit)) & 1n) === 1n;
}

/**
 * An engine that was killed leaves its pid file, and the next one refuses to start while any process has that
 * number: an unrelated one, or the killed one itself when nobody has collected it yet.
 */
function removeStale(file: string): void {
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').trim());
  const isEngine = startTime(pid) !== '' && readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'dockerd';
  if (isEngine) return;
  rmSync(file, { force: true });
  rmSync(socketFile, { force: true });
}

interface EngineProcess {
  pid: number;
  /** In kernel ticks since boot: tells the process from a later one with the same number. */
  startedAt: string;
}

function readMarker(): EngineProcess | undefined {
  if (!existsSync(markerFile)) return undefined;
  return JSON.parse(readFileSync(markerFile, 'utf8')) as EngineProcess;
}

function isSameProcess(engine: EngineProcess): boolean {
  return startTime(engine.pid) === engine.startedAt;
}

/** '' when there is no such process, or only its unread exit code. */
function startTime(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? '' : (fields[19] ?? '');
  } catch {
    return '';
  }
}
