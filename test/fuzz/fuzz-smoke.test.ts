import { describe, expect, it } from 'vitest';
import { randomOf } from '../soak/random.ts';
import type { FuzzTarget } from './fuzz-target.ts';
import { search } from './search.ts';
import { shrink } from './shrink.ts';
import { TARGETS } from './targets/targets.ts';

/** The same inputs on every machine: neither time nor coverage decides. Key sets are left out: their keys are new each time. */
const SEED = 20_261_201;
const RUNS = 150;
const fixed = () => ({ random: randomOf(SEED), goesOn: (runs: number) => runs < RUNS });

describe('the readers of foreign bytes', () => {
  it.each(Object.entries(TARGETS).filter(([name]) => name !== 'key-sets'))(
    '%s keeps its promises for the first inputs',
    async (_name, open) => {
      const target: FuzzTarget = await open();
      try {
        const { runs, failure } = await search(target, fixed());
        expect(failure && [failure.message, Buffer.from(failure.input).toString()]).toBeUndefined();
        expect(runs).toBeGreaterThanOrEqual(RUNS);
      } finally {
        await target.close?.();
      }
    },
  );
});

describe('the search', () => {
  const planted = (run: (text: string) => void): FuzzTarget => ({
    seeds: ['{"name":"ada","size":3}'],
    words: ['zone'],
    run: (input) => run(Buffer.from(input).toString()),
  });

  it('finds a reader that fails, and makes the input small', async () => {
    const reader = planted((text) => {
      if (text.includes('zone') && text.includes('ada')) throw new Error('planted');
    });
    const { failure } = await search(reader, { ...fixed(), goesOn: (runs) => runs < 20_000 });
    expect(failure?.message).toContain('planted');
    const fails = async (input: Uint8Array) => {
      const text = Buffer.from(input).toString();
      return text.includes('zone') && text.includes('ada');
    };
    const smallest = Buffer.from(await shrink(failure?.input ?? Buffer.alloc(0), fails)).toString();
    expect(['adazone', 'zoneada']).toContain(smallest);
  });

  it('makes the same inputs of the same seed', async () => {
    const inputs = async (): Promise<string[]> => {
      const seen: string[] = [];
      await search(
        planted((text) => void seen.push(text)),
        fixed(),
      );
      return seen;
    };
    const first = await inputs();
    expect(await inputs()).toEqual(first);
    expect(new Set(first).size).toBeGreaterThan(RUNS / 2);
  });
});
