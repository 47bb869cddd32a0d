import { describe, expect, it } from 'vitest';
import { type BenchRow, bestHpa, verdict } from './compare.ts';

function row(policy: string, tauU: number, podHours: number, removedPerDay = 10): BenchRow {
  const rest = { thetaU: 0, thetaO: 0, unserved: 0, actionsPerDay: 0 };
  return {
    trace: 'x',
    startupSeconds: 120,
    policy,
    tauU,
    podHours,
    costOfStatic: podHours,
    removedPerDay,
    ...rest,
  };
}

const ROWS = [
  row('hpa-60', 0, 70),
  row('hpa-70', 0.05, 60),
  row('hpa-70-window', 0, 50),
  row('hpa-80', 0.2, 40),
  row('presence', 0.1, 62, 8),
];

describe('bestHpa', () => {
  it('is the cheapest that is short no more often, without other changes', () => {
    expect(bestHpa(ROWS)?.policy).toBe('hpa-70');
  });

  it('is none when each is short more often', () => {
    expect(bestHpa([row('hpa-60', 0.2, 1), row('presence', 0.1, 2)])).toBeUndefined();
  });
});

describe('verdict', () => {
  it('tells what is better and what is worse, and not what rounds to the same', () => {
    expect(verdict(ROWS, ROWS[1] as BenchRow, 'hpa-70')).toEqual({
      trace: 'x',
      startupSeconds: 120,
      peer: 'hpa-70',
      better: ['8.0 instead of 10.0 pods removed a day'],
      worse: ['0.100 instead of 0.050 % of the time short', '62.0 instead of 60.0 % of the static cost'],
    });
    expect(verdict(ROWS, row('other', 0.1001, 62.01, 8), 'other')).toMatchObject({ better: [], worse: [] });
  });
});
