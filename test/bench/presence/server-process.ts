import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { PRESENCE_NODE_FLAGS } from '../../../src/domain/resources/presence-workload.ts';
import { onCpus } from './cpus.ts';
import { within } from './within.ts';

/** What a server process has used so far. */
export interface Sample {
  readonly cpuMicros: number;
  readonly rssBytes: number;
  /** Of the JavaScript heap and what hangs on it: without what is only kept for later. */
  readonly usedBytes: number;
}

/** One measured server: a node of one of the stacks. */
export interface ServerProcess {
  readonly address: string;
  /** CPU time and memory now; `collect` runs a full garbage collection before. */
  sample(collect: boolean): Promise<Sample>;
  /** What ours shows to Prometheus. @throws Error for a server that has no such page. */
  metrics(): Promise<string>;
  kill(signal: NodeJS.Signals): void;
  readonly exited: Promise<void>;
}

export interface ServerOptions {
  readonly program: string;
  readonly probe: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Further flags of Node, for profiling. */
  readonly flags: readonly string[];
  /** CPUs that the server may use; all when left out. */
  readonly cpus?: string | undefined;
}

const STARTS_WITHIN_MS = 15_000;
/** On a machine that is busy with other things a loaded server may take long to get to it. */
const SAMPLES_WITHIN_MS = 30_000;

interface Ports {
  readonly port: number;
  readonly adminPort?: number;
}

/** Starts a server and waits until it takes clients. */
export async function startServer(options: ServerOptions): Promise<ServerProcess> {
  // All three run as our pods do.
  const flags = ['--expose-gc', ...PRESENCE_NODE_FLAGS, ...options.flags, '--import', options.probe];
  const argv = onCpus(options.cpus, [process.execPath, ...flags, options.program]);
  const child = spawn(argv[0], argv.slice(1), {
    env: { ...process.env, ...options.environment },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const endWithParent = (): void => void child.kill('SIGKILL');
  process.once('exit', endWithParent);
  const exited = once(child, 'exit').then(() => {
    process.removeListener('exit', endWithParent);
  });
  const ended = exited.then(() => Promise.reject(new Error(`${options.program} ended early`)));
  ended.catch(() => {});
  const ports = await within(STARTS_WITHIN_MS, options.program, Promise.race([portsOf(child), ended]));
  if (ports.adminPort !== undefined) {
    await within(STARTS_WITHIN_MS, 'readiness', Promise.race([ready(ports.adminPort), ended]));
  }
  let samples = 0;
  return {
    address: `127.0.0.1:${ports.port}`,
    sample: (collect) => within(SAMPLES_WITHIN_MS, 'a sample', sample(child, ++samples, collect)),
    metrics: () => within(SAMPLES_WITHIN_MS, 'the metrics', metricsOf(ports.adminPort)),
    kill: (signal) => void child.kill(signal),
    exited,
  };
}

/** The peers tell their port over IPC, ours in its log, as it does for everybody. */
function portsOf(child: ChildProcess): Promise<Ports> {
  return new Promise((resolve) => {
    child.on('message', (message: Partial<Ports>) => {
      if (message.port !== undefined) resolve({ port: message.port });
    });
    if (child.stdout === null) return;
    const lines = createInterface({ input: child.stdout });
    // All of them are read, to the end: a server whose log nobody reads would stand still.
    lines.on('line', (line) => {
      if (line.includes('"msg":"listening"')) resolve(JSON.parse(line) as Ports);
    });
  });
}

async function ready(adminPort: number): Promise<void> {
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${adminPort}/readyz`);
    await response.body?.cancel();
    if (response.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function metricsOf(adminPort: number | undefined): Promise<string> {
  if (adminPort === undefined) throw new Error('this server has no page of metrics');
  return (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
}

function sample(child: ChildProcess, number: number, collect: boolean): Promise<Sample> {
  return new Promise((resolve) => {
    const answer = (message: Sample & { readonly sample?: number }): void => {
      if (message.sample !== number) return;
      child.removeListener('message', answer);
      resolve(message);
    };
    child.on('message', answer);
    child.send({ sample: number, collect });
  });
}
