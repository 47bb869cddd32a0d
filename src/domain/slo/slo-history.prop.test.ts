import fc from 'fast-check';
import { expect, it } from 'vitest';
import { slo } from '../../api/v1alpha1/slo/slo.ts';
import { BURN_ALERTS, burnLimit, burnRate } from './burn-rate.ts';
import { judgeSlo } from './judge-slo.ts';
import { BURN_WINDOWS, DAY_MS, SloHistory, WINDOW_MS } from './slo-history.ts';
import { NOTHING, plus, type Tally } from './tally.ts';

const START = Date.parse('2027-06-05T12:00:00Z');
const MINUTE_MS = 60_000;
const STEP_MS = { '5m': 1, '30m': 1, '1h': 1, '6h': 10, '3d': 60 };
const WINDOW_STEP_MS = 360 * MINUTE_MS;

interface Entry {
  readonly at: number;
  readonly tally: Tally;
}

const count = fc
  .tuple(fc.nat({ max: 50 }), fc.nat({ max: 100_000 }))
  .map(([failed, others]) => ({ failed, total: failed + others }));
const tally = fc.record({ updates: count, joins: count });
/** Gaps of all lengths, from seconds to weeks. */
const gap = fc.oneof(
  fc.integer({ min: 1, max: 120_000 }),
  fc.integer({ min: 1, max: 6 * 3_600_000 }),
  fc.integer({ min: 1, max: 20 * DAY_MS }),
);
const story = fc.array(fc.tuple(gap, tally), { minLength: 1, maxLength: 60 }).map((steps) => {
  const gaps = steps.map(([passed]) => passed);
  return steps.map(([, each], index) => ({
    at: START + gaps.slice(0, index + 1).reduce((sum, passed) => sum + passed, 0),
    tally: each,
  }));
});
const windowDays = fc.integer({ min: 7, max: 90 });

function lived(entries: readonly Entry[], days: number): SloHistory {
  const history = new SloHistory(days);
  for (const { at, tally: each } of entries) history.add(at, each);
  return history;
}

/** The sum of all entries from an instant on, one by one. */
function naive(entries: readonly Entry[], from: number, now: number): Tally {
  return entries
    .filter(({ at }) => at >= from && at <= now)
    .reduce((sum, each) => plus(sum, each.tally), NOTHING);
}

it('every window has what happened in it, and at most one step more', () => {
  fc.assert(
    fc.property(story, windowDays, gap, (entries, days, later) => {
      const history = lived(entries, days);
      for (const now of [entries.at(-1)?.at ?? START, (entries.at(-1)?.at ?? START) + later]) {
        for (const window of BURN_WINDOWS) {
          const stepMs = STEP_MS[window] * MINUTE_MS;
          const from = (Math.floor(now / stepMs) - WINDOW_MS[window] / stepMs) * stepMs;
          expect(history.sum(now, window)).toEqual(naive(entries, from, now));
          expect(from).toBeLessThanOrEqual(now - WINDOW_MS[window]);
          expect(from).toBeGreaterThan(now - WINDOW_MS[window] - stepMs);
        }
        const from = Math.floor((now - days * DAY_MS) / WINDOW_STEP_MS) * WINDOW_STEP_MS;
        expect(history.total(now)).toEqual(naive(entries, from, now));
        expect(history.since(now)).toBe(Math.max(entries[0]?.at ?? 0, from));
      }
    }),
  );
});

