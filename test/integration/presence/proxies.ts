import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect } from 'node:tls';
import { issueCertificate } from '../../../src/platform/tls/issue-certificate.ts';
import { hostCommand } from '../../cluster/debian-root.ts';
import { repository } from '../../cluster/paths.ts';
import { type ProxyName, proxyProgram, proxyRoot } from '../../cluster/proxy-root.ts';
import { createShell } from '../../cluster/shell.ts';
import { fencedBlocks } from '../../house/markdown.ts';
import { freePorts } from '../free-ports.ts';
import { eventually } from './presence-pods.ts';

/** The name in the certificate, and in the samples of the page. */
export const PROXY_HOST = 'presence.example.com';
const SERVICE = 'wedsync-presence.weddings.svc:8080';
const DAY_MS = 86_400_000;

/** A change of a sample: what stands there, and what the test has in its place. */
export type Edit = readonly [from: string, to: string];

/** A real proxy in front of one port, with the sample of docs/how-to/ingress.md. */
export interface FrontProxy {
  /** Where it ends TLS. */
  readonly port: number;
  /** Signed its certificate, as PEM. */
  readonly authority: string;
  /** Ends it as the kernel would, and waits until it is gone. */
  kill(): Promise<void>;
  /** Starts it again at the same port. */
  start(): Promise<void>;
  /** Takes its configuration again, as after a change of it. nginx only. */
  reload(): void;
  close(): Promise<void>;
}

/** What the page does not show: where a process without rights writes, and what is around the sample. */
const AROUND: Readonly<Record<ProxyName, (sample: string, folder: string) => string>> = {
  nginx: (sample, folder) => `
    daemon off; pid ${folder}/pid; error_log stderr; worker_processes 1; user root;
    worker_shutdown_timeout 1s;
    events {}
    http {
      access_log off;
      ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
      ${sample}
    }`,
  haproxy: (sample) => sample,
  caddy: (sample) => `{
      admin off
      auto_https disable_redirects
      skip_install_trust
    }
    ${sample}`,
};

const ARGUMENTS: Readonly<Record<ProxyName, (folder: string) => string[]>> = {
  nginx: (folder) => ['-p', folder, '-e', 'stderr', '-c', `${folder}/config`],
  haproxy: (folder) => ['-db', '-q', '-f', `${folder}/config`],
  caddy: (folder) => ['run', '--adapter', 'caddyfile', '--config', `${folder}/config`],
};

const LANGUAGES: Readonly<Record<ProxyName, string>> = {
  nginx: 'nginx',
  haproxy: 'haproxy',
  caddy: 'caddyfile',
};

/** The sample of the page, at another port, with another certificate and another server behind it. */
function edited(
  name: ProxyName,
  port: number,
  folder: string,
  target: number,
  edits: readonly Edit[],
): string {
  const page = readFileSync(path.join(repository, 'docs/how-to/ingress.md'), 'utf8');
  const [sample = ''] = fencedBlocks(page, LANGUAGES[name]);
  const places: Readonly<Record<ProxyName, readonly Edit[]>> = {
    nginx: [
      ['listen 443', `listen 127.0.0.1:${port}`],
      ['/etc/nginx/tls/', `${folder}/`],
    ],
    haproxy: [
      ['bind :443', `bind 127.0.0.1:${port}`],
      ['/etc/haproxy/', `${folder}/`],
    ],
    caddy: [
      [`${PROXY_HOST} {`, `https://${PROXY_HOST}:${port} {\n  bind 127.0.0.1`],
      ['/etc/caddy/', `${folder}/`],
    ],
  };
  return [...places[name], [SERVICE, `127.0.0.1:${target}`] as const, ...edits].reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the sample of ${name} has no "${from}"`);
    return text.replaceAll(from, to);
  }, sample);
}

/**
 * @param target port of the server behind it, on loopback
 * @param edits further changes of the sample
 */
export async function startProxy(
  name: ProxyName,
  target: number,
  edits: readonly Edit[] = [],
): Promise<FrontProxy> {
  const root = await proxyRoot(createShell('/dev/null', () => {}, new AbortController().signal));
  const [port = 0] = await freePorts('127.0.0.1', 1);
  const folder = mkdtempSync(path.join(tmpdir(), `${name}-`));
  const authority = writeCertificate(folder);
  writeFileSync(path.join(folder, 'config'), AROUND[name](edited(name, port, folder, target, edits), folder));
  const [program = '', ...first] = [...hostCommand(root, proxyProgram(name)), ...ARGUMENTS[name](folder)];
  let child: ChildProcess | undefined;
  let said = '';
  const start = async (): Promise<void> => {
    // A group of its own, so that the workers of nginx end with it.
    const started = spawn(program, first, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    });
    for (const stream of [started.stdout, started.stderr])
      stream?.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-MAX_SAID)));
    child = started;
    running.add(started);
    started.once('exit', () => running.delete(started));
    await eventually(
      async () => started.exitCode !== null || (await answers(port, authority)),
      (is) => is,
    );
    if (started.exitCode !== null) throw new Error(`${name} ended with ${started.exitCode}: ${said}`);
  };
  const kill = async (): Promise<void> => {
    const ending = child;
    child = undefined;
    if (ending === undefined || ending.exitCode !== null) return;
    const exited = once(ending, 'exit');
    killGroup(ending);
    await exited;
  };
  const close = async (): Promise<void> => {
    await kill();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await start();
  } catch (error) {
    await close();
    throw error;
  }
  return { port, authority, kill, start, reload: () => void child?.kill('SIGHUP'), close };
}

const MAX_SAID = 4_000;

/** They are no children of the terminal, so they have to be ended with this process. */
const running = new Set<ChildProcess>();
process.once('exit', () => running.forEach(killGroup));

function killGroup({ pid }: ChildProcess): void {
  if (pid !== undefined) process.kill(-pid, 'SIGKILL');
}

function writeCertificate(folder: string): string {
  mkdirSync(folder, { recursive: true });
  const lifetime = { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + DAY_MS) };
  const authority = issueCertificate({ kind: 'Authority', commonName: 'test', ...lifetime });
  const { certificate, key } = issueCertificate({
    kind: 'Peer',
    commonName: PROXY_HOST,
    dnsNames: [PROXY_HOST],
    authority,
    ...lifetime,
  });
  writeFileSync(path.join(folder, 'tls.crt'), certificate);
  writeFileSync(path.join(folder, 'tls.key'), key);
  writeFileSync(path.join(folder, 'tls.pem'), `${certificate}\n${key}`);
  return authority.certificate;
}

function answers(port: number, ca: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', servername: PROXY_HOST, ca }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
