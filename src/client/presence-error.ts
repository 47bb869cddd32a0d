import type { ErrorCode } from '../api/protocol/codes.ts';

/**
 * The codes that the client itself gives: `disconnected` (the connection ended, or could not be made), `offline` (the browser
 * lost its network), `token_failed` (`token()` rejected or gave no answer), `timed_out` (no answer within `settleWithinMs`),
 * `client_closed` (`close()` or `leave()` was called).
 */
export type ClientErrorCode = 'disconnected' | 'offline' | 'token_failed' | 'timed_out' | 'client_closed';

/** A request failed, or the connection did. */
export class PresenceError extends Error {
  override readonly name = 'PresenceError';
  /** An error code of the protocol, or one of the client itself. */
  readonly code: ErrorCode | ClientErrorCode;
  /** Do not try again before this many milliseconds. */
  readonly retryAfterMs: number | undefined;

  /**
   * @param code what programs look at
   * @param message what people read; may change
   * @param retryAfterMs milliseconds
   */
  constructor(code: PresenceError['code'], message: string, retryAfterMs?: number) {
    super(message);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Codes without a hint (`retryAfterMs`) after which another attempt may succeed. */
const PASSING: ReadonlySet<PresenceError['code']> = new Set([
  'disconnected',
  'offline',
  'token_expired',
  'not_joined',
  'replaced',
]);

/** Whether another attempt cannot change it. The server gives a hint (`retryAfterMs`) where one can. */
export function isHopeless({ code, retryAfterMs }: PresenceError): boolean {
  return retryAfterMs === undefined && !PASSING.has(code);
}
