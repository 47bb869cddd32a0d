/** Causes and parts of an error that are followed. An error may name itself as its cause. */
const MAX_DEPTH = 5;
/** Parts of one AggregateError, or last errors of one Redis Cluster request, that are written. */
const MAX_PARTS = 8;

/** An error as a log line carries it. */
export interface SerializedError {
  readonly type: string;
  readonly message: string;
  readonly stack?: string;
  readonly code?: string | number;
  readonly status?: number;
  readonly syscall?: string;
  /** Name of the Redis command that failed, without its arguments: those of AUTH are a password. */
  readonly command?: string;
  readonly cause?: SerializedError;
  readonly errors?: readonly SerializedError[];
}

/**
 * Writes only the fields that are named here. Errors of client libraries carry whatever their authors attach: those of
 * ioredis carry the command with its arguments, so an AUTH that fails would put the password into the log.
 */
export function serializeError(error: unknown): unknown {
  return error instanceof Error ? serialize(error, 0) : error;
}

function serialize(error: Error, depth: number): SerializedError {
  const { code, status, syscall, command, cause, errors, lastNodeError } = error as Error & AttachedFields;
  const written: { -readonly [K in keyof SerializedError]: SerializedError[K] } = {
    type: error.name,
    message: error.message,
  };
  if (error.stack !== undefined) written.stack = error.stack;
  if (typeof code === 'string' || typeof code === 'number') written.code = code;
  if (typeof status === 'number') written.status = status;
  if (typeof syscall === 'string') written.syscall = syscall;
  if (typeof command?.name === 'string') written.command = command.name;
  if (depth >= MAX_DEPTH) return written;
  const reason = cause ?? lastNodeError;
  if (reason instanceof Error) written.cause = serialize(reason, depth + 1);
  if (Array.isArray(errors)) {
    const parts = errors.filter((part): part is Error => part instanceof Error).slice(0, MAX_PARTS);
    written.errors = parts.map((part) => serialize(part, depth + 1));
  }
  return written;
}

interface AttachedFields {
  readonly code?: unknown;
  readonly status?: unknown;
  readonly syscall?: unknown;
  readonly command?: { readonly name?: unknown } | undefined;
  readonly cause?: unknown;
  readonly errors?: unknown;
  /** Of ioredis' ClusterAllFailedError. */
  readonly lastNodeError?: unknown;
}
