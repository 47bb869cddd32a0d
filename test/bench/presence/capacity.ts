import { AGEING_MS } from '../../../src/presence/scheduling/fair-queue.ts';
import { allCpus, type CpuSplit, moveTo } from './cpus.ts';
import { Driver, type LaneResult, type LoadResult } from './driver.ts';
import { highestRate } from './highest-rate.ts';
import { added, bucketOf } from './metrics-text.ts';
import type { Programs } from './programs.ts';
import type { ServerProcess } from './server-process.ts';
import type { Stack } from './stacks.ts';
import { endNodes, measureLoad, startNodes } from './steady.ts';

export interface CapacityOptions {
  readonly programs: Programs;
  readonly secret: string;
  /** One core for both nodes, the others for Redis and the driver. Undefined: nobody is kept apart. */
  readonly split: CpuSplit | undefined;
  readonly connections: number;
  readonly firstRate: number;
  readonly tries: number;
  readonly warmupSeconds: number;
  readonly seconds: number;
  readonly say: (text: string) => void;
}

/** One rate that was tried. */
export interface RateTry {
  readonly rate: number;
  readonly p99Ms: number;
  readonly fits: boolean;
}

interface Loaded {
  readonly server: Stack['name'];
  readonly connections: number;
  readonly rate: number;
  /** Both nodes had one core for themselves. */
  readonly pinned: boolean;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly sent: number;
  readonly expected: number;
  readonly delivered: number;
  readonly superseded: number;
  readonly lost: number;
  /** Cores that were busy: both nodes, Redis, the driver. */
  readonly nodeCores: number;
  readonly redisCores: number;
  readonly cpuShare: number;
  readonly lagMeanMs: number;
  readonly lagP99Ms: number;
  readonly failures: Readonly<Record<string, number>>;
}

/** The highest rate with p99 below the limit and nothing missing, and what the machine did at it. */
export interface CapacityRow extends Loaded {
  readonly scenario: 'capacity';
  readonly tries: readonly RateTry[];
  /** The lowest rate that did not fit; undefined when none was found in the tries. */
  readonly failsAt: number | undefined;
  readonly limit: Limit;
}

/**
 * What did not keep up at the rate that does not fit. Where it is not the nodes, they can do at least what is said:
 * the driver was late or busy, other programs had the core of the nodes, or no rate failed.
 */
export type Limit = 'nodes' | 'driver' | 'other programs' | 'not found';

/** 1.5 times that rate, by the lane of the sender. */
export interface LanesRow extends Loaded {
  readonly scenario: 'lanes';
  readonly capacity: number;
  readonly lanes: readonly LaneResult[];
  /** Of ours: what its requests and changes waited for their turn, by lane, as upper bounds of its histogram. */
  readonly waits: readonly LaneWait[];
}

