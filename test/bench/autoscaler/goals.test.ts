import { describe, expect, it } from 'vitest';
import { type CoverageRow, checkCoverage } from './coverage.ts';
import { checkGoals } from './goals.ts';

const row = (more: Partial<CoverageRow>): CoverageRow => ({
  trace: 'x',
  policy: 'presence',
  aheadSeconds: 1800,
  held: 95,
  heldTop: 93,
  samples: 1000,
  ...more,
});
const verdicts = (rows: CoverageRow[]) => checkCoverage(rows).map(({ verdict }) => verdict);

describe('goals', () => {
  it('are judged by the load that does worst', () => {
    expect(verdicts([row({ peakError: 6 }), row({ heldTop: 91 })])).toEqual([
      'reached',
      'reached',
      'reached',
    ]);
    expect(verdicts([row({ peakError: 11 }), row({ held: 91 }), row({ heldTop: 89 })])).toEqual([
      'missed',
      'missed',
      'missed',
    ]);
  });

  it('of which nothing was measured are not reached', () => {
    expect(verdicts([row({})])[2]).toBe('not measured');
    expect(new Set(checkGoals([]).map(({ verdict }) => verdict))).toEqual(new Set(['not measured']));
  });
});
