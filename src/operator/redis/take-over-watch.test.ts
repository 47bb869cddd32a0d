import { describe, expect, it } from 'vitest';
import type { TakeOverStep } from '../../domain/topology/step.ts';
import { type TakeOverObservation, TakeOverWatch } from './take-over-watch.ts';

const NODE_TIMEOUT_MS = 5_000;
const LONG_MS = 2 * NODE_TIMEOUT_MS;
const LOST = ['p', 'q'];

const takeOver = (pod: string, probeFailureWindowMs = 0): TakeOverStep => ({
  kind: 'failover',
  mode: 'TakeOver',
  pod,
  because: 'dead',
  lost: LOST,
  probeFailureWindowMs,
});
const look = (nowMs: number, steps: readonly TakeOverStep[], silent = LOST): TakeOverObservation => ({
  steps,
  silent,
  nowMs,
  nodeTimeoutMs: NODE_TIMEOUT_MS,
});

/** The first time, of looks every so often, at which the take-over is confirmed. */
function confirmedAt(
  { silentFromMs = 0, wishedFromMs = 0, probeFailureWindowMs = 0 },
  everyMs = 500,
): number | undefined {
  const watch = new TakeOverWatch();
  for (let at = 0; at <= 60_000; at += everyMs) {
    const steps = at >= wishedFromMs ? [takeOver('x', probeFailureWindowMs)] : [];
    if (watch.confirmed(look(at, steps, at >= silentFromMs ? LOST : [])) !== undefined) return at;
  }
  return undefined;
}

describe('TakeOverWatch', () => {
  it('lets a take-over through once every look of the last two node time-outs asked for it', () => {
    const watch = new TakeOverWatch();
    for (let at = 0; at < LONG_MS; at += 1_000) {
      expect(watch.confirmed(look(at, [takeOver('x')]))).toBeUndefined();
    }
    expect(watch.confirmed(look(LONG_MS, [takeOver('x')]))?.pod).toBe('x');
    expect(new TakeOverWatch().confirmed(look(LONG_MS, [takeOver('x')]))).toBeUndefined();
  });

  it('begins anew after a look that did not ask for it, and after a time without looks', () => {
    for (const interruption of ['another answer', 'no look']) {
      const watch = new TakeOverWatch();
      watch.confirmed(look(0, [takeOver('x', 3_000)]));
      if (interruption === 'another answer') watch.confirmed(look(4_000, [], []));
      watch.confirmed(look(interruption === 'no look' ? 6_000 : 5_000, [takeOver('x', 3_000)]));
      watch.confirmed(look(9_000, [takeOver('x', 3_000)]));
      expect(watch.confirmed(look(12_000, [takeOver('x', 3_000)]))).toBeUndefined();
    }
  });

  it('gives the first of several that are confirmed', () => {
    const watch = new TakeOverWatch();
    for (const at of [0, 4_000, 8_000]) watch.confirmed(look(at, [takeOver('x'), takeOver('y')]));
    expect(watch.confirmed(look(LONG_MS, [takeOver('x'), takeOver('y')]))?.pod).toBe('x');
    expect(watch.confirmed(look(LONG_MS + 500, [takeOver('y')]))?.pod).toBe('y');
  });

  it.each([
    // A hang at 0: the operator knows at once, the kubelet had asked in vain since 5 s when the pod became unready at 8 s.
    { silentFromMs: 500, wishedFromMs: 8_000, probeFailureWindowMs: 3_000, confirmed: 15_000 },
    { silentFromMs: 500, wishedFromMs: 8_000, probeFailureWindowMs: 0, confirmed: 18_000 },
    // Nobody's evidence reaches further back than that of the operator,
    { silentFromMs: 7_000, wishedFromMs: 8_000, probeFailureWindowMs: 3_000, confirmed: 17_000 },
    { silentFromMs: 8_000, wishedFromMs: 8_000, probeFailureWindowMs: 3_000, confirmed: 18_000 },
    // nor than a node time-out before the peers were seen to have lost it.
    { silentFromMs: 500, wishedFromMs: 8_000, probeFailureWindowMs: 60_000, confirmed: 13_000 },
  ])(
    'counts from when the last of the three was first without an answer: $confirmed ms',
    ({ confirmed, ...when }) => {
      expect(confirmedAt(when)).toBe(confirmed);
    },
  );

  it('takes back what a later look does not bear out', () => {
    const watch = new TakeOverWatch();
    for (let at = 0; at <= 8_000; at += 1_000) watch.confirmed(look(at, []));
    watch.confirmed(look(8_500, [takeOver('x', 3_000)]));
    watch.confirmed(look(9_000, [takeOver('x', 0)]));
    for (let at = 9_500; at < 18_500; at += 500) {
      expect(watch.confirmed(look(at, [takeOver('x', 3_000)]))).toBeUndefined();
    }
    expect(watch.confirmed(look(18_500, [takeOver('x', 3_000)]))?.pod).toBe('x');
  });

  it('does not count from before an answer, however briefly it came', () => {
    const watch = new TakeOverWatch();
    for (let at = 0; at <= 6_000; at += 500) watch.confirmed(look(at, []));
    watch.confirmed(look(6_500, [], ['p']));
    watch.confirmed(look(7_000, []));
    for (let at = 8_000; at < 17_000; at += 500) {
      expect(watch.confirmed(look(at, [takeOver('x', 3_000)]))).toBeUndefined();
    }
    expect(watch.confirmed(look(17_000, [takeOver('x', 3_000)]))?.pod).toBe('x');
  });
});
