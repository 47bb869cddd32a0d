import { CommanderError } from 'commander';
import { SpecNotAccepted } from '../reports/deciding-spec.ts';
import type { CliContext } from './context/context.ts';
import { CliFailure, EXIT, ExitWith } from './context/failure.ts';
import { createProgram } from './program.ts';

/**
 * Runs one command line and tells the exit code. Expected failures are printed in a line; anything else is a bug and
 * keeps its stack.
 *
 * @param args without the names of runtime and program
 */
export async function run(args: readonly string[], context: CliContext): Promise<number> {
  try {
    await createProgram(context).parseAsync([...args], { from: 'user' });
    return EXIT.done;
  } catch (error) {
    // Commander has printed its message already, and ends help and --version this way, too.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.wrongUse;
    if (error instanceof ExitWith) return error.exitCode;
    if (error instanceof CliFailure) {
      context.note(`error: ${error.message}`);
      return error.exitCode;
    }
    if (error instanceof SpecNotAccepted) {
      context.note(`error: ${error.message}`);
      return EXIT.failed;
    }
    context.note(`error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return EXIT.failed;
  }
}
