/** A failure is named in one line of the summary; the whole of it stands above, where it happened. */
const LONGEST_REASON = 300;

/** Outcome of a part: numbers of tests. */
export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
  /** One line for each failure: where, what, and the first line of why. */
  failures: string[];
}

/** A part that failed before it could count anything. */
export function brokenPart(why: string): Tally {
  return { passed: 0, failed: 1, skipped: 0, failures: [why] };
}

/** The part of vitest's JSON report that is read. */
export interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: {
    name: string;
    status: string;
    message?: string;
    assertionResults: { fullName: string; status: string; failureMessages?: string[] | null }[];
  }[];
}

/**
 * A file that could not even be loaded has no failed test of its own and still is a failure; a run without any test
 * is one too, because a check that ran nothing has checked nothing.
 */
export function tallyOf(report: VitestReport | undefined): Tally {
  if (report === undefined) return brokenPart('no report was written');
  const broken = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  const failed = report.numFailedTests + broken.length;
  if (report.numPassedTests + failed === 0) return brokenPart('no test ran');
  return {
    passed: report.numPassedTests,
    failed,
    skipped: report.numPendingTests + report.numTodoTests,
    failures: [
      ...broken.map(({ name, message }) => `${name}: could not be loaded: ${firstLine(message)}`),
      ...report.testResults.flatMap(({ name, assertionResults }) =>
        assertionResults
          .filter(({ status }) => status === 'failed')
          .map(({ fullName, failureMessages }) => `${name}: ${fullName}: ${firstLine(failureMessages?.[0])}`),
      ),
    ],
  };
}

function firstLine(text: string | undefined): string {
  return text?.split('\n', 1)[0]?.slice(0, LONGEST_REASON) ?? '';
}

export function closingLine(tallies: readonly Tally[]): string {
  const sum = (of: (tally: Tally) => number) => tallies.reduce((total, tally) => total + of(tally), 0);
  const skipped = sum((tally) => tally.skipped);
  const tail = skipped > 0 ? `, ${skipped} skipped` : '';
  return `${sum((tally) => tally.passed)} passed, ${sum((tally) => tally.failed)} failed${tail}`;
}
