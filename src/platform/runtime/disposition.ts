/**
 * What should happen after an error, read from an error's own `disposition` field, so that any library of
 * errors can say it without knowing this one.
 *
 * - `conflict`, `backoff`, `gone`: retry with a growing delay
 * - `forbidden`: retry slowly, an admin must change permissions
 * - `terminal`: do not retry until the input changes
 * - `bug`: the error is a programming mistake; retried like `backoff`, counted apart
 */
export type Disposition = 'conflict' | 'gone' | 'backoff' | 'forbidden' | 'terminal' | 'bug';

const DECLARED: ReadonlySet<unknown> = new Set<Disposition>([
  'conflict',
  'gone',
  'backoff',
  'forbidden',
  'terminal',
]);

/** Errors that JavaScript throws when code is wrong. */
const BUGS = [TypeError, ReferenceError, RangeError, SyntaxError];

export function dispositionOf(error: unknown): Disposition {
  const declared = readField(error, 'disposition');
  if (DECLARED.has(declared)) return declared as Disposition;
  return BUGS.some((kind) => error instanceof kind) || !(error instanceof Error) ? 'bug' : 'backoff';
}

/** How long the other side asked us to wait, in milliseconds. */
export function retryAfterOf(error: unknown): number | undefined {
  const value = readField(error, 'retryAfterMs');
  return typeof value === 'number' && value > 0 ? value : undefined;
}

function readField(error: unknown, field: string): unknown {
  return typeof error === 'object' && error !== null ? (error as Record<string, unknown>)[field] : undefined;
}

/** An error that no retry cures; only a change of the object does. */
export class TerminalError extends Error {
  readonly disposition = 'terminal';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TerminalError';
  }
}
