import { Driver, type KillResult, type RollResult, type StormResult } from './driver.ts';
import type { Programs } from './programs.ts';
import type { ServerProcess } from './server-process.ts';
import type { Stack } from './stacks.ts';
import { endNodes, NODES, startNodes } from './steady.ts';
import { within } from './within.ts';

export type Fault = 'storm' | 'roll' | 'kill';

export interface FaultOptions {
  readonly faults: readonly Fault[];
  readonly programs: Programs;
  readonly secret: string;
  readonly connections: number;
  readonly rate: number;
  readonly stormJoins: number;
  /** How long survivors of a killed server are watched. */
  readonly watchSeconds: number;
}

interface FaultOf {
  readonly server: Stack['name'];
  readonly connections: number;
  readonly failures: Readonly<Record<string, number>>;
}
export type StormRow = FaultOf & StormResult & { readonly scenario: 'join storm' };
export type RollRow = FaultOf & RollResult & { readonly scenario: 'rolling restart'; readonly node: number };
export type KillRow = FaultOf & KillResult & { readonly scenario: 'node killed' };
export type FaultRow = StormRow | RollRow | KillRow;

const CONNECTS_WITHIN_MS = 60_000;
const ENDS_WITHIN_MS = 20_000;
const SLACK_MS = 20_000;
/** Before the load is stopped: late false events must have their chance. */
const AFTERMATH_MS = 2_000;

/** A join storm, a rolling restart of every node, and the death of one (what is chosen of them), in this order, on one set of clients. */
export async function measureFaults(stack: Stack, options: FaultOptions): Promise<FaultRow[]> {
  await stack.flush();
  const nodes = await startNodes(stack);
  const targets = nodes.map((node) => node.address);
  const { programs, secret, faults } = options;
  const driver = new Driver({ program: programs.driver, server: stack.name, targets, secret });
  try {
    await driver.run('connect', { count: options.connections }, CONNECTS_WITHIN_MS);
    const rows: FaultRow[] = [];
    const add = async <R>(row: R): Promise<void> => {
      const failures = await driver.run<Record<string, number>>('failures', {}, SLACK_MS);
      rows.push({ ...row, server: stack.name, connections: options.connections, failures } as FaultRow & R);
      await driver.run('mark', {}, SLACK_MS);
    };
    await driver.run('mark', {}, SLACK_MS);
    if (faults.includes('storm')) await add({ scenario: 'join storm', ...(await storm(driver, options)) });
    for (let node = 0; faults.includes('roll') && node < NODES; node++) {
      await add({ scenario: 'rolling restart', node, ...(await roll(stack, driver, nodes, node, options)) });
    }
    if (faults.includes('kill'))
      await add({ scenario: 'node killed', ...(await killNode(driver, nodes, options)) });
    return rows;
  } finally {
    await driver.close();
    await endNodes(stack, nodes);
  }
}

function storm(driver: Driver, options: FaultOptions): Promise<StormResult> {
  return driver.run('storm', { count: options.stormJoins, room: 'storm' }, 2 * SLACK_MS);
}

/** The new node first, then SIGTERM for the old one: a rollout with surge. Updates go on all the time. */
async function roll(
  stack: Stack,
  driver: Driver,
  nodes: ServerProcess[],
  node: number,
  options: FaultOptions,
): Promise<RollResult> {
  const old = nodes[node];
  if (old === undefined) throw new Error(`there is no node ${node}`);
  const fresh = await stack.startNode();
  nodes[node] = fresh;
  await driver.run('load-start', { rate: options.rate, seconds: 60 }, SLACK_MS);
  await driver.run('retarget', { node, address: fresh.address }, SLACK_MS);
  old.kill('SIGTERM');
  try {
    await within(ENDS_WITHIN_MS, 'the end of a server after SIGTERM', old.exited);
  } finally {
    old.kill('SIGKILL');
  }
  await driver.run('await-moved', { node, seconds: 5 }, SLACK_MS);
  await new Promise((resolve) => setTimeout(resolve, AFTERMATH_MS));
  await driver.run('load-stop', {}, SLACK_MS);
  return driver.run('roll-report', { node }, SLACK_MS);
}

/** SIGKILL, and nobody of the dead comes back: their phones had the same power cut. */
async function killNode(
  driver: Driver,
  nodes: readonly ServerProcess[],
  options: FaultOptions,
): Promise<KillResult> {
  const last = NODES - 1;
  await driver.run('doom', { node: last }, SLACK_MS);
  await driver.run('load-start', { rate: options.rate, seconds: 60 }, SLACK_MS);
  nodes[last]?.kill('SIGKILL');
  const seconds = options.watchSeconds;
  const result = await driver.run<KillResult>(
    'watch-kill',
    { node: last, seconds },
    seconds * 1_000 + SLACK_MS,
  );
  await driver.run('load-stop', {}, SLACK_MS);
  return result;
}
