/**
 * The process in which one target is searched, started by `main.ts` with a limit of memory: `run-target.ts TARGET SEED SECONDS FILE`
 * searches, and writes each input to FILE before it is run, so that it outlives the process; `run-target.ts TARGET --again FILE` runs one
 * input. Exit code 1: an input fails.
 */
import { ftruncateSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { randomOf } from '../soak/random.ts';
import { Coverage } from './coverage.ts';
import { failureOf, search } from './search.ts';
import { shrink } from './shrink.ts';
import { TARGETS, type TargetName } from './targets/targets.ts';

/** Twice what the largest target takes, measured; garbage outside of V8's heap is seen here. */
const MAX_RSS_BYTES = 768 * 1_048_576;
const REPORT_MS = 1_000;
/** Nothing that reads 16 kB takes a tenth of it, on a machine that does nothing else. */
const MAX_RUN_MS = 5_000;

const [name = '', ...args] = process.argv.slice(2);
const target = await TARGETS[name as TargetName]();
if (args[0] === '--again') {
  const message = await failureOf(target, readFileSync(args[1] as string), MAX_RUN_MS);
  if (message !== undefined) console.log(message);
  process.exit(message === undefined ? 0 : 1);
}

const [seed, seconds, file = ''] = args;
const fd = openSync(file, 'w');
const end = performance.now() + Number(seconds) * 1_000;
const coverage = new Coverage();
let reported = 0;
const result = await search(target, {
  random: randomOf(Number(seed)),
  coverage,
  maxRunMs: MAX_RUN_MS,
  begins(input) {
    ftruncateSync(fd, input.length);
    writeSync(fd, input, 0, input.length, 0);
  },
  goesOn(runs) {
    const now = performance.now();
    if (now - reported > REPORT_MS) {
      reported = now;
      process.send?.({ runs });
      const { rss } = process.memoryUsage();
      if (rss > MAX_RSS_BYTES) throw new Error(`the process has grown to ${Math.round(rss / 1_048_576)} MiB`);
    }
    return now < end;
  },
});
const { failure } = result;
if (failure !== undefined) {
  const isSame = async (input: Uint8Array) => (await failureOf(target, input, MAX_RUN_MS)) !== undefined;
  const smallest = await shrink(failure.input, isSame);
  writeFileSync(file, smallest);
  console.log((await failureOf(target, smallest, MAX_RUN_MS)) ?? failure.message);
}
console.log(`${name}: ${result.runs} runs, ${result.corpus} inputs kept, ${coverage.size} blocks`);
process.exit(failure === undefined ? 0 : 1);
