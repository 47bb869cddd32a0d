import { describe, expect, it } from 'vitest';
import type { TakeOverStep } from '../../domain/topology/step.ts';
import { type TakeOverLook, TakeOverWatch } from './take-over-watch.ts';

const NODE_TIMEOUT_MS = 5_000;
const LONG_MS = 2 * NODE_TIMEOUT_MS;
const LOST = ['p', 'q'];

const takeOver = (pod: string, askedInVainMs = 0): TakeOverStep => ({
  ...{ kind: 'failover', mode: 'TakeOver', pod, because: 'dead', lost: LOST, askedInVainMs },
});
const look = (nowMs: number, steps: readonly TakeOverStep[], silent = LOST): TakeOverLook => ({
  ...{ steps, silent, nowMs, nodeTimeoutMs: NODE_TIMEOUT_MS },
});

/** The first time, of looks every so often, at which the take-over is ripe. */
function ripeAt(
  { silentFromMs = 0, wishedFromMs = 0, askedInVainMs = 0 },
  everyMs = 500,
): number | undefined {
  const watch = new TakeOverWatch();
  for (let at = 0; at <= 60_000; at += everyMs) {
    const steps = at >= wishedFromMs ? [takeOver('x', askedInVainMs)] : [];
    if (watch.ripe('ns/a', look(at, steps, at >= silentFromMs ? LOST : [])) !== undefined) return at;
  }
  return undefined;
}

describe('TakeOverWatch', () => {
  it('lets a take-over through once every look of the last two node time-outs asked for it', () => {
    const watch = new TakeOverWatch();
    for (let at = 0; at < LONG_MS; at += 1_000) {
      expect(watch.ripe('ns/a', look(at, [takeOver('x')]))).toBeUndefined();
    }
    expect(watch.ripe('ns/a', look(LONG_MS, [takeOver('x')]))?.pod).toBe('x');
    expect(watch.ripe('ns/b', look(LONG_MS, [takeOver('x')]))).toBeUndefined();
  });

  it('begins anew after a look that did not ask for it, and after a time without looks', () => {
    for (const interruption of ['another answer', 'no look']) {
      const watch = new TakeOverWatch();
      watch.ripe('ns/a', look(0, [takeOver('x', 3_000)]));
      if (interruption === 'another answer') watch.ripe('ns/a', look(4_000, [], []));
      watch.ripe('ns/a', look(interruption === 'no look' ? 6_000 : 5_000, [takeOver('x', 3_000)]));
      watch.ripe('ns/a', look(9_000, [takeOver('x', 3_000)]));
      expect(watch.ripe('ns/a', look(12_000, [takeOver('x', 3_000)]))).toBeUndefined();
    }
  });

  it('gives the first of several that are ripe', () => {
    const watch = new TakeOverWatch();
    for (const at of [0, 4_000, 8_000]) watch.ripe('ns/a', look(at, [takeOver('x'), takeOver('y')]));
    expect(watch.ripe('ns/a', look(LONG_MS, [takeOver('x'), takeOver('y')]))?.pod).toBe('x');
    expect(watch.ripe('ns/a', look(LONG_MS + 500, [takeOver('y')]))?.pod).toBe('y');
  });

  it.each([
    // A hang at 0: the operator knows at once, the kubelet had asked in vain since 5 s when the pod became unready at 8 s.
    { silentFromMs: 500, wishedFromMs: 8_000, askedInVainMs: 3_000, ripe: 15_000 },
    { silentFromMs: 500, wishedFromMs: 8_000, askedInVainMs: 0, ripe: 18_000 },
    // Nobody's evidence reaches further back than that of the operator,
    { silentFromMs: 7_000, wishedFromMs: 8_000, askedInVainMs: 3_000, ripe: 17_000 },
    { silentFromMs: 8_000, wishedFromMs: 8_000, askedInVainMs: 3_000, ripe: 18_000 },
    // nor than a node time-out before the peers were seen to have lost it.
    { silentFromMs: 500, wishedFromMs: 8_000, askedInVainMs: 60_000, ripe: 13_000 },
  ])('counts from when the last of the three was first without an answer: $ripe ms', ({ ripe, ...when }) => {
    expect(ripeAt(when)).toBe(ripe);
  });

  it('takes back what a later look does not bear out', () => {
    const watch = new TakeOverWatch();
    for (let at = 0; at <= 8_000; at += 1_000) watch.ripe('ns/a', look(at, []));
    watch.ripe('ns/a', look(8_500, [takeOver('x', 3_000)]));
    watch.ripe('ns/a', look(9_000, [takeOver('x', 0)]));
    for (let at = 9_500; at < 18_500; at += 500) {
      expect(watch.ripe('ns/a', look(at, [takeOver('x', 3_000)]))).toBeUndefined();
    }
    expect(watch.ripe('ns/a', look(18_500, [takeOver('x', 3_000)]))?.pod).toBe('x');
  });

  it('does not count from before an answer, however briefly it came', () => {
    const watch = new TakeOverWatch();
    for (let at = 0; at <= 6_000; at += 500) watch.ripe('ns/a', look(at, []));
    watch.ripe('ns/a', look(6_500, [], ['p']));
    watch.ripe('ns/a', look(7_000, []));
    for (let at = 8_000; at < 17_000; at += 500) {
      expect(watch.ripe('ns/a', look(at, [takeOver('x', 3_000)]))).toBeUndefined();
    }
    expect(watch.ripe('ns/a', look(17_000, [takeOver('x', 3_000)]))?.pod).toBe('x');
  });
});
