import { setImmediate } from 'node:timers/promises';
import type { Coverage } from './coverage.ts';
import type { FuzzTarget } from './fuzz-target.ts';
import { mutate } from './mutate.ts';
import type { Random } from './random-number.ts';

/** Old inputs make room for new ones, so that memory does not grow with the time. */
const MAX_CORPUS = 2_000;
const RUNS_BETWEEN_TURNS = 50;
/** Coverage costs as much as many runs: it is asked once for so many, and they are kept together. */
const RUNS_A_LOOK = 32;

export interface Failure {
  input: Uint8Array;
  /** What was broken. */
  message: string;
}

export interface Search {
  random: Random;
  /** Inputs that run new code are kept and changed further; left out: only the seeds are. */
  coverage?: Coverage | undefined;
  /** A run that takes longer fails; left out: time does not matter. */
  maxRunMs?: number;
  /** Asked after each run. */
  goesOn(runs: number): boolean;
  /** Before each run, with its input. */
  begins?(input: Uint8Array): void;
}

export interface SearchResult {
  runs: number;
  corpus: number;
  failure?: Failure;
}

/** Runs seeds and then changed inputs, until an input fails or the time is over. */
export async function search(target: FuzzTarget, options: Search): Promise<SearchResult> {
  const { random, coverage } = options;
  const seeds = target.seeds.map((seed) => Buffer.from(seed));
  const corpus: Uint8Array[] = [...seeds];
  let looked: Uint8Array[] = [];
  let runs = 0;
  for (;;) {
    const input = seeds[runs] ?? mutate(corpus, target.words, random);
    options.begins?.(input);
    const message = await failureOf(target, input, options.maxRunMs);
    runs += 1;
    if (message !== undefined) return { runs, corpus: corpus.length, failure: { input, message } };
    looked.push(input);
    if (coverage !== undefined && looked.length === RUNS_A_LOOK) {
      if (coverage.isNew()) keep(corpus, seeds.length, looked, random);
      looked = [];
    }
    if (runs >= seeds.length && !options.goesOn(runs)) return { runs, corpus: corpus.length };
    if (runs % RUNS_BETWEEN_TURNS === 0) await setImmediate();
  }
}

/** Seeds stay; a full corpus loses others by lot. */
function keep(corpus: Uint8Array[], seeds: number, inputs: readonly Uint8Array[], random: Random): void {
  corpus.push(...inputs);
  while (corpus.length > MAX_CORPUS) corpus.splice(seeds + Math.floor(random() * (corpus.length - seeds)), 1);
}

/** Why an input fails; undefined: it does not. */
export async function failureOf(
  target: FuzzTarget,
  input: Uint8Array,
  maxRunMs = Number.POSITIVE_INFINITY,
): Promise<string | undefined> {
  const from = performance.now();
  try {
    await target.run(input);
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const took = performance.now() - from;
  return took > maxRunMs ? `it took ${Math.round(took)} ms` : undefined;
}
