import { describe, expect, it } from 'vitest';
import { explained } from './report.ts';

describe('the closing line of the demo', () => {
  it.each([
    ['', 0, 0],
    [' (2 conflated with a later value)', 2, 0],
    [' (3 LOST (each is in out/demo.json))', 0, 3],
    [' (2 conflated with a later value, 3 LOST (each is in out/demo.json))', 2, 3],
  ])('says "%s"', (text, conflated, lost) => expect(explained({ conflated, lost })).toBe(text));
});
