import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { SignJWT } from 'jose';
import type { Role } from '../../../src/api/protocol/roles.ts';
import { type Clock, systemClock } from '../../../src/platform/runtime/clock.ts';
import { loopIteration } from '../../../src/platform/runtime/loop-iteration.ts';
import { silentLogger } from '../../../src/platform/telemetry/log.ts';
import { readConfig } from '../../../src/presence/config/config.ts';
import { type PresenceServer, startPresenceServer } from '../../../src/presence/server.ts';
import { OwnStalls } from '../../support/own-stalls.ts';

/** The shared secret of every test server. */
export const SECRET = 'a secret of the tests, long enough for HS256';

export interface TokenClaims {
  readonly user?: string;
  readonly name?: string;
  readonly role?: Role;
  readonly weddings?: readonly string[];
  /** Seconds from now; negative for an expired token. */
  readonly expiresIn?: number;
  readonly secret?: string;
  readonly issuer?: string;
  readonly audience?: string;
}

/** A token as the application of the weddings would give it. */
export function signToken(claims: TokenClaims = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  const jwt = new SignJWT({
    ...(claims.issuer === undefined ? {} : { iss: claims.issuer }),
    ...(claims.audience === undefined ? {} : { aud: claims.audience }),
    role: claims.role ?? 'photographer',
    weddings: claims.weddings ?? ['ada'],
    ...(claims.name === undefined ? {} : { name: claims.name }),
  });
  return jwt
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(claims.user ?? 'ann')
    .setIssuedAt(now)
    .setExpirationTime(now + (claims.expiresIn ?? 600))
    .sign(new TextEncoder().encode(claims.secret ?? SECRET));
}

/** The environment of a presence server of the tests. */
export function podEnvironment(
  nodes: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return {
    // Pods of one name would share their canaries, and only the first would stay ready.
    PRESENCE_POD: `presence-${randomUUID()}`,
    PRESENCE_REDIS_NODES: nodes.join(','),
    PRESENCE_JWT_SECRET: SECRET,
    PRESENCE_PORT: '0',
    PRESENCE_ADMIN_PORT: '0',
    PRESENCE_PEER_HOST: '127.0.0.1',
    PRESENCE_DRAIN_SECONDS: '2',
    PRESENCE_LOG_LEVEL: 'silent',
    ...more,
  };
}

/** With the shipped lease of two seconds, users are lost while this process, or Redis, stands still on a loaded machine. */
const PATIENT_LEASE_MS = 30_000;

/**
 * A presence server in this process, on ports of its own.
 *
 * @param leaseMs for tests of what happens at its end
 */
export async function startPod(
  nodes: readonly string[],
  more: Readonly<Record<string, string>> = {},
  clock: Clock = systemClock,
  leaseMs = PATIENT_LEASE_MS,
): Promise<PresenceServer> {
  const config = readConfig(podEnvironment(nodes, more), () => new Uint8Array());
  return startPresenceServer(config, {
    clock,
    random: Math.random,
    log: silentLogger(),
    readText: (path) => readFile(path, 'utf8'),
    yieldTo: setImmediate,
    iteration: loopIteration,
    hostAddress: '127.0.0.1',
    leaseMs,
  });
}

/** A presence server as a process of its own, started from its main program. */
export interface PodProcess {
  readonly port: number;
  readonly adminPort: number;
  kill(signal: NodeJS.Signals): void;
  /** Exit code, or null after a signal. */
  readonly exited: Promise<number | null>;
}

const MAIN = new URL('../../../src/presence/main.ts', import.meta.url).pathname;

export async function startPodProcess(
  nodes: readonly string[],
  more: Readonly<Record<string, string>> = {},
  /** Gets everything that it writes. Left out: errors go to the output of the tests. */
  onOutput?: (text: string) => void,
): Promise<PodProcess> {
  const child: ChildProcess = spawn(process.execPath, [MAIN], {
    env: { ...process.env, ...podEnvironment(nodes, { PRESENCE_LOG_LEVEL: 'info', ...more }) },
    stdio: ['ignore', 'pipe', onOutput === undefined ? 'inherit' : 'pipe'],
  });
  if (onOutput !== undefined)
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => onOutput(chunk.toString()));
  const endWithParent = (): void => void child.kill('SIGKILL');
  process.once('exit', endWithParent);
  const exited = once(child, 'exit').then(([code]) => {
    process.removeListener('exit', endWithParent);
    return code as number | null;
  });
  const ports = await Promise.race([
    listeningPorts(child),
    exited.then((code) => Promise.reject(new Error(`the presence server ended with ${code}`))),
  ]);
  return { ...ports, kill: (signal) => void child.kill(signal), exited };
}

function listeningPorts(child: ChildProcess): Promise<{ port: number; adminPort: number }> {
  return new Promise((resolve) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const line = text.split('\n').find((each) => each.includes('"msg":"listening"') && each.endsWith('}'));
      if (line !== undefined) resolve(JSON.parse(line) as { port: number; adminPort: number });
    });
  });
}

/** For a loaded machine; who checks a promise says how long it may take. */
export const PATIENCE_MS = 60_000;

/** Of this process, with the clients and most servers of a test in it. */
const stalls = new OwnStalls();

/**
 * Waits until a condition holds; fails with what was seen last. While this process stands still, with its servers and clients, nobody
 * can do anything: that does not count.
 */
export async function eventually<T>(
  read: () => T | Promise<T>,
  holds: (value: T) => boolean,
  withinMs = PATIENCE_MS,
): Promise<T> {
  const begunMs = performance.now() - stalls.ms;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (performance.now() - stalls.ms - begunMs > withinMs)
      throw new Error(`not within ${withinMs} ms; last seen: ${JSON.stringify(value)}`);
    await systemClock.sleep(20);
  }
}

/** The answer of a presence server over HTTP, asked for again after the hint while Redis does not confirm. */
export async function askHttp(
  url: string,
  bearer: string,
  init: RequestInit = {},
): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  const ask = async () => {
    const response = await fetch(url, { ...init, headers: { authorization: `Bearer ${bearer}` } });
    const body = (await response.json()) as Record<string, unknown>;
    if (body.code === 'unavailable') await systemClock.sleep(Number(body.retryAfterMs));
    return { status: response.status, body };
  };
  return eventually(ask, ({ body }) => body.code !== 'unavailable');
}

export async function untilReady(pod: { readonly adminPort: number }): Promise<void> {
  const status = async () => (await fetch(`http://127.0.0.1:${pod.adminPort}/readyz`)).status;
  await eventually(status, (code) => code === 200);
}
