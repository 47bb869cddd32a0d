import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { removeDirectory } from '../../support/remove-directory.ts';
import { type ChurnResult, Driver, type LoadResult } from './driver.ts';
import { added } from './metrics-text.ts';
import type { Programs } from './programs.ts';
import type { Stack } from './stacks.ts';
import { endNodes, startNodes } from './steady.ts';

export interface CachesOptions {
  readonly programs: Programs;
  readonly secret: string;
  readonly connections: number;
  readonly rate: number;
  /** Connections that are cut, and questions for the list, a second each. */
  readonly churnPerSecond: number;
  /** The same as what is counted, and not counted: the caches are warm after it. */
  readonly warmupSeconds: number;
  readonly seconds: number;
}

export interface CacheHits {
  readonly cache: string;
  readonly hits: number;
  readonly misses: number;
  /** Given out although Redis did not confirm it; no hit here. */
  readonly stale: number;
}

/** What the caches of ours answered while people updated, lost their connections, came back and asked for lists. */
export interface CachesRow extends ChurnResult {
  readonly scenario: 'caches';
  readonly server: 'ours';
  readonly connections: number;
  readonly rate: number;
  readonly caches: readonly CacheHits[];
  /** While everybody connected for the first time. */
  readonly cold: readonly CacheHits[];
  readonly load: LoadResult;
  readonly failures: Readonly<Record<string, number>>;
}

const ROOM_SIZE = 25;
const HOUR_MS = 3_600_000;
const CONNECTS_WITHIN_MS = 60_000;
const SLACK_MS = 20_000;

/** Weddings that the operator knows of, whose ceremony is on: as their rooms are when it matters. */
export async function measureCaches(stack: Stack, options: CachesOptions): Promise<CachesRow> {
  const { programs, secret, connections, rate, churnPerSecond, warmupSeconds, seconds } = options;
  await stack.flush();
  const directory = await mkdtemp(path.join(tmpdir(), 'presence-bench-'));
  const file = path.join(directory, 'weddings.json');
  await writeFile(file, weddingsFile(Math.ceil(connections / ROOM_SIZE)));
  const nodes = await startNodes(stack, { environment: { PRESENCE_WEDDINGS_FILE: file } });
  const targets = nodes.map((node) => node.address);
  const driver = new Driver({ program: programs.driver, server: stack.name, targets, secret });
  const pages = () => Promise.all(nodes.map((node) => node.metrics()));
  const churn = (length: number): Promise<ChurnResult> =>
    driver.run('churn', { rate: churnPerSecond, seconds: length }, length * 1_000 + SLACK_MS);
  try {
    await driver.run('connect', { count: connections }, CONNECTS_WITHIN_MS);
    const cold = hitsOf([], await pages());
    await driver.run('mark', {}, SLACK_MS);
    await driver.run('load-start', { rate, seconds: 2 * (warmupSeconds + seconds) }, SLACK_MS);
    await churn(warmupSeconds);
    const before = await pages();
    const result = await churn(seconds);
    const after = await pages();
    const load = await driver.run<LoadResult>('load-stop', {}, SLACK_MS);
    const failures = await driver.run<Record<string, number>>('failures', {}, SLACK_MS);
    const caches = hitsOf(before, after);
    return { scenario: 'caches', server: 'ours', connections, rate, ...result, caches, cold, load, failures };
  } finally {
    await driver.close();
    await endNodes(stack, nodes);
    await removeDirectory(directory);
  }
}

/** The servers call their first five minutes cold; here what was counted after the warm-up is what is warm. */
function hitsOf(before: readonly string[], after: readonly string[]): CacheHits[] {
  const grown = added(
    before,
    after,
    'presence_cache_requests_total',
    ({ cache, result }) => `${cache} ${result}`,
  );
  return ['snapshot', 'authorization', 'wedding'].map((cache) => {
    const of = (result: string): number => grown.get(`${cache} ${result}`) ?? 0;
    return { cache, hits: of('hit'), misses: of('miss'), stale: of('stale') };
  });
}

function weddingsFile(rooms: number): string {
  const from = new Date(Date.now() - HOUR_MS / 2).toISOString();
  const until = new Date(Date.now() + 2 * HOUR_MS).toISOString();
  const wedding = { from, until, state: 'Confirmed', team: { other: ROOM_SIZE } };
  const names = Array.from({ length: rooms }, (_, index) => `room-${index}`);
  return JSON.stringify({ weddings: Object.fromEntries(names.map((name) => [name, wedding])) });
}
