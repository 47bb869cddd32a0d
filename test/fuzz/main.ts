/**
 * `node test/fuzz/main.ts [SECONDS] [SEED] [TARGET…]` searches each target for inputs that break a promise. What is found lies in
 * `out/fuzz`, as small as it could be made. The same seed makes the same inputs until coverage decides otherwise.
 */
import { fork } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { outDirectory } from '../cluster/paths.ts';
import { fuzzAdmission } from './admission.ts';
import { shrink } from './shrink.ts';
import { TARGETS, type TargetName } from './targets/targets.ts';

const DEFAULT_SECONDS = 600;
/** Of V8's heap; an input of 16 kB that needs more would kill a pod. */
const MAX_HEAP_MIB = 256;
/** Without a sign of life for so long, it hangs: a single input may take two seconds. */
const HANGS_AFTER_MS = 60_000;
/** For a start and one input. */
const ONE_HANGS_AFTER_MS = 15_000;
/** Each try is a process of its own. */
const MAX_TRIES_OF_A_KILLER = 60;
const ADMISSION = 'admission';

const directory = path.join(outDirectory, 'fuzz');

/** Ends with 0: nothing was found. */
function child(args: readonly string[], hangsAfterMs: number): Promise<number> {
  return new Promise((resolve) => {
    const program = path.join(import.meta.dirname, 'run-target.ts');
    const process_ = fork(program, args, { execArgv: [`--max-old-space-size=${MAX_HEAP_MIB}`] });
    const hangs = setTimeout(() => process_.kill('SIGKILL'), hangsAfterMs);
    process_.on('message', () => hangs.refresh());
    process_.on('exit', (code) => {
      clearTimeout(hangs);
      resolve(code ?? -1);
    });
  });
}

/** Whether nothing was found. */
async function fuzz(name: TargetName, seed: number, seconds: number): Promise<boolean> {
  const file = path.join(directory, `${name}-${seed}.input`);
  const code = await child([name, String(seed), String(seconds), file], HANGS_AFTER_MS);
  if (code === 0) {
    rmSync(file, { force: true });
    return true;
  }
  // It was killed, or hung: the last input did it, and processes of their own make it smaller.
  if (code !== 1) {
    const input = readFileSync(file);
    const kills = async (smaller: Uint8Array): Promise<boolean> => {
      writeFileSync(`${file}.try`, smaller);
      return (await child([name, '--again', `${file}.try`], ONE_HANGS_AFTER_MS)) !== 0;
    };
    const smallest = (await kills(input)) ? await shrink(input, kills, MAX_TRIES_OF_A_KILLER) : input;
    writeFileSync(file, smallest);
    rmSync(`${file}.try`, { force: true });
  }
  console.log(`${name}: FOUND, exit code ${code}; the input is ${file}`);
  console.log(`  again: node test/fuzz/run-target.ts ${name} --again ${file}`);
  return false;
}

const [secondsText = '', seedText = '', ...wanted] = process.argv.slice(2);
const seconds = Number(secondsText || DEFAULT_SECONDS);
const seed = Number(seedText || Date.now() % 1_000_000_000);
const known = [...Object.keys(TARGETS), ADMISSION];
const names = wanted.length > 0 ? wanted : known;
if (!(seconds > 0) || !Number.isInteger(seed) || names.some((name) => !known.includes(name))) {
  console.error(`usage: make fuzz [SECONDS=600] [SEED=1] [TARGET="${known.join(' ')}"]`);
  process.exit(2);
}
mkdirSync(directory, { recursive: true });
console.log(`seed ${seed}: make fuzz SECONDS=${seconds} SEED=${seed} does the same again`);
let found = 0;
for (const name of names) {
  const isFine =
    name === ADMISSION
      ? await fuzzAdmission(seed, seconds, directory)
      : await fuzz(name as TargetName, seed, seconds);
  if (!isFine) found += 1;
}
console.log(`${names.length - found} of ${names.length} targets: nothing found`);
process.exitCode = found > 0 ? 1 : 0;
