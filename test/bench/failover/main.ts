import { execFileSync, fork } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { EngineName } from '../../../src/domain/topology/engine.ts';
import { outDirectory, repository } from '../../cluster/paths.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { type HandOverRow, handOvers } from './hand-over.ts';
import { naiveRoll, plannedRoll } from './rolls.ts';
import { NODE_TIMEOUT_MS, type Outcome, Scene } from './scene.ts';

const USAGE = `usage: main.ts [--runs N] [--hand-over]

Write gaps of a Redis Cluster of three shards with a replica each, as processes on this machine, while a primary is killed or
hangs and while all six are renewed: with the operator's failover prober and without it (gossip), Valkey and Redis.
A client with the tuned options writes to each shard every 10 ms. --runs: runs a fault, 5 when left out. --hand-over: the planned hand-over alone.`;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    engine: { type: 'string' },
    'hand-over': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
const runs = Number(values.runs);
const startedAt = performance.now();
const loadBefore = loadavg();

interface Row {
  engine: EngineName;
  event: string;
  operator: string;
  runs: number;
  gapMedianMs: number;
  gapMaxMs: number;
  errors: number;
  lost: number;
  stallMaxMs: number;
}

// Each server process that is started adds a listener for our own end.
process.setMaxListeners(0);
const tools = await ensureTools();
const servers = { valkey: tools.valkeyServer, redis: tools.redisServer };
if (values.engine !== undefined) {
  const engine = values.engine === 'redis' ? 'redis' : 'valkey';
  process.send?.(await measure(engine, servers[engine]));
  process.exit(0);
}
// By itself, before all others: its gaps are shorter than what two clusters at once do to each other.
const handOverRows: HandOverRow[] = [];
for (const engine of ['valkey', 'redis'] as const)
  handOverRows.push(...(await handOvers(engine, servers[engine], 2 * runs)));
console.table(handOverRows);
if (values['hand-over']) process.exit(0);
// Both engines at once, since nearly all of the time is waiting for a node time-out; each in a process of its own, so that
// neither client waits for the other.
const rows = (await Promise.all((['valkey', 'redis'] as const).map(measureApart))).flat();

function measureApart(engine: EngineName): Promise<Row[]> {
  const child = fork(import.meta.filename, ['--engine', engine, '--runs', String(runs)]);
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as Row[]));
    child.once('exit', (exit) =>
      reject(new Error(`measuring ${engine} ended with ${exit} and without rows`)),
    );
  });
}

async function measure(engine: EngineName, server: readonly string[]): Promise<Row[]> {
  const say = (text: string): void => {
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0).padStart(4);
    console.log(`[${seconds} s] ${engine}: ${text}`);
  };
  const scene = await Scene.start(engine, server);
  const result: Row[] = [];
  const add = (event: string, operator: string, outcomes: readonly Outcome[]): void => {
    const row = rowOf(engine, event, operator, outcomes);
    result.push(row);
    say(`${event}, ${operator}: median ${row.gapMedianMs} ms, max ${row.gapMaxMs} ms, ${row.errors} errors`);
  };
  try {
    for (const prober of ['on', 'off'] as const) {
      scene.prober(prober);
      for (const fault of ['kill', 'hang'] as const) {
        const outcomes: Outcome[] = [];
        for (let run = 0; run < runs; run++) outcomes.push(await strike(scene, fault, run % 3));
        add(fault, prober === 'on' ? 'up' : 'down', outcomes);
      }
    }
    scene.prober('on');
    add('planned roll', 'up', [await scene.during(() => plannedRoll(scene))]);
    scene.prober('off');
    if (engine === 'valkey') await setOnAll(scene, 'shutdown-on-sigterm', 'default');
    add('roll by ordinals', 'none', [await scene.during(() => naiveRoll(scene))]);
  } finally {
    await scene.close();
  }
  return result;
}

/** Hurts the primary of one shard, and puts all in order again. */
async function strike(scene: Scene, fault: 'kill' | 'hang', shard: number): Promise<Outcome> {
  const { process: server } = await scene.primary(shard);
  const outcome = await scene.during(async () => {
    if (fault === 'kill') await server.kill();
    else server.pause();
  });
  if (fault === 'kill') await server.restart();
  else server.resume();
  await scene.cluster.converge();
  return outcome;
}

async function setOnAll({ cluster }: Scene, name: string, value: string): Promise<void> {
  for (const pod of cluster.pods) await cluster.send(pod, 'CONFIG', 'SET', name, value);
}

function rowOf(engine: EngineName, event: string, operator: string, outcomes: readonly Outcome[]): Row {
  const gaps = outcomes.map(({ gapMs }) => gapMs).sort((a, b) => a - b);
  return {
    engine,
    event,
    operator,
    runs: outcomes.length,
    gapMedianMs: gaps[Math.floor(gaps.length / 2)] ?? Number.NaN,
    gapMaxMs: gaps.at(-1) ?? Number.NaN,
    errors: outcomes.reduce((sum, { errors }) => sum + errors, 0),
    lost: outcomes.reduce((sum, { lost }) => sum + lost, 0),
    stallMaxMs: Math.max(...outcomes.map(({ stallMs }) => stallMs)),
  };
}

function versionOf([program = '', ...args]: readonly string[]): string {
  return (
    /v=(\S+)/.exec(execFileSync(program, [...args, '--version'], { encoding: 'utf8' }))?.[1] ?? 'unknown'
  );
}

function packageVersion(name: string): string {
  const file = path.join(repository, 'node_modules', name, 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

console.table(rows);
const file = path.join(outDirectory, 'bench', 'failover.json');
mkdirSync(path.dirname(file), { recursive: true });
const report = {
  name: 'failover',
  at: new Date().toISOString(),
  seconds: Math.round((performance.now() - startedAt) / 1_000),
  machine: {
    cpus: cpus().length,
    model: cpus()[0]?.model ?? 'unknown',
    memoryMb: Math.round(totalmem() / 1024 / 1024),
    kernel: release(),
    loadBefore: loadBefore.map((load) => Number(load.toFixed(2))),
  },
  versions: {
    node: process.version,
    ioredis: packageVersion('ioredis'),
    valkey: versionOf(tools.valkeyServer),
    redis: versionOf(tools.redisServer),
  },
  settings: { nodeTimeoutMs: NODE_TIMEOUT_MS, shards: 3, replicasPerShard: 1, writeEveryMs: 10 },
  rows,
  handOvers: handOverRows,
};
writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
console.log(`wrote ${path.relative(process.cwd(), file)}`);
