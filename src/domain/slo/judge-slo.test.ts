import { describe, expect, it } from 'vitest';
import { slo } from '../../api/v1alpha1/slo/slo.ts';
import { judgeSlo } from './judge-slo.ts';
import { DAY_MS, SloHistory } from './slo-history.ts';
import { NOTHING, type Objective } from './tally.ts';

const START = Date.parse('2027-06-05T12:00:00Z');
const MINUTE_MS = 60_000;
const SPEC = slo.parse({});

/** Some days in which 180 hidden changes were sent per minute, and all came back. */
function quiet(days: number): SloHistory {
  const history = new SloHistory(28);
  for (let at = START - days * DAY_MS; at < START; at += MINUTE_MS)
    history.add(at, { ...NOTHING, updates: { failed: 0, total: 180 } });
  return history;
}

/** Minutes of which a share fails. */
function failing(history: SloHistory, minutes: number, share: number): number {
  for (let minute = 0; minute < minutes; minute += 1)
    history.add(START + minute * MINUTE_MS, {
      ...NOTHING,
      updates: { failed: Math.round(180 * share), total: 180 },
    });
  return START + minutes * MINUTE_MS;
}

describe('the objectives', () => {
  it('are unknown before anything was counted', () => {
    expect(judgeSlo(new SloHistory(28), SPEC, START)).toBeUndefined();
  });

  it('are met while nothing fails, and what was never counted has no share', () => {
    const state = judgeSlo(quiet(28), SPEC, START);
    expect(state).toMatchObject({
      updates: { objective: 99.9, attainment: 100, budgetLeft: 100 },
      joins: { objective: 99.95, attainment: undefined, budgetLeft: undefined },
      verdict: { kind: 'Met' },
    });
    expect(Object.values(state?.burnRates.updates ?? {})).toEqual([0, 0, 0, 0, 0]);
  });

  it('burn fast after a minute of a total outage, and burn on until five minutes after it', () => {
    const history = quiet(28);
    const now = failing(history, 1, 1);
    expect(judgeSlo(history, SPEC, now)?.verdict).toMatchObject({
      kind: 'FastBurn',
      of: 'updates',
      alert: { long: '1h', short: '5m' },
      limit: expect.closeTo(13.44, 9),
    });
    // One minute of the 40 that 28 days allow.
    expect(judgeSlo(history, SPEC, now)?.updates).toMatchObject({ attainment: 99.997, budgetLeft: 97 });
    const well = (minutes: number): number => {
      for (let minute = 1; minute <= minutes; minute += 1)
        history.add(now + minute * MINUTE_MS, { ...NOTHING, updates: { failed: 0, total: 180 } });
      return now + minutes * MINUTE_MS;
    };
    expect(judgeSlo(history, SPEC, well(3))?.verdict.kind).toBe('FastBurn');
    expect(judgeSlo(history, SPEC, well(60))?.verdict.kind).toBe('Met');
  });

  it('burn slowly, and are missed when the budget is spent', () => {
    const slow = quiet(28);
    expect(judgeSlo(slow, SPEC, failing(slow, 13 * 60, 0.006))?.verdict).toMatchObject({
      kind: 'SlowBurn',
      alert: { long: '3d', short: '6h' },
    });
    const spent = quiet(28);
    let now = failing(spent, 60, 1);
    for (; now < START + 3 * 3_600_000 + DAY_MS * 3; now += MINUTE_MS)
      spent.add(now, { ...NOTHING, updates: { failed: 0, total: 180 } });
    const state = judgeSlo(spent, SPEC, now);
    expect(state?.verdict).toEqual({ kind: 'BudgetSpent', of: 'updates' });
    expect(state?.updates.attainment).toBeLessThan(99.9);
    expect(state?.updates.budgetLeft).toBeLessThan(0);
  });

  it.each<[string, Objective, number]>([
    ['no burn by nine failures', 'joins', 9],
    ['a burn by ten', 'joins', 10],
  ])('are %s', (_, objective, failed) => {
    const history = quiet(28);
    history.add(START, { ...NOTHING, [objective]: { failed, total: 20 } });
    expect(judgeSlo(history, SPEC, START)?.verdict).toMatchObject(
      failed < 10 ? { kind: 'Met' } : { kind: 'FastBurn', of: 'joins' },
    );
  });

  it('are never 100 % with a failure, and overspent by a bounded number', () => {
    const history = new SloHistory(28);
    history.add(START, { updates: { failed: 1, total: 2 ** 31 }, joins: { failed: 50, total: 50 } });
    expect(judgeSlo(history, SPEC, START)).toMatchObject({
      updates: { attainment: 99.999, budgetLeft: 99 },
      joins: { attainment: 0, budgetLeft: -1000 },
    });
  });

  it('are not missed within the first day, when a few failures would be a spent budget', () => {
    const history = new SloHistory(28);
    const add = (minute: number, failed: number) =>
      history.add(START + minute * MINUTE_MS, { ...NOTHING, updates: { failed, total: 180 } });
    add(0, 12);
    for (let minute = 1; minute < 24 * 60; minute += 1)
      add(minute, minute === 700 ? 180 : minute === 701 ? 180 : 0);
    const early = judgeSlo(history, SPEC, START + 23 * 3_600_000);
    expect([early?.verdict.kind, (early?.updates.budgetLeft ?? 0) < 0]).toEqual(['Met', true]);
    for (let minute = 24 * 60; minute < 26 * 60; minute += 1) add(minute, 0);
    expect(judgeSlo(history, SPEC, START + 26 * 3_600_000)?.verdict.kind).toBe('BudgetSpent');
  });
});
