import { describe, expect, it } from 'vitest';
import { PodSearch } from './pod-search.ts';

describe('PodSearch', () => {
  it('looks for a missing pod at once, and then every half minute while it is missing', () => {
    const search = new PodSearch();
    expect(search.due(['a', 'b'], 0)).toEqual(['a', 'b']);
    expect(search.due(['a', 'b', 'c'], 29_999)).toEqual(['c']);
    expect(search.due(['a', 'c'], 30_000)).toEqual(['a']);
    // It was there in between, and is gone again.
    expect(search.due(['b'], 31_000)).toEqual(['b']);
    expect(search.due([], 32_000)).toEqual([]);
  });
});