it('burn rates and the verdict are those of the naive sums', () => {
  fc.assert(
    fc.property(story, (entries) => {
      const spec = slo.parse({});
      const now = entries.at(-1)?.at ?? START;
      const history = lived(entries, spec.windowDays);
      const state = judgeSlo(history, spec, now);
      const rate = (window: (typeof BURN_WINDOWS)[number]) => {
        const stepMs = STEP_MS[window] * MINUTE_MS;
        const from = (Math.floor(now / stepMs) - WINDOW_MS[window] / stepMs) * stepMs;
        const { failed, total } = naive(entries, from, now).updates;
        return { failed, rate: total === 0 ? 0 : failed / total / 0.001 };
      };
      for (const window of BURN_WINDOWS)
        expect(Math.abs((state?.burnRates.updates[window] ?? Number.NaN) - rate(window).rate)).toBeLessThan(
          0.51,
        );
      const burns = BURN_ALERTS.filter(({ long, short, share }) => {
        const limit = (share * spec.windowDays * DAY_MS) / WINDOW_MS[long];
        // The naive rate may differ in the last bit.
        return (
          rate(long).failed >= 10 && rate(long).rate > limit * 1.0001 && rate(short).rate > limit * 1.0001
        );
      });
      if (burns.length > 0) expect(state?.verdict.kind).toMatch(/Burn$/);
      if (burns.some(({ speed }) => speed === 'fast')) expect(state?.verdict.kind).toBe('FastBurn');
    }),
  );
});

it('is the same after it was written down and read again', () => {
  fc.assert(
    fc.property(story, windowDays, (entries, days) => {
      const before = lived(entries, days);
      const now = entries.at(-1)?.at ?? START;
      const after = SloHistory.of(JSON.parse(JSON.stringify(before.written())), days);
      for (const window of BURN_WINDOWS) expect(after.sum(now, window)).toEqual(before.sum(now, window));
      expect(after.total(now)).toEqual(before.total(now));
      expect(after.since(now)).toBe(before.since(now));
    }),
  );
});

it('keeps what there is when the window becomes longer or shorter', () => {
  fc.assert(
    fc.property(story, windowDays, windowDays, (entries, days, others) => {
      const now = entries.at(-1)?.at ?? START;
      const history = SloHistory.of(lived(entries, days).written(), others);
      const from = (of: number) => Math.floor((now - of * DAY_MS) / WINDOW_STEP_MS) * WINDOW_STEP_MS;
      const { failed } = history.total(now).updates;
      // What was too old for the window may still have had its place.
      expect(failed).toBeGreaterThanOrEqual(
        naive(entries, Math.max(from(days), from(others)), now).updates.failed,
      );
      expect(failed).toBeLessThanOrEqual(naive(entries, from(others), now).updates.failed);
    }),
  );
});

it('has a size that is fixed', () => {
  expect([7, 28, 90].map((days) => new SloHistory(days).bytes)).toEqual([4000, 5680, 10_640]);
  const history = new SloHistory(28);
  for (let at = START; at < START + 60 * DAY_MS; at += 300_000)
    history.add(at, { ...NOTHING, updates: { failed: 1, total: 2 ** 31 } });
  expect(history.bytes).toBe(5680);
  expect(JSON.stringify(history.written()).length).toBeLessThan(14_000);
});

it('mixes up nothing when the clock is set, and finds its way back from a year ahead', () => {
  const history = new SloHistory(28);
  const one = { ...NOTHING, updates: { failed: 1, total: 10 } };
  history.add(START, one);
  history.add(START + 365 * DAY_MS, one);
  history.add(START + MINUTE_MS, one);
  expect(history.sum(START + MINUTE_MS, '5m').updates.failed).toBeGreaterThanOrEqual(1);
  for (let minute = 0; minute <= 10; minute += 1) history.add(START + (60 + minute) * MINUTE_MS, one);
  expect(history.sum(START + 70 * MINUTE_MS, '5m').updates).toEqual({ failed: 6, total: 60 });
});

it('has the limits of the SRE workbook in a window of 30 days', () => {
  expect(BURN_ALERTS.map((alert) => burnLimit(alert, 30))).toEqual([14.4, 6, 1]);
  expect(burnRate({ failed: 5, total: 1000 }, 99.9)).toBeCloseTo(5, 9);
  expect(burnRate({ failed: 0, total: 0 }, 99.9)).toBe(0);
});
