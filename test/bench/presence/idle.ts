import { MAX_CONNECTIONS } from '../../../src/presence/config/config.ts';
import { Driver } from './driver.ts';
import type { Programs } from './programs.ts';
import type { Stack } from './stacks.ts';
import { cpu, endNodes, memory, startNodes } from './steady.ts';

export interface IdleOptions {
  readonly programs: Programs;
  readonly secret: string;
  /** Connected first and not counted: the heap of a process grows with its first work. */
  readonly first: number;
  /** One row each, ascending, on the same nodes. */
  readonly counts: readonly number[];
  readonly quietSeconds: number;
}

/** So many people who are connected and do nothing. */
export interface IdleRow {
  readonly scenario: 'idle';
  readonly server: Stack['name'];
  readonly connections: number;
  readonly nodes: number;
  /** Connections that a node of ours takes at most, which is why there are so many nodes. */
  readonly capPerNode: number;
  readonly connectedPerSecond: number;
  readonly rssPerNodeBytes: number;
  /** Growth since the row before divided by the connections that came, after collections before and after. */
  readonly rssBytesPerFurtherConnection: number;
  readonly usedBytesPerFurtherConnection: number;
  /** Cores that are busy while nobody does anything: all nodes together, and Redis. */
  readonly nodeCores: number;
  readonly redisCores: number;
  readonly failures: Readonly<Record<string, number>>;
}

const CONNECTS_WITHIN_MS = 180_000;
const SLACK_MS = 20_000;

/** The nodes that the cap of ours asks for, an even number, because rooms are on two each; the peers get as many. */
export function nodesFor(connections: number): number {
  return 2 * Math.ceil(connections / MAX_CONNECTIONS / 2);
}

export async function measureIdle(stack: Stack, options: IdleOptions): Promise<IdleRow[]> {
  const { programs, secret, counts } = options;
  await stack.flush();
  const count = nodesFor(Math.max(...counts));
  // Nobody is moved from one node to another while they fill up.
  const nodes = await startNodes(stack, { environment: { PRESENCE_MOVES_PER_SECOND: '0' } }, count);
  const targets = nodes.map((node) => node.address);
  const driver = new Driver({ program: programs.driver, server: stack.name, targets, secret });
  try {
    const rows: IdleRow[] = [];
    let connected = options.first;
    await driver.run('connect', { count: connected }, CONNECTS_WITHIN_MS);
    let before = await memory(nodes, true);
    for (const connections of counts) {
      const begun = performance.now();
      await driver.run('connect', { count: connections }, CONNECTS_WITHIN_MS);
      const connectSeconds = (performance.now() - begun) / 1_000;
      const after = await memory(nodes, true);
      const further = connections - connected;
      const quiet = await quietCores(stack, nodes, options.quietSeconds);
      rows.push({
        scenario: 'idle',
        server: stack.name,
        connections,
        nodes: count,
        capPerNode: MAX_CONNECTIONS,
        connectedPerSecond: Math.round(further / connectSeconds),
        rssPerNodeBytes: after.rss / count,
        rssBytesPerFurtherConnection: Math.round((after.rss - before.rss) / further),
        usedBytesPerFurtherConnection: Math.round((after.used - before.used) / further),
        ...quiet,
        failures: await driver.run<Record<string, number>>('failures', {}, SLACK_MS),
      });
      connected = connections;
      before = after;
    }
    return rows;
  } finally {
    await driver.close();
    await endNodes(stack, nodes);
  }
}

async function quietCores(stack: Stack, nodes: Parameters<typeof cpu>[1], seconds: number) {
  const begun = performance.now();
  const before = await cpu(stack, nodes);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  const after = await cpu(stack, nodes);
  const micros = (performance.now() - begun) * 1_000;
  return {
    nodeCores: (after.server - before.server) / micros,
    redisCores: (after.redis - before.redis) / micros,
  };
}
