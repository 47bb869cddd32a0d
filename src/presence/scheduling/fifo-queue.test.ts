import { describe, expect, it } from 'vitest';
import { FifoQueue } from './fifo-queue.ts';

describe('FifoQueue', () => {
  it('gives everything back in order, and then undefined', () => {
    const queue = new FifoQueue<number>();
    const given: (number | undefined)[] = [];
    for (let each = 0; each < 5_000; each++) {
      queue.push(each);
      if (each % 3 === 0) given.push(queue.shift());
    }
    while (queue.length > 0) given.push(queue.shift());
    expect(given).toEqual(Array.from({ length: 5_000 }, (_, each) => each));
    expect([queue.shift(), queue.first, queue.length, queue.places]).toEqual([undefined, undefined, 0, 0]);
  });

  it('holds at most twice the waiting items, even when it never gets empty', () => {
    const queue = new FifoQueue<number>();
    for (let each = 0; each < 10; each++) queue.push(each);
    let most = 0;
    for (let each = 10; each < 100_000; each++) {
      queue.push(each);
      expect(queue.shift()).toBe(each - 10);
      most = Math.max(most, queue.places);
    }
    expect(queue.length).toBe(10);
    expect(most).toBeLessThan(1_100);
  });
});
