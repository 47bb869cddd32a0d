/** Documented exit codes. */
export const EXIT = { done: 0, failed: 1, wrongUse: 2, frozen: 3 } as const;

/** Something the user can act on: printed without a stack, ends with exit code 1. */
export class CliFailure extends Error {
  readonly exitCode: number = EXIT.failed;
}

/** The command line itself is wrong: exit code 2. */
export class WrongUse extends CliFailure {
  override readonly exitCode: number = EXIT.wrongUse;
}

/** Ends the program with an exit code that is an answer: the result has been printed. */
export class ExitWith extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`exit code ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/** What kept a file from being used, in words that follow its name: an error of Node names the path once more. */
export function fileProblem(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && error.code === 'ENOENT' ? 'does not exist' : error.message;
}
