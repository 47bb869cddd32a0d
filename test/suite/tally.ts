import type { Failure } from './failures-reporter.ts';

/** A failure is named in one line of the summary; the whole of it stands above, where it happened. */
const LONGEST_REASON = 600;

/** Outcome of a part: numbers of tests. */
export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
  /** One line for each failure: where, what, the first line of why, and what differs. */
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
    /** Milliseconds since 1970. */
    startTime?: number;
    endTime?: number;
    assertionResults: { status: string }[];
  }[];
}

/**
 * A file that failed without a failed test is a failure: it could not be loaded, or what runs before its tests failed and they
 * were skipped. So is an error that no test handled. A run without any test is one too, because a check that ran nothing has checked nothing.
 */
export function tallyOf(report: VitestReport | undefined, failures: readonly Failure[] = []): Tally {
  if (report === undefined) return brokenPart('no report was written');
  const broken = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((result) => result.status === 'failed'),
  );
  const unhandled = failures.filter(({ file }) => file === undefined);
  const failed = report.numFailedTests + broken.length + unhandled.length;
  if (report.numPassedTests + failed === 0) return brokenPart('no test ran');
  return {
    passed: report.numPassedTests,
    failed,
    skipped: report.numPendingTests + report.numTodoTests,
    failures: failures.map(lineOf),
    slowest: report.testResults.map(({ name, startTime = 0, endTime = startTime }) => ({
      file: name,
      seconds: (endTime - startTime) / 1000,
    })),
  };
}

function lineOf({ file, names, message, difference }: Failure): string {
  const why = [firstLine(message), ...difference].join(' | ').slice(0, LONGEST_REASON);
  if (file === undefined) return `no test handled this error: ${why}`;
  const what = names.length === 0 ? 'failed before a test did' : names.join(' > ');
  return `${file}: ${what}: ${why}`;
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

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

export function closingLine(tallies: readonly Tally[]): string {
  const sum = (of: (tally: Tally) => number) => tallies.reduce((total, tally) => total + of(tally), 0);
  const skipped = sum((tally) => tally.skipped);
  const tail = skipped > 0 ? `, ${skipped} skipped` : '';
  return `${sum((tally) => tally.passed)} passed, ${sum((tally) => tally.failed)} failed${tail}`;
}
