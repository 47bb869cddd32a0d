export type { ErrorCode } from '../api/protocol/codes.ts';
export {
  MAX_DATA_BYTES,
  MAX_DATA_DEPTH,
  MAX_STATUS_LENGTH,
  MAX_WEDDINGS_PER_CONNECTION,
  WEDDING_ID_PATTERN,
} from '../api/protocol/limits.ts';
export type { LeaveReason, Member, ReconnectReason } from '../api/protocol/member.ts';
export type { ExpectedTeam, MemberChange, ProvisionalMessage } from '../api/protocol/messages.ts';
export type { Role } from '../api/protocol/roles.ts';
export type { PresenceClientOptions } from './client-options.ts';
export type { ClientSnapshot, ConnectionState } from './connection-state.ts';
export type { JoinedWedding, WeddingHandlers } from './joined-wedding.ts';
export { type PersonEvent, personEvents } from './person-events.ts';
export type { Presence } from './presence.ts';
export { PresenceClient } from './presence-client.ts';
export { type ClientErrorCode, PresenceError } from './presence-error.ts';
export { presenceProblem } from './presence-problem.ts';
export type { WebSocketClass, WebSocketLike } from './web-socket-like.ts';
export type { WeddingSnapshot } from './wedding-snapshot.ts';
