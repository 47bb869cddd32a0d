import { writeFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node';

/** Environment variable with the file of the JSON report of a run; {@link failuresFile} lies beside it. */
export const REPORT_VARIABLE = 'TEST_REPORT';

export const failuresFile = (report: string) => `${report}.failures`;

type Errors = readonly { readonly message: string; readonly diff?: string }[];

/** A failed test, a file or group whose set-up failed, or an error that nobody handled. */
export interface Failure {
  /** Absolute path; undefined for an error that nobody handled. */
  readonly file?: string;
  /** Names of the groups and of the test, outermost first; empty for a file whose set-up failed. */
  readonly names: readonly string[];
  readonly message: string;
  /** Lines that differ: `- ` expected, `+ ` received. Empty when nothing was compared. */
  readonly difference: readonly string[];
}

/** Writes a JSON array of {@link Failure}: the JSON report of vitest has no differences, and no errors of set-ups. */
export class FailuresReporter implements Reporter {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: Errors): void {
    const failures = [...modules.flatMap(failuresOf), ...unhandled.map((error) => failureOf(error, []))];
    writeFileSync(this.#file, JSON.stringify(failures));
  }
}

function failuresOf(module: TestModule): Failure[] {
  const suites = [...module.children.allSuites()].flatMap((suite) =>
    failures(suite, suite.errors() as Errors),
  );
  const tests = [...module.children.allTests('failed')].flatMap((test) =>
    failures(test, (test.result().errors ?? []) as Errors),
  );
  return [...failures(module, module.errors() as Errors), ...suites, ...tests];
}

function failures(entity: TestModule | TestSuite | TestCase, errors: Errors): Failure[] {
  const file = entity.type === 'module' ? entity.moduleId : entity.module.moduleId;
  return errors.map((error) => ({ file, ...failureOf(error, namesOf(entity)) }));
}

function failureOf({ message, diff = '' }: Errors[number], names: readonly string[]): Failure {
  const difference = differingLines(stripVTControlCharacters(diff));
  return { names, message: stripVTControlCharacters(message), difference };
}

function namesOf(entity: TestModule | TestSuite | TestCase): string[] {
  return entity.type === 'module' ? [] : [...namesOf(entity.parent), entity.name];
}

/** The two lines of the legend are left out. */
function differingLines(diff: string): string[] {
  return diff
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^[-+] /.test(line) && !/^[-+] (Expected|Received)\b/.test(line));
}
