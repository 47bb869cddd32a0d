/** The path of the WebSocket. The version of the protocol is part of it. */
export const PRESENCE_PATH = '/v1/presence';

/** The version that `welcome` names. It grows only with changes that an older client could not read. */
export const PROTOCOL_VERSION = 1;

/** Bytes of the largest frame that a client may send. A presence update is some hundred bytes. */
export const MAX_FRAME_BYTES = 16_384;

/** Characters of a `status`. */
export const MAX_STATUS_LENGTH = 64;

/** Bytes of the JSON text of `data`; every member of a wedding carries one, and every snapshot all of them. */
export const MAX_DATA_BYTES = 2_048;

/** Levels of arrays and objects in `data`. Parsers of other languages stop at 64 or 128. */
export const MAX_DATA_DEPTH = 16;

/** Characters of a request id. */
export const MAX_REQUEST_ID_LENGTH = 64;

/** Weddings that one connection may join at a time. */
export const MAX_WEDDINGS_PER_CONNECTION = 16;

/** The name of a wedding: it is part of Redis keys and of paths, so no braces and no slashes. */
export const WEDDING_ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;

/** The WebSocket subprotocol, the only one that a server selects. */
export const SUBPROTOCOL = 'presence.v1';

/** Prefix of a second offered subprotocol that carries the token, which keeps it out of the URL. */
export const TOKEN_SUBPROTOCOL_PREFIX = 'bearer.';

/** Connections of a wedding: 50 people with two devices each, and room for those that reconnect. */
export const MAX_CONNECTIONS_PER_WEDDING = 200;

/** Connections that one person may have, in a wedding and on a server, unless configured otherwise. */
export const MAX_CONNECTIONS_PER_PERSON = 10;

/** Bytes of the request line and headers of one request: a token with 512 weddings named by UUIDs fits (27 kB). */
export const MAX_REQUEST_HEAD_BYTES = 32_768;

/** The query parameter of the WebSocket with which a client asks for lean members (lean-member.ts). */
export const LEAN_PARAMETER = 'members';
export const LEAN_VALUE = 'lean';

/** Messages a second that one connection may send for long, and how many at once after a silence. */
export const MESSAGES_PER_SECOND = 20;
export const MESSAGE_BURST = 60;

/** Weddings that one request over HTTP may ask for. */
export const MAX_WEDDINGS_PER_REQUEST = 100;

/** People of one wedding who may be removed from it at a time. */
export const MAX_REMOVALS_PER_WEDDING = 256;

/** People whose presence one request over HTTP may set. */
export const MAX_UPDATES_PER_REQUEST = 50;
