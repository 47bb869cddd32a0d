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
    const testResults = [{ name: 'x.test.ts', status: 'failed', assertionResults: [] }];
    const failures = [{ file: 'x.test.ts', names: [], message: 'no y\n  at z', difference: [] }];
    expect(tallyOf(report({ numPassedTests: 5, testResults }), failures)).toMatchObject({
      failed: 1,
      failures: ['x.test.ts: failed before a test did: no y'],
    });
  });

  it('counts a file whose set-up failed, so that its tests were skipped', () => {
    const assertionResults = [{ status: 'passed' }, { status: 'pending' }];
    const testResults = [{ name: 'x.test.ts', status: 'failed', assertionResults }];
    expect(tallyOf(report({ numPassedTests: 1, numPendingTests: 1, testResults })).failed).toBe(1);
  });

  it('names each failed test with the first line of why, and what differs', () => {
    const difference = ['- "ready": true,', '+ "ready": false,'];
    const message = 'expected { … } to equal { … }\n  at q';
    const failures = [{ file: 'x.test.ts', names: ['plan', 'heals'], message, difference }];
    expect(tallyOf(report({ numPassedTests: 1, numFailedTests: 1 }), failures).failures).toEqual([
      'x.test.ts: plan > heals: expected { … } to equal { … } | - "ready": true, | + "ready": false,',
    ]);
  });

  it('counts an error that no test handled', () => {
    const failures = [{ names: [], message: 'Connection is closed.', difference: [] }];
    expect(tallyOf(report({ numPassedTests: 5 }), failures)).toMatchObject({
      failed: 1,
      failures: ['no test handled this error: Connection is closed.'],
    });
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
