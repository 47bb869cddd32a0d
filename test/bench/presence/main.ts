import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { outDirectory } from '../../cluster/paths.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { type FaultRow, measureFaults } from './faults.ts';
import { buildPrograms } from './programs.ts';
import { startStacks } from './stacks.ts';
import { measureSteady, type SteadyRow } from './steady.ts';
import { printTables } from './tables.ts';
import { installedVersions } from './versions.ts';

const USAGE = `usage: main.ts [--quick] [--only steady|faults] [--server ours|socket.io|ws] [--cpu-profiles DIR]

Compares our presence server with Socket.IO (Redis adapter) and bare ws + ioredis: two nodes each, on loopback.
--quick takes less than two minutes and is for trying things out; the default takes less than ten.`;

const PROFILES = {
  default: {
    rounds: 2,
    warmupSeconds: 4,
    seconds: 20,
    faultConnections: 1_000,
    watchSeconds: 12,
    drainSeconds: 4,
  },
  quick: { rounds: 1, warmupSeconds: 1, seconds: 4, faultConnections: 500, watchSeconds: 7, drainSeconds: 2 },
} as const;
const LOADS = [
  { connections: 1_000, rate: 400 },
  { connections: 2_000, rate: 800 },
] as const;
const STORM_JOINS = 50;
const FAULT_RATE = 400;
const GRACE_SECONDS = 3;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    server: { type: 'string' },
    'cpu-profiles': { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}

const startedAt = performance.now();
const say = (text: string): void =>
  console.log(`[${((performance.now() - startedAt) / 1_000).toFixed(0).padStart(3)} s] ${text}`);
const profile = PROFILES[values.quick ? 'quick' : 'default'];
const loadBefore = loadavg();

say('building the servers and the driver');
const [{ valkeyServer }, programs] = await Promise.all([ensureTools(), buildPrograms()]);
const profiling = values['cpu-profiles'];
const stacks = await startStacks({
  programs,
  valkeyServer,
  drainSeconds: profile.drainSeconds,
  graceSeconds: GRACE_SECONDS,
  flags: profiling === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${path.resolve(profiling)}`],
});
const rows: (SteadyRow | FaultRow)[] = [];
try {
  const chosen = stacks.all.filter(({ name }) => values.server === undefined || name === values.server);
  if (chosen.length === 0) throw new Error(`there is no server ${values.server}`);
  const common = { programs, secret: stacks.secret };
  for (let round = 1; values.only !== 'faults' && round <= profile.rounds; round++) {
    // Another one first each time: who is measured first may find a cooler machine.
    for (const stack of [...chosen.slice(round - 1), ...chosen.slice(0, round - 1)]) {
      say(`round ${round} of ${profile.rounds}: ${stack.name}, steady load`);
      rows.push(...(await measureSteady(stack, round, { ...common, loads: LOADS, ...profile })));
    }
  }
  for (const stack of values.only === 'steady' ? [] : chosen) {
    say(`${stack.name}: join storm, rolling restart, killed node`);
    const { watchSeconds, faultConnections: connections } = profile;
    const options = { ...common, connections, rate: FAULT_RATE, stormJoins: STORM_JOINS, watchSeconds };
    rows.push(...(await measureFaults(stack, options)));
  }
} finally {
  await stacks.close();
}

const [cpu] = cpus();
const report = {
  name: 'presence',
  at: new Date().toISOString(),
  seconds: Math.round((performance.now() - startedAt) / 1_000),
  profile: values.quick ? 'quick' : 'default',
  machine: {
    cpu: cpu?.model ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    kernel: release(),
    loadAverageBefore: loadBefore,
    loadAverageAfter: loadavg(),
  },
  versions: await installedVersions(valkeyServer),
  rows,
};
const file = path.join(outDirectory, 'bench', 'presence.json');
mkdirSync(path.dirname(file), { recursive: true });
writeFileSync(file, `${JSON.stringify(report, undefined, 2)}\n`);
printTables(rows);
say(`written to ${path.relative(process.cwd(), file)}`);
