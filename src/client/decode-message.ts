import { changeOf, memberOf } from '../api/protocol/lean-member.ts';
import type { ServerMessage } from '../api/protocol/messages.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Reads a frame of a server; lean members become whole ones. @throws SyntaxError when it is not JSON */
export function decodeMessage(text: string): ServerMessage {
  const message = JSON.parse(text) as Writable<ServerMessage>;
  if (message.type === 'snapshot') message.members = message.members.map(memberOf);
  if (message.type === 'diff' || message.type === 'provisional')
    message.changes = message.changes.map(changeOf);
  return message;
}
