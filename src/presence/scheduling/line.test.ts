import { describe, expect, it } from 'vitest';
import { Line } from './line.ts';

describe('Line', () => {
  it('gives everything back in order, and then nothing', () => {
    const line = new Line<number>();
    const given: (number | undefined)[] = [];
    for (let each = 0; each < 5_000; each++) {
      line.push(each);
      if (each % 3 === 0) given.push(line.shift());
    }
    while (line.length > 0) given.push(line.shift());
    expect(given).toEqual(Array.from({ length: 5_000 }, (_, each) => each));
    expect([line.shift(), line.first, line.length, line.places]).toEqual([undefined, undefined, 0, 0]);
  });

  it('holds no more than what waits and as much again, though it never gets empty', () => {
    const line = new Line<number>();
    for (let each = 0; each < 10; each++) line.push(each);
    let most = 0;
    for (let each = 10; each < 100_000; each++) {
      line.push(each);
      expect(line.shift()).toBe(each - 10);
      most = Math.max(most, line.places);
    }
    expect(line.length).toBe(10);
    expect(most).toBeLessThan(1_100);
  });
});
