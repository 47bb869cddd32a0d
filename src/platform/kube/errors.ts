/**
 * What a caller should do about a failed request:
 *
 * - `conflict`: another client was faster; read again and retry, quietly (409)
 * - `gone`: the object, the resource version or the namespace is not there any more, or soon (404, 410, 403 with cause
 *   NamespaceTerminating)
 * - `backoff`: the server or the way to it is in trouble; retry later (429, 5xx, no answer)
 * - `forbidden`: credentials or RBAC must change first; report it and retry slowly (401, 403)
 * - `terminal`: the same request fails for ever (400, 422 and the other 4xx)
 */
export type KubeDisposition = 'conflict' | 'gone' | 'backoff' | 'forbidden' | 'terminal';

/** The parts of `meta/v1 Status` that matter to a caller. */
interface Status {
  kind?: string;
  code?: number;
  reason?: string;
  message?: string;
  details?: { retryAfterSeconds?: number; causes?: { reason?: string }[] };
}

/** The cause that the API server gives for refusing to create in a namespace that is being deleted. */
const NAMESPACE_TERMINATING = 'NamespaceTerminating';

/** The code of an error for which no HTTP answer exists: refused, reset, timed out. */
export const NO_ANSWER = 0;

/**
 * A request that the API server refused or never answered. The message says what was tried and why it
 * failed; it never holds credentials.
 */
export class KubeError extends Error {
  /** HTTP status, or {@link NO_ANSWER}. */
  readonly code: number;
  /** `Status.reason` (Conflict, AlreadyExists, Invalid…), or Unreachable, Timeout, BrokenStream. */
  readonly reason: string;
  readonly disposition: KubeDisposition;
  /** How long the server asked us to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(fields: {
    code: number;
    reason: string;
    message: string;
    retryAfterMs?: number | undefined;
    cause?: unknown;
  }) {
    super(fields.message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.name = 'KubeError';
    this.code = fields.code;
    this.reason = fields.reason;
    this.retryAfterMs = fields.retryAfterMs;
    this.disposition = fields.reason === NAMESPACE_TERMINATING ? 'gone' : dispositionOfCode(fields.code);
  }
}

function dispositionOfCode(code: number): KubeDisposition {
  if (code === 409) return 'conflict';
  if (code === 404 || code === 410) return 'gone';
  if (code === 401 || code === 403) return 'forbidden';
  if (code === NO_ANSWER || code === 408 || code === 429 || code >= 500) return 'backoff';
  return 'terminal';
}

/**
 * The error of an HTTP answer.
 *
 * @param action what was tried, such as `get pods team/web-0`
 * @param body the answer's body: a `Status` as JSON, or whatever a proxy in between wrote
 */
export function errorFromResponse(
  action: string,
  answer: { code: number; body: string; retryAfter?: string | undefined },
): KubeError {
  const status = parseStatus(answer.body);
  const detail = status?.message ?? (answer.body.slice(0, 200).trim() || 'no message');
  return new KubeError({
    code: answer.code,
    reason: reasonOf(status) || `HTTP${answer.code}`,
    message: `${action}: ${answer.code}: ${detail}`,
    retryAfterMs: parseRetryAfter(answer.retryAfter, status),
  });
}

function reasonOf(status: Status | undefined): string | undefined {
  const ending = status?.details?.causes?.some(({ reason }) => reason === NAMESPACE_TERMINATING);
  return ending ? NAMESPACE_TERMINATING : status?.reason;
}

/** The error of an `ERROR` event inside a watch, whose object is a `Status`. */
export function errorFromStatus(action: string, object: unknown): KubeError {
  const status = (typeof object === 'object' && object !== null ? object : {}) as Status;
  return new KubeError({
    code: status.code ?? 500,
    reason: status.reason || 'Unknown',
    message: `${action}: ${status.code ?? 'no code'}: ${status.message ?? 'the watch ended with an error'}`,
    retryAfterMs: parseRetryAfter(undefined, status),
  });
}

/** The error of a request that got no answer (connection refused or reset, TLS, DNS, our own time limit). */
export function errorWithoutAnswer(
  action: string,
  reason: 'Unreachable' | 'Timeout' | 'BrokenStream',
  cause: unknown,
): KubeError {
  const detail = cause instanceof Error ? describe(cause) : String(cause);
  return new KubeError({ code: NO_ANSWER, reason, message: `${action}: ${detail}`, cause });
}

/** An AggregateError (both address families refused) has an empty message of its own. */
function describe(error: Error): string {
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map((each) => (each instanceof Error ? each.message : String(each))).join('; ');
  }
  return error.message;
}

function parseStatus(body: string): Status | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null && (parsed as Status).kind === 'Status'
      ? (parsed as Status)
      : undefined;
  } catch {
    return undefined;
  }
}

/** The API server sends whole seconds; the date form of Retry-After is not used by it. */
function parseRetryAfter(header: string | undefined, status: Status | undefined): number | undefined {
  const seconds = header === undefined ? status?.details?.retryAfterSeconds : Number(header);
  return seconds !== undefined && Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined;
}
