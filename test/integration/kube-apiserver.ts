import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, open, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Agent } from 'undici';
import { ensureTools } from '../cluster/tools.ts';
import { removeDirectory } from '../support/remove-directory.ts';
import { freePorts } from './free-ports.ts';

/** A real API server with its own etcd, as two processes on 127.0.0.1. No kubelet, no controllers. */
export interface KubeApiServer {
  /** `https://127.0.0.1:PORT` */
  server: string;
  /** PEM that verifies the server. */
  ca: string;
  /** The server's own certificate and key as PEM, for a proxy that clients shall take for the server. */
  identity: { cert: string; key: string };
  /** Bearer token of a member of system:masters. */
  token: string;
  /** Bearer token of a user with no rights at all. */
  visitorToken: string;
  /** A kubeconfig file with the contexts `admin` (current) and `visitor`. */
  kubeconfig: string;
  /** Ends the API server and leaves etcd: every connection breaks. */
  stopServer(): Promise<void>;
  /** Starts it again on the same port with the same data. */
  startServer(): Promise<void>;
  /** Freezes the API server: connections stay open and nothing answers. */
  pauseServer(): void;
  resumeServer(): void;
  /** Ends both processes and removes their files. */
  stop(): Promise<void>;
}

export interface KubeApiServerOptions {
  /** Further flags of kube-apiserver, such as `--event-ttl=1h`. */
  flags?: readonly string[];
}

/** A first start writes the RBAC bootstrap roles; two busy cores need a while for it. */
const START_LIMIT_MS = 90_000;
const POLL_MS = 100;

export async function startKubeApiServer(options: KubeApiServerOptions = {}): Promise<KubeApiServer> {
  const tools = await ensureTools();
  const directory = await mkdtemp(path.join(tmpdir(), 'kube-apiserver-'));
  const [etcdPort = 0, peerPort = 0, port = 0] = await freePorts('127.0.0.1', 3);
  const etcd = await startProcess(
    tools.etcd,
    path.join(directory, 'etcd.log'),
    etcdFlags(directory, etcdPort, peerPort),
  );
  const token = randomBytes(16).toString('hex');
  const visitorToken = randomBytes(16).toString('hex');
  await writeFile(
    path.join(directory, 'tokens.csv'),
    `${token},admin,admin,system:masters\n${visitorToken},visitor,visitor,visitors\n`,
  );
  await writeServiceAccountKey(directory);

  const flags = [...apiServerFlags(directory, etcdPort, port), ...(options.flags ?? [])];
  const server = `https://127.0.0.1:${port}`;
  let apiServer: ChildProcess | undefined;
  const startServer = async (): Promise<void> => {
    const log = path.join(directory, 'kube-apiserver.log');
    apiServer = await startProcess(tools.kubeApiserver, log, flags);
    await waitUntilReady(server, token, apiServer, log);
  };
  const stopServer = async (): Promise<void> => {
    await endProcess(apiServer);
    apiServer = undefined;
  };
  const stop = async (): Promise<void> => {
    await stopServer();
    await endProcess(etcd);
    await removeDirectory(directory);
  };
  try {
    await startServer();
  } catch (error) {
    await stop();
    throw error;
  }
  // The server signs its own certificate with a CA of its own and appends that to the file.
  const ca = await readFile(path.join(directory, 'apiserver.crt'), 'utf8');
  const kubeconfig = path.join(directory, 'kubeconfig');
  await writeFile(kubeconfig, kubeconfigOf(server, ca, { admin: token, visitor: visitorToken }));
  return {
    server,
    ca,
    identity: { cert: ca, key: await readFile(path.join(directory, 'apiserver.key'), 'utf8') },
    token,
    visitorToken,
    kubeconfig,
    startServer,
    stopServer,
    pauseServer: () => pause(apiServer),
    resumeServer: () => void apiServer?.kill('SIGCONT'),
    stop,
  };
}

function etcdFlags(directory: string, clientPort: number, peerPort: number): string[] {
  const client = `http://127.0.0.1:${clientPort}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  return [
    `--data-dir=${path.join(directory, 'etcd')}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    '--unsafe-no-fsync',
    '--log-level=error',
  ];
}

function apiServerFlags(directory: string, etcdPort: number, port: number): string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${directory}`,
    `--token-auth-file=${path.join(directory, 'tokens.csv')}`,
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${path.join(directory, 'service-account.pub')}`,
    `--service-account-signing-key-file=${path.join(directory, 'service-account.key')}`,
    '--service-cluster-ip-range=10.96.0.0/16',
    '--endpoint-reconciler-type=none',
    // Nothing here creates the default service account that the plug-in would ask of every pod.
    '--disable-admission-plugins=ServiceAccount',
    '--shutdown-delay-duration=0s',
    '--v=1',
  ];
}

async function writeServiceAccountKey(directory: string): Promise<void> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  await writeFile(path.join(directory, 'service-account.key'), privateKey, { mode: 0o600 });
  await writeFile(path.join(directory, 'service-account.pub'), publicKey);
}

function kubeconfigOf(server: string, ca: string, tokens: Record<string, string>): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'admin',
    clusters: [
      { name: 'test', cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } },
    ],
    users: Object.entries(tokens).map(([name, token]) => ({ name, user: { token } })),
    contexts: Object.keys(tokens).map((name) => ({ name, context: { cluster: 'test', user: name } })),
  });
}

async function startProcess(program: string, log: string, flags: string[]): Promise<ChildProcess> {
  const file = await open(log, 'a');
  const child = spawn(program, flags, { stdio: ['ignore', file.fd, file.fd] });
  const end = (): void => void child.kill('SIGKILL');
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
  try {
    await new Promise((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
  } finally {
    await file.close();
  }
  return child;
}

/** Returns when the kernel has stopped it: a signal alone leaves its threads time to answer once more. */
function pause(child: ChildProcess | undefined): void {
  child?.kill('SIGSTOP');
  const tasks = `/proc/${child?.pid}/task`;
  while (!readdirSync(tasks).every((task) => /\) [tTZX] /.test(statOf(`${tasks}/${task}/stat`))));
}

/** A thread that has ended since it was listed is as good as stopped. */
function statOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ') X ';
  }
}

async function endProcess(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}

async function waitUntilReady(
  server: string,
  token: string,
  child: ChildProcess,
  log: string,
): Promise<void> {
  const agent = new Agent({ connect: { rejectUnauthorized: false } });
  const deadline = Date.now() + START_LIMIT_MS;
  try {
    while (!(await answersReady(agent, server, token))) {
      if (child.exitCode !== null || child.signalCode !== null || Date.now() > deadline) {
        const why = child.exitCode === null ? 'is not ready in time' : `ended with ${child.exitCode}`;
        throw new Error(`kube-apiserver ${why}:\n${(await readFile(log, 'utf8')).slice(-3000)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  } finally {
    await agent.destroy();
  }
}

/** The server may say that it is ready before it has made these, and refuses what is to be in them until then. */
const NAMESPACES = ['default', 'kube-system'];

async function answersReady(agent: Agent, server: string, token: string): Promise<boolean> {
  const paths = ['/readyz', ...NAMESPACES.map((name) => `/api/v1/namespaces/${name}`)];
  for (const each of paths) if (!(await isFound(agent, server, token, each))) return false;
  return true;
}

async function isFound(agent: Agent, server: string, token: string, url: string): Promise<boolean> {
  try {
    const headers = { authorization: `Bearer ${token}` };
    const { statusCode, body } = await agent.request({ origin: server, path: url, method: 'GET', headers });
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
}