export interface LaneWait {
  readonly lane: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export const P99_LIMIT_MS = 50;
export const OVERLOAD = 1.5;
/** How docs/presence.md is read as a number: overdue after the ageing time, and served within as much again. */
export const LANE_3_BOUND_MS = 2 * AGEING_MS;
const PRECISION = 1.08;
/** Where updates are written so late, or the driver's CPUs are so busy, the servers are not what is measured. */
const DRIVER_LAG_MS = 25;
const DRIVER_BUSY = 0.92;
/** The nodes' own core, when they are what does not keep up. Less of it: somebody else had it. */
export const NODES_BUSY = 0.75;
const CONNECTS_WITHIN_MS = 60_000;

/** Searches the capacity of one core, then puts one and a half times that on it. */
export async function measureCapacity(
  stack: Stack,
  options: CapacityOptions,
): Promise<(CapacityRow | LanesRow)[]> {
  const { split, programs, secret, connections } = options;
  await stack.flush();
  const redis = await stack.redisPids();
  if (split !== undefined) moveTo(split.others, redis);
  const nodes = await startNodes(stack, { cpus: split?.servers });
  const targets = nodes.map((node) => node.address);
  const driver = new Driver({
    program: programs.driver,
    server: stack.name,
    targets,
    secret,
    crew: true,
    cpus: split?.others,
  });
  try {
    await driver.run('connect', { count: connections }, CONNECTS_WITHIN_MS);
    const capacity = await search(stack, nodes, driver, options);
    return [capacity, await overload(stack, nodes, driver, options, capacity.rate)];
  } finally {
    await driver.close();
    await endNodes(stack, nodes);
    if (split !== undefined) moveTo(allCpus(), redis);
  }
}

async function search(
  stack: Stack,
  nodes: readonly ServerProcess[],
  driver: Driver,
  options: CapacityOptions,
): Promise<CapacityRow> {
  const tries: RateTry[] = [];
  let best: Loaded | undefined;
  let failed: Loaded | undefined;
  const tryOnce = async (rate: number): Promise<boolean> => {
    const { loaded } = await load(stack, nodes, driver, options, rate);
    const fits = loaded.p99Ms < P99_LIMIT_MS && loaded.delivered === loaded.expected;
    tries.push({ rate, p99Ms: loaded.p99Ms, fits });
    const percent = ((100 * loaded.delivered) / loaded.expected).toFixed(2);
    options.say(
      `${stack.name}, ${rate} updates/s: p99 ${loaded.p99Ms} ms, ${percent} % delivered, nodes ${loaded.nodeCores.toFixed(2)}, driver ${loaded.cpuShare.toFixed(2)} cores, lag p99 ${loaded.lagP99Ms} ms: ${fits ? 'fits' : 'too much'}`,
    );
    if (fits && (best === undefined || rate > best.rate)) best = loaded;
    if (!fits && (failed === undefined || rate <= failed.rate)) failed = loaded;
    return fits;
  };
  const found = await highestRate(
    { first: options.firstRate, tries: options.tries, precision: PRECISION },
    // A pause of something else on the machine must not look like the limit.
    async (rate) => (await tryOnce(rate)) || (await tryOnce(rate)),
  );
  if (best === undefined)
    throw new Error(`${stack.name}: no rate that was tried kept p99 < ${P99_LIMIT_MS} ms`);
  const limit = found.fails === undefined ? 'not found' : limitOf(failed, options);
  return { ...best, scenario: 'capacity', tries, failsAt: found.fails, limit };
}

function limitOf(failed: Loaded | undefined, { split }: CapacityOptions): Limit {
  if (failed === undefined) return 'not found';
  const cores = split === undefined ? Number.POSITIVE_INFINITY : coresOf(split.others);
  const busy = (failed.cpuShare + failed.redisCores) / cores;
  if (failed.lagP99Ms > DRIVER_LAG_MS || busy > DRIVER_BUSY) return 'driver';
  return failed.nodeCores >= NODES_BUSY ? 'nodes' : 'other programs';
}

function coresOf(cpus: string): number {
  const [first = 0, last = first] = cpus.split('-').map(Number);
  return last - first + 1;
}

async function overload(
  stack: Stack,
  nodes: readonly ServerProcess[],
  driver: Driver,
  options: CapacityOptions,
  capacity: number,
): Promise<LanesRow> {
  const pages = async (): Promise<string[]> =>
    stack.name === 'ours' ? Promise.all(nodes.map((node) => node.metrics())) : [];
  const before = await pages();
  const rate = Math.round(OVERLOAD * capacity);
  const { loaded, lanes } = await load(stack, nodes, driver, options, rate);
  return { ...loaded, scenario: 'lanes', capacity, lanes, waits: waitsOf(before, await pages()) };
}

function waitsOf(before: readonly string[], after: readonly string[]): LaneWait[] {
  const grown = added(before, after, 'presence_lane_wait_seconds_bucket', ({ lane, le }) => `${lane} ${le}`);
  return [1, 2, 3].flatMap((lane) => {
    const ofLane = [...grown].filter(([key]) => key.startsWith(`${lane} `));
    const buckets = new Map(ofLane.map(([key, count]) => [key.slice(2), count]));
    const [p50, p99] = [bucketOf(buckets, 0.5), bucketOf(buckets, 0.99)];
    if (p50 === undefined || p99 === undefined) return [];
    return [{ lane, p50Ms: 1_000 * p50, p99Ms: 1_000 * p99 }];
  });
}

async function load(
  stack: Stack,
  nodes: readonly ServerProcess[],
  driver: Driver,
  options: CapacityOptions,
  rate: number,
): Promise<{ loaded: Loaded; lanes: LoadResult['lanes'] }> {
  const { lanes, p95Ms: _, ...result } = await measureLoad(stack, nodes, driver, { rate }, options);
  const cores = (perDelivery: number): number => (perDelivery * result.delivered) / 1e6 / result.seconds;
  const { serverCpuMicrosPerDelivery, redisCpuMicrosPerDelivery, rssPerNodeBytes: __, ...rest } = result;
  return {
    lanes,
    loaded: {
      ...rest,
      server: stack.name,
      connections: options.connections,
      pinned: options.split !== undefined,
      nodeCores: cores(serverCpuMicrosPerDelivery),
      redisCores: cores(redisCpuMicrosPerDelivery),
    },
  };
}
