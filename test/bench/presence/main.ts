import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensureTools } from '../../cluster/tools.ts';
import { Plan } from './plan.ts';
import { profileOf } from './profiles.ts';
import { buildPrograms } from './programs.ts';
import { machineOf, writeReport } from './report.ts';
import { chooseRows, ROW_NAMES } from './rows.ts';
import { startStacks } from './stacks.ts';
import { tasksOf } from './tasks.ts';

const USAGE = `usage: main.ts [--quick] [--rows ${ROW_NAMES.join(',')}] [--server ours|socket.io|ws] [--cpu-profiles DIR]

Compares our presence server with Socket.IO (Redis adapter) and bare ws + ioredis on loopback: two nodes each, more for idle
connections. --quick is for trying things out. It ends by itself: after 40 minutes, with --quick after 10; rows that are
not measured by then are left out. Writes out/bench/presence.json and presence.md; the exit code is 1 when a row failed.`;

/** The end of everything, whatever hangs. */
const LIMIT_SECONDS = { default: 40 * 60, quick: 10 * 60 } as const;
const GRACE_SECONDS = 3;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rows: { type: 'string' },
    server: { type: 'string' },
    'cpu-profiles': { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}

// Each process that is started adds a listener for our own end.
process.setMaxListeners(0);
const chosenRows = chooseRows(values.rows);
const profileName = values.quick ? 'quick' : 'default';
const profile = profileOf(profileName);
const plan = new Plan(LIMIT_SECONDS[profileName], (line) => console.log(line));
const machine = machineOf();

plan.say('building the servers and the driver');
const [{ valkeyServer }, programs] = await Promise.all([ensureTools(), buildPrograms()]);
const profiling = values['cpu-profiles'];
const stacks = await startStacks({
  programs,
  valkeyServer,
  drainSeconds: profile.drainSeconds,
  graceSeconds: GRACE_SECONDS,
  flags: profiling === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${path.resolve(profiling)}`],
});
const servers = stacks.all.filter(({ name }) => values.server === undefined || name === values.server);
if (servers.length === 0) throw new Error(`there is no server ${values.server}`);
try {
  const common = { programs, secret: stacks.secret, valkeyServer, say: (text: string) => plan.say(text) };
  await plan.run(tasksOf(chosenRows, servers, profile, common), () =>
    writeReport({ plan, machine, profileName, rows: chosenRows, valkeyServer }),
  );
} finally {
  await stacks.close();
}
console.log(await writeReport({ plan, machine, profileName, rows: chosenRows, valkeyServer }));
plan.say('written to out/bench/presence.json and out/bench/presence.md');
// What was given up may still have timers.
process.exit(plan.failures.length > 0 ? 1 : 0);
