import type { ErrorCode } from '../api/protocol/codes.ts';

/** A request failed, or the connection did. `disconnected` is the client's own: the socket ended before an answer. */
export class PresenceError extends Error {
  override readonly name = 'PresenceError';
  readonly code: ErrorCode | 'disconnected' | 'client_closed';
  /** Do not try again before this many milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(code: PresenceError['code'], message: string, retryAfterMs?: number) {
    super(message);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}
