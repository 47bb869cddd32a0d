import { describe, expect, it } from 'vitest';
import { closingLine, slowestFiles, tallyOf, type VitestReport } from './tally.ts';

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
      failures: [],
      slowest: [],
    });
  });

  it('counts a file that could not be loaded as a failure', () => {
    const testResults = [
      { name: 'x.test.ts', status: 'failed', message: 'no y\n  at z', assertionResults: [] },
    ];
    expect(tallyOf(report({ numPassedTests: 5, testResults }))).toMatchObject({
      failed: 1,
      failures: ['x.test.ts: failed before a test did: no y'],
    });
  });

  it('counts a file whose set-up failed, so that its tests were skipped', () => {
    const assertionResults = [
      { fullName: 'plan adds', status: 'passed' },
      { fullName: 'plan heals', status: 'pending' },
    ];
    const testResults = [{ name: 'x.test.ts', status: 'failed', message: 'not in time', assertionResults }];
    expect(tallyOf(report({ numPassedTests: 1, numPendingTests: 1, testResults }))).toMatchObject({
      failed: 1,
      failures: ['x.test.ts: failed before a test did: not in time'],
    });
  });

  it('names each failed test with the first line of why', () => {
    const assertionResults = [
      { fullName: 'plan adds', status: 'passed' },
      { fullName: 'plan heals', status: 'failed', failureMessages: ['expected 1 to be 2\n  at q'] },
    ];
    const testResults = [{ name: 'x.test.ts', status: 'failed', assertionResults }];
    const { failures } = tallyOf(report({ numPassedTests: 1, numFailedTests: 1, testResults }));
    expect(failures).toEqual(['x.test.ts: plan heals: expected 1 to be 2']);
  });

  it('takes a run without tests, and a run without a report, for failures', () => {
    expect(tallyOf(report({})).failed).toBe(1);
    expect(tallyOf(undefined).failed).toBe(1);
  });
});

describe('closingLine', () => {
  it('adds the parts up and leaves out what is zero', () => {
    const parts = [
      { passed: 3, failed: 0, skipped: 0, failures: [], slowest: [] },
      { passed: 4, failed: 1, skipped: 0, failures: [], slowest: [] },
    ];
    expect(closingLine(parts)).toBe('7 passed, 1 failed');
    expect(closingLine([{ passed: 1, failed: 0, skipped: 2, failures: [], slowest: [] }])).toBe(
      '1 passed, 0 failed, 2 skipped',
    );
  });
});

describe('slowestFiles', () => {
  it('lists at most fifteen files of all parts, the slowest first', () => {
    const file = (name: string, seconds: number) => ({
      name,
      status: 'passed',
      startTime: 1000,
      endTime: 1000 + seconds * 1000,
      assertionResults: [],
    });
    const many = Array.from({ length: 20 }, (_, index) => file(`${index}.test.ts`, index));
    const lines = slowestFiles([
      tallyOf(report({ numPassedTests: 20, testResults: many })),
      tallyOf(report({ numPassedTests: 1, testResults: [file('slow.test.ts', 70)] })),
    ]);
    expect(lines).toHaveLength(15);
    expect(lines.slice(0, 2)).toEqual(['    70 s slow.test.ts', '    19 s 19.test.ts']);
  });
});
