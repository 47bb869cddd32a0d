/** Documented exit codes. */
export const EXIT = { done: 0, failed: 1, wrongUse: 2 } as const;

/** Something the user can act on: printed without a stack, ends with exit code 1. */
export class CliFailure extends Error {
  readonly exitCode: number = EXIT.failed;
}

/** The command line itself is wrong: exit code 2. */
export class WrongUse extends CliFailure {
  override readonly exitCode: number = EXIT.wrongUse;
}
