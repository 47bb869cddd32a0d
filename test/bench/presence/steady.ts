import { Driver, type LoadResult } from './driver.ts';
import type { Programs } from './programs.ts';
import type { ServerProcess } from './server-process.ts';
import type { NodeOptions, Stack } from './stacks.ts';

/** So many connections, so many updates a second. */
export interface Load {
  readonly connections: number;
  readonly rate: number;
}

export interface SteadyOptions {
  readonly programs: Programs;
  readonly secret: string;
  readonly loads: readonly Load[];
  readonly warmupSeconds: number;
  readonly seconds: number;
}

/** One stack under one load in one round. */
export interface SteadyRow extends LoadResult {
  readonly scenario: 'steady';
  readonly server: Stack['name'];
  readonly round: number;
  readonly connections: number;
  /** Both nodes together. */
  readonly serverCpuMicrosPerDelivery: number;
  readonly redisCpuMicrosPerDelivery: number;
  readonly rssPerNodeBytes: number;
  /**
   * What the connections beyond those of the load before cost, after collections before and after: growth of RSS, and of
   * what is in use. Undefined for the first load, whose connections make the heap of the process itself grow.
   */
  readonly rssBytesPerFurtherConnection: number | undefined;
  readonly usedBytesPerFurtherConnection: number | undefined;
  /** What the driver counted that should not happen: gaps, error codes. */
  readonly failures: Readonly<Record<string, number>>;
}

export const NODES = 2;
const CONNECTS_WITHIN_MS = 60_000;
const SLACK_MS = 20_000;

/** Fresh nodes, then the loads one after the other with more connections each. */
export async function measureSteady(
  stack: Stack,
  round: number,
  options: SteadyOptions,
): Promise<SteadyRow[]> {
  await stack.flush();
  const nodes = await startNodes(stack);
  const targets = nodes.map((node) => node.address);
  const { programs, secret } = options;
  const driver = new Driver({ program: programs.driver, server: stack.name, targets, secret });
  try {
    const rows: SteadyRow[] = [];
    let connected = 0;
    for (const load of options.loads) {
      const before = await memory(nodes, true);
      await driver.run('connect', { count: load.connections }, CONNECTS_WITHIN_MS);
      const after = await memory(nodes, true);
      const further = (grown: number): number | undefined =>
        connected === 0 ? undefined : Math.round(grown / (load.connections - connected));
      const perConnection = {
        rssBytesPerFurtherConnection: further(after.rss - before.rss),
        usedBytesPerFurtherConnection: further(after.used - before.used),
      };
      connected = load.connections;
      const measured = await measureLoad(stack, nodes, driver, load, options);
      rows.push({
        scenario: 'steady',
        server: stack.name,
        round,
        connections: load.connections,
        ...measured,
        ...perConnection,
      });
    }
    return rows;
  } finally {
    await driver.close();
    await endNodes(stack, nodes);
  }
}

/** A load on clients that are connected, with what it cost. */
export async function measureLoad(
  stack: Stack,
  nodes: readonly ServerProcess[],
  driver: Driver,
  load: Pick<Load, 'rate'>,
  options: Pick<SteadyOptions, 'warmupSeconds' | 'seconds'>,
) {
  const { warmupSeconds: warmup, seconds } = options;
  await driver.run('mark', {}, SLACK_MS);
  const readings: Promise<Cpu>[] = [];
  const result = await driver.run<LoadResult>(
    'load',
    { rate: load.rate, warmup, seconds },
    (warmup + seconds) * 1_000 + SLACK_MS,
    () => {
      const reading = cpu(stack, nodes);
      // Awaited below, when the load has ended; a failure must not end the process before.
      reading.catch(() => {});
      readings.push(reading);
    },
  );
  const [begin, end] = await Promise.all(readings);
  if (begin === undefined || end === undefined) throw new Error('the load had no window');
  const failures = await driver.run<Record<string, number>>('failures', {}, SLACK_MS);
  return {
    ...result,
    serverCpuMicrosPerDelivery: (end.server - begin.server) / result.delivered,
    redisCpuMicrosPerDelivery: (end.redis - begin.redis) / result.delivered,
    rssPerNodeBytes: (await memory(nodes, false)).rss / nodes.length,
    failures,
  };
}

/** CPU time so far, in microseconds: of all nodes together, and of their Redis. */
interface Cpu {
  readonly server: number;
  readonly redis: number;
}

export async function cpu(stack: Stack, nodes: readonly ServerProcess[]): Promise<Cpu> {
  const [redis, ...samples] = await Promise.all([
    stack.redisCpuMicros(),
    ...nodes.map((node) => node.sample(false)),
  ]);
  return { redis, server: samples.reduce((sum, sample) => sum + sample.cpuMicros, 0) };
}

/** Of all nodes together. */
export async function memory(nodes: readonly ServerProcess[], collect: boolean) {
  const samples = await Promise.all(nodes.map((node) => node.sample(collect)));
  return {
    rss: samples.reduce((sum, sample) => sum + sample.rssBytes, 0),
    used: samples.reduce((sum, sample) => sum + sample.usedBytes, 0),
  };
}

export function startNodes(stack: Stack, options: NodeOptions = {}, count = NODES): Promise<ServerProcess[]> {
  return Promise.all(Array.from({ length: count }, () => stack.startNode(options)));
}

/** Killed, unless they have a profile to write: how they end is measured elsewhere. */
export async function endNodes(stack: Stack, nodes: readonly ServerProcess[]): Promise<void> {
  for (const node of nodes) node.kill(stack.endSignal);
  await Promise.all(nodes.map((node) => node.exited));
}
