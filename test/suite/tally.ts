/** A failure is named in one line of the summary; the whole of it stands above, where it happened. */
const LONGEST_REASON = 300;

/** Outcome of a part: numbers of tests. */
export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
  /** One line for each failure: where, what, and the first line of why. */
  failures: string[];
  /** How long each test file took. */
  slowest: { file: string; seconds: number }[];
}

/** Of a job that prepares something and tests nothing. */
export const NOTHING_TESTED: Tally = { passed: 0, failed: 0, skipped: 0, failures: [], slowest: [] };

/** A part that failed before it could count anything. */
export function brokenPart(why: string): Tally {
  return { passed: 0, failed: 1, skipped: 0, failures: [why], slowest: [] };
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
    /** Milliseconds since 1970. */
    startTime?: number;
    endTime?: number;
    assertionResults: { fullName: string; status: string; failureMessages?: string[] | null }[];
  }[];
}

/**
 * A file that failed without a failed test is a failure: it could not be loaded, or what runs before its tests failed and they
 * were skipped. A run without any test is one too, because a check that ran nothing has checked nothing.
 */
export function tallyOf(report: VitestReport | undefined): Tally {
  if (report === undefined) return brokenPart('no report was written');
  const broken = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((result) => result.status === 'failed'),
  );
  const failed = report.numFailedTests + broken.length;
  if (report.numPassedTests + failed === 0) return brokenPart('no test ran');
  return {
    passed: report.numPassedTests,
    failed,
    skipped: report.numPendingTests + report.numTodoTests,
    failures: [
      ...broken.map(({ name, message }) => `${name}: failed before a test did: ${firstLine(message)}`),
      ...report.testResults.flatMap(({ name, assertionResults }) =>
        assertionResults
          .filter(({ status }) => status === 'failed')
          .map(({ fullName, failureMessages }) => `${name}: ${fullName}: ${firstLine(failureMessages?.[0])}`),
      ),
    ],
    slowest: report.testResults.map(({ name, startTime = 0, endTime = startTime }) => ({
      file: name,
      seconds: (endTime - startTime) / 1000,
    })),
  };
}

/** More than these are not worth a look. */
const SLOWEST_SHOWN = 15;

/** A line for each of the slowest files, those that a person would look at to make the whole faster. */
export function slowestFiles(tallies: readonly Tally[]): string[] {
  return tallies
    .flatMap(({ slowest }) => slowest)
    .sort((one, other) => other.seconds - one.seconds)
    .slice(0, SLOWEST_SHOWN)
    .map(
      ({ file, seconds }) => `${seconds.toFixed(0).padStart(6)} s ${file.replace(`${process.cwd()}/`, '')}`,
    );
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
