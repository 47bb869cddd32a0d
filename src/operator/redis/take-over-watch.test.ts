import { describe, expect, it } from 'vitest';
import type { FailoverStep } from '../../domain/topology/step.ts';
import { TakeOverWatch } from './take-over-watch.ts';

const takeOver = (pod: string): FailoverStep => ({
  kind: 'failover',
  mode: 'TakeOver',
  pod,
  because: 'dead',
});
const LONG_MS = 10_000;

describe('TakeOverWatch', () => {
  it('lets a take-over through once every look of the last two node time-outs asked for it', () => {
    const watch = new TakeOverWatch();
    for (let at = 0; at < LONG_MS; at += 1_000) {
      expect(watch.ripe('ns/a', [takeOver('x')], at, LONG_MS)).toBeUndefined();
    }
    expect(watch.ripe('ns/a', [takeOver('x')], LONG_MS, LONG_MS)?.pod).toBe('x');
    expect(watch.ripe('ns/b', [takeOver('x')], LONG_MS, LONG_MS)).toBeUndefined();
  });

  it('begins anew after a look that did not ask for it, and after a time without looks', () => {
    for (const interruption of ['another answer', 'no look']) {
      const watch = new TakeOverWatch();
      watch.ripe('ns/a', [takeOver('x')], 0, LONG_MS);
      if (interruption === 'another answer') watch.ripe('ns/a', [], 4_000, LONG_MS);
      watch.ripe('ns/a', [takeOver('x')], interruption === 'no look' ? 6_000 : 5_000, LONG_MS);
      watch.ripe('ns/a', [takeOver('x')], 9_000, LONG_MS);
      expect(watch.ripe('ns/a', [takeOver('x')], 12_000, LONG_MS)).toBeUndefined();
    }
  });

  it('gives the first of several that are ripe', () => {
    const watch = new TakeOverWatch();
    watch.ripe('ns/a', [takeOver('x'), takeOver('y')], 0, 4_000);
    expect(watch.ripe('ns/a', [takeOver('x'), takeOver('y')], 4_000, 4_000)?.pod).toBe('x');
    expect(watch.ripe('ns/a', [takeOver('y')], 4_500, 4_000)?.pod).toBe('y');
  });
});
