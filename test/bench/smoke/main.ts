import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { outDirectory, repository } from '../../cluster/paths.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { countByKind } from '../../integration/request-log.ts';
import { countRequests } from '../operator/count-requests.ts';
import { buildPrograms } from '../presence/programs.ts';
import { startStacks } from '../presence/stacks.ts';
import { measureSteady } from '../presence/steady.ts';
import { type Base, compare, isAcceptable, type Measure, tableOf } from './compare.ts';
import { referenceSeconds } from './reference-work.ts';

const USAGE = `usage: main.ts [--record] [--only operator|presence]

Counts and processor time of the operator and of the presence server, each compared with test/bench/smoke/base.json by its quotient. The
exit code is 1 when one of them is worse than its tolerance. --record writes the figures of this run into that file.`;

/** Whatever hangs: five minutes are promised. */
const LIMIT_MS = 5 * 60_000;
const REST_SECONDS = 60;
const LOADS = [
  { connections: 200, rate: 100 },
  { connections: 600, rate: 300 },
] as const;
const HOUR_SECONDS = 3_600;

const { values } = parseArgs({
  options: {
    record: { type: 'boolean', default: false },
    only: { type: 'string' },
    help: { type: 'boolean' },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
process.setMaxListeners(0);
const startedMs = performance.now();
const say = (text: string): void =>
  console.log(`[${((performance.now() - startedMs) / 1_000).toFixed(0).padStart(4)} s] ${text}`);
setTimeout(() => {
  say('not finished within five minutes');
  process.exit(1);
}, LIMIT_MS).unref();
const loadBefore = loadavg();
const isChosen = (part: string): boolean => values.only === undefined || values.only === part;

const measures: Measure[] = [
  ...(isChosen('operator') ? await ofOperator() : []),
  ...(isChosen('presence') ? await ofPresence() : []),
];
const baseFile = path.join(import.meta.dirname, 'base.json');
const base = JSON.parse(readFileSync(baseFile, 'utf8')) as Base;
if (values.record) {
  const recorded = measures.map(({ name, value }) => [name, { ...base[name], value: rounded(value) }]);
  writeFileSync(baseFile, `${JSON.stringify({ ...base, ...Object.fromEntries(recorded) }, null, 2)}\n`);
  say(`recorded in ${path.relative(repository, baseFile)}`);
}
const chosen = Object.entries(base).filter(([name]) => isChosen(name.split(':')[0] ?? ''));
const verdicts = compare(measures, Object.fromEntries(chosen));
const report = {
  name: 'smoke',
  at: new Date().toISOString(),
  machine: { cpus: cpus().length, model: cpus()[0]?.model ?? 'unknown', loadBefore, loadAfter: loadavg() },
  verdicts,
};
mkdirSync(path.join(outDirectory, 'bench'), { recursive: true });
writeFileSync(path.join(outDirectory, 'bench', 'smoke.json'), `${JSON.stringify(report, null, 2)}\n`);
console.log(`\n${tableOf(verdicts).join('\n')}\n`);
say('written to out/bench/smoke.json');
process.exit(values.record || isAcceptable(verdicts) ? 0 : 1);

/** One PresenceCluster with real Redis servers, from the apply to Ready, and a minute of rest. */
async function ofOperator(): Promise<Measure[]> {
  say(`one PresenceCluster from the apply to Ready, then ${REST_SECONDS} s of rest`);
  const unit = referenceSeconds();
  const counts = await countRequests({ root: repository, network: '127.72', restSeconds: REST_SECONDS });
  const { requests, cpuSeconds, rest } = counts;
  for (const [kind, count] of countByKind(requests)) console.log(`${String(count).padStart(6)} ${kind}`);
  const perHour = HOUR_SECONDS / rest.seconds;
  return [
    { name: 'operator: requests from apply to Ready', value: requests.length },
    { name: 'operator: CPU from apply to Ready, units', value: cpuSeconds / unit },
    { name: 'operator: requests per hour at rest', value: rest.requests.length * perHour },
    { name: 'operator: passes per minute at rest', value: (rest.passes * 60) / rest.seconds },
    { name: 'operator: CPU per hour at rest, units', value: (rest.cpuSeconds * perHour) / unit },
  ];
}

/** Two nodes of ours under a small load, beside bare ws under the same one: the quotient is the same on every processor. */
async function ofPresence(): Promise<Measure[]> {
  say('two presence servers and two of bare ws');
  const [{ valkeyServer }, programs] = await Promise.all([ensureTools(), buildPrograms()]);
  const stacks = await startStacks({ programs, valkeyServer, drainSeconds: 2, graceSeconds: 3, flags: [] });
  try {
    const options = { programs, secret: stacks.secret, loads: LOADS, warmupSeconds: 3, seconds: 15 };
    const rows = new Map<string, Awaited<ReturnType<typeof measureSteady>>[number] | undefined>();
    for (const stack of stacks.all.filter(({ name }) => name !== 'socket.io')) {
      say(stack.name);
      rows.set(stack.name, (await measureSteady(stack, 0, options)).at(-1));
    }
    const [ours, floor] = [rows.get('ours'), rows.get('ws')];
    return [
      {
        name: 'presence: CPU per delivery beside bare ws',
        value: (ours?.serverCpuMicrosPerDelivery ?? Number.NaN) / (floor?.serverCpuMicrosPerDelivery ?? 0),
      },
      {
        name: 'presence: Redis CPU per delivery beside bare ws',
        value: (ours?.redisCpuMicrosPerDelivery ?? Number.NaN) / (floor?.redisCpuMicrosPerDelivery ?? 0),
      },
      {
        name: 'presence: bytes in use per connection',
        value: ours?.usedBytesPerFurtherConnection ?? Number.NaN,
      },
    ];
  } finally {
    await stacks.close();
  }
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
