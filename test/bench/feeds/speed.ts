/**
 * CPU time and memory of reading one feed, of this build and of the last one before the reader was written again, side by side:
 * `node test/bench/feeds/speed.ts`, part of `make bench-feeds`. Both are bundled as an image has them, and each reading is a
 * process of its own, by turns. Fails when this build takes more of either than the other, or reads fewer Weddings.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { QUICK_OPTIONS } from '../../../src/bundle/bundle-options.ts';
import { repository } from '../../cluster/paths.ts';
import { removeDirectory } from '../../support/remove-directory.ts';
import { median } from '../admission/percentiles.ts';
import { EVENTS, manyEvents } from './many-events.ts';

/** The last commit whose reader made a tree of each event with ical.js. */
const BEFORE = 'e1d67a9';
/** Of each build. */
const READINGS = 5;
/** The flag with which the chart starts the operator. */
const OPERATOR_FLAG = '--optimize-for-size';

interface Reading {
  weddings: number;
  cpuMs: number;
  wallMs: number;
  riseMiB: number;
}

/** What a process does beside the reading is the same in both builds; the older one has the whole feed in memory first. */
const READ = {
  before: 'readInWorker({ calendar: "c", feed: { ...feed, bytes: readFileSync(file) } }, limits)',
  now: 'readInWorker({ calendar: "c", feed }, createReadStream(file), limits)',
};

function driver(read: string): string {
  return `
    import { createReadStream, readFileSync } from 'node:fs';
    import { weddingCalendarSpec } from './src/api/v1alpha1/wedding-calendar.ts';
    import { readInWorker } from './src/operator/wedding-calendar/read-in-worker.ts';
    import { systemClock } from './src/platform/runtime/clock.ts';
    const file = process.argv[2];
    const spec = weddingCalendarSpec.parse({ source: { configMapName: 'feed' }, defaultTimeZone: 'Europe/London' });
    const rules = { mapping: spec.weddings, defaultTimeZone: spec.defaultTimeZone, maxEvents: ${EVENTS} };
    const feed = { format: 'ICalendar', rules, now: new Date('2027-05-01T00:00:00Z') };
    const limits = { clock: systemClock, signal: new AbortController().signal };
    const [rss, began, cpu] = [process.memoryUsage().rss, performance.now(), process.cpuUsage()];
    const { bookings } = await ${read};
    const { user, system } = process.cpuUsage(cpu);
    console.log(JSON.stringify({
      weddings: bookings.length,
      cpuMs: (user + system) / 1000,
      wallMs: performance.now() - began,
      riseMiB: (process.resourceUsage().maxRSS * 1024 - rss) / 1048576,
    }));`;
}

/** The driver and the thread that it starts, in a folder. */
async function bundle(root: string, outdir: string, read: string): Promise<string> {
  const common = { ...QUICK_OPTIONS, absWorkingDir: root, outdir };
  const stdin = { contents: driver(read), resolveDir: root, loader: 'ts', sourcefile: 'driver.ts' } as const;
  await build({ ...common, stdin, entryNames: 'driver' });
  const thread = 'src/operator/wedding-calendar/feed-worker.ts';
  await build({ ...common, entryPoints: { 'feed-worker': thread } });
  return path.join(outdir, 'driver.js');
}

function readOnce(program: string, feed: string): Reading {
  const output = execFileSync(process.execPath, [OPERATOR_FLAG, program, feed], { encoding: 'utf8' });
  return JSON.parse(output) as Reading;
}

const directory = await mkdtemp(path.join(tmpdir(), 'bench-feeds-'));
const older = path.join(directory, 'older');
const git = (...args: string[]): void => void execFileSync('git', args, { cwd: repository, stdio: 'pipe' });
try {
  const feed = path.join(directory, 'feed.ics');
  writeFileSync(feed, manyEvents());
  console.log(`the build of ${BEFORE} is made`);
  git('worktree', 'add', '--detach', older, BEFORE);
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: older, stdio: 'pipe' });
  const programs = {
    before: await bundle(older, path.join(directory, 'before'), READ.before),
    now: await bundle(repository, path.join(directory, 'now'), READ.now),
  };
  const readings: Record<keyof typeof programs, Reading[]> = { before: [], now: [] };
  for (let round = 0; round < READINGS; round++) {
    for (const each of ['before', 'now'] as const) readings[each].push(readOnce(programs[each], feed));
  }
  const rows = (['before', 'now'] as const).map((each) => {
    const of = (figure: keyof Reading): number => median(readings[each].map((reading) => reading[figure]));
    const [cpuMs, wallMs, riseMiB] = [of('cpuMs'), of('wallMs'), of('riseMiB')].map(Math.round);
    return {
      build: each === 'before' ? BEFORE : 'this one',
      weddings: of('weddings'),
      cpuMs,
      wallMs,
      riseMiB,
    };
  });
  console.table(rows);
  const ratio = (figure: 'cpuMs' | 'riseMiB'): number =>
    median(readings.now.map((reading) => reading[figure])) /
    median(readings.before.map((reading) => reading[figure]));
  const ratios = { cpu: ratio('cpuMs'), memory: ratio('riseMiB') };
  console.log(
    `this build takes ${ratios.cpu.toFixed(2)} of the CPU and ${ratios.memory.toFixed(2)} of the memory`,
  );
  const out = path.join(repository, 'out/bench');
  mkdirSync(out, { recursive: true });
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, loadAverage: loadavg() };
  const versions = { node: process.versions.node, before: BEFORE };
  const report = { name: 'feeds', at: new Date().toISOString(), machine, versions, ratios, rows };
  writeFileSync(path.join(out, 'feeds.json'), `${JSON.stringify(report, null, 2)}\n`);
  const complete = rows.every(({ weddings }) => weddings === EVENTS);
  if (!complete || ratios.cpu >= 1 || ratios.memory >= 1) process.exitCode = 1;
} finally {
  await removeDirectory(directory);
  git('worktree', 'prune');
}
