import { describe, expect, it } from 'vitest';
import { highestRate } from './highest-rate.ts';

async function search(limit: number, tries = 12) {
  const tried: number[] = [];
  const found = await highestRate({ first: 800, tries, precision: 1.05 }, async (rate) => {
    tried.push(rate);
    return rate <= limit;
  });
  return { ...found, tried };
}

describe('the search for the highest rate', () => {
  it.each([100, 799, 800, 1_234, 9_000])('finds %d from below, within the precision', async (limit) => {
    const { fits, fails } = await search(limit);
    expect(fits).toBeLessThanOrEqual(limit);
    expect(fails).toBeGreaterThan(limit);
    expect((fails ?? 0) / (fits ?? 0)).toBeLessThanOrEqual(1.05);
  });

  it('ends after its tries, with what it knows by then', async () => {
    const { fits, fails, tried } = await search(1e9, 3);
    expect(tried).toEqual([800, 1_280, 2_048]);
    expect({ fits, fails }).toEqual({ fits: 2_048, fails: undefined });
  });

  it('says when nothing fits', async () => {
    expect(await search(0, 4)).toMatchObject({ fits: undefined, fails: 196 });
  });
});
