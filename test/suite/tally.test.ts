import { describe, expect, it } from 'vitest';
import { closingLine, tallyOf, type VitestReport } from './tally.ts';

const report = (parts: Partial<VitestReport>): VitestReport => ({
  numPassedTests: 0,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults: [],
  ...parts,
});

describe('tallyOf', () => {
  it('counts passed, failed and skipped tests', () => {
    expect(tallyOf(report({ numPassedTests: 5, numFailedTests: 1, numPendingTests: 2 }))).toEqual({
      passed: 5,
      failed: 1,
      skipped: 2,
    });
  });

  it('counts a file that could not be loaded as a failure', () => {
    const testResults = [{ status: 'failed', assertionResults: [] }];
    expect(tallyOf(report({ numPassedTests: 5, testResults })).failed).toBe(1);
  });

  it('takes a run without tests, and a run without a report, for failures', () => {
    expect(tallyOf(report({})).failed).toBe(1);
    expect(tallyOf(undefined).failed).toBe(1);
  });
});

describe('closingLine', () => {
  it('adds the parts up and leaves out what is zero', () => {
    const parts = [
      { passed: 3, failed: 0, skipped: 0 },
      { passed: 4, failed: 1, skipped: 0 },
    ];
    expect(closingLine(parts)).toBe('7 passed, 1 failed');
    expect(closingLine([{ passed: 1, failed: 0, skipped: 2 }])).toBe('1 passed, 0 failed, 2 skipped');
  });
});
