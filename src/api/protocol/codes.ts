/** What the server does after an error frame of a code. */
export interface ErrorCodeRule {
  /** The WebSocket close code that follows at once; absent when the connection stays open. */
  readonly close?: number;
  /** Whether the same request can succeed later. The frame then carries `retryAfterMs`. */
  readonly retry: boolean;
  readonly meaning: string;
}

/** Every code an `error` frame can carry. `docs/protocol.md` lists the same table. */
export const ERROR_CODES = {
  unauthorized: { close: 4401, retry: false, meaning: 'no token, or one that does not verify' },
  token_expired: {
    close: 4401,
    retry: false,
    meaning: 'the token has expired, now or during the connection',
  },
  revoked: {
    close: 4403,
    retry: false,
    meaning: 'an administrator has ended the access of the person for some time',
  },
  unknown_wedding: { close: 4404, retry: false, meaning: 'the token does not name this wedding' },
  malformed_frame: { close: 4400, retry: false, meaning: 'the frame is not a JSON object in a text frame' },
  unknown_message: { retry: false, meaning: 'the type of the message is not known; the message was ignored' },
  invalid_message: { retry: false, meaning: 'a field is missing or wrong; the message was ignored' },
  frame_too_large: { close: 1009, retry: false, meaning: 'the frame is larger than welcome.maxFrameBytes' },
  origin_refused: { close: 4403, retry: false, meaning: 'the Origin of the page is not allowed' },
  over_capacity: { close: 4503, retry: true, meaning: 'this server has as many connections as it may have' },
  too_many_connections: {
    close: 4409,
    retry: true,
    meaning: 'the person has as many connections to this server as a person may have',
  },
  connecting_too_fast: { close: 4429, retry: true, meaning: 'the person opens connections too fast' },
  draining: { close: 4503, retry: true, meaning: 'this server is going away and takes no new connections' },
  flooding: { close: 4429, retry: true, meaning: 'the client went on sending too fast after rate_limited' },
  slow_consumer: { close: 4408, retry: true, meaning: 'the client did not read what was sent to it' },
  internal: { close: 1011, retry: true, meaning: 'the server failed; nothing of the request was kept' },
  rate_limited: {
    retry: true,
    meaning: 'the connection, or all connections of its user, send too fast; the message was dropped',
  },
  unavailable: { retry: true, meaning: 'Redis did not confirm the request in time' },
  not_joined: { retry: false, meaning: 'the connection has not joined this wedding' },
  wedding_closed: { retry: false, meaning: 'the wedding is done or cancelled' },
  wedding_full: { retry: true, meaning: 'the wedding has as many connections as it may have' },
  too_many_devices: {
    retry: true,
    meaning: 'the person has as many connections in this wedding as a person may have',
  },
  removed: {
    retry: false,
    meaning: 'a planner or an administrator has removed the person from this wedding for some time',
  },
  replaced: {
    retry: false,
    meaning: 'another connection resumed this one, which is no longer a member of the wedding',
  },
  too_many_weddings: { retry: false, meaning: 'the connection has joined as many weddings as it may' },
} as const satisfies Record<string, ErrorCodeRule>;

/** A code of an `error` frame; the protocol has the table of what each means. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** The rule of a code, with the absent fields visible to the type checker. */
export function errorCodeRule(code: ErrorCode): ErrorCodeRule {
  return ERROR_CODES[code];
}

/** WebSocket close codes that are not the consequence of an error frame. */
export const CLOSE_CODES = {
  /** The client said it is done. */
  normal: 1000,
  /** The server drained this connection: connect again, to another server. */
  goingAway: 4001,
} as const;
