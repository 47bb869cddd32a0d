import * as z from 'zod';
import {
  MAX_CONNECTIONS_PER_WEDDING,
  MAX_STATUS_LENGTH,
  WEDDING_ID_PATTERN,
} from '../../api/protocol/limits.ts';
import { ROLES } from '../../api/protocol/roles.ts';
import type { ProvisionalState } from '../../domain/presence-state/provisional.ts';
import { presenceData } from '../frames/parse-message.ts';

/** A message from one pod to another: per wedding, everything that it wants and Redis has not acknowledged. */
export type PeerMessage = readonly { readonly wedding: string; readonly state: ProvisionalState }[];

/**
 * Larger content is sent in several messages; a receiver refuses a larger message. The largest wedding fits: 200
 * connections with 2 KiB of data and half of that for the rest.
 */
export const MAX_MESSAGE_BYTES = 1_048_576;
/** Weddings per message. */
const MAX_WEDDINGS = 4_096;
const MAX_NAME_LENGTH = 400;

const text = z.string().min(1).max(MAX_NAME_LENGTH);
const value = z.object({ connection: text, user: text, at: z.number() });
const entryBody = z.object({
  name: text.optional(),
  role: z.enum(ROLES),
  status: z.string().max(MAX_STATUS_LENGTH).optional(),
  data: presenceData,
});
const provisionalValue = z.discriminatedUnion('kind', [
  value.extend({
    kind: z.literal('present'),
    body: entryBody,
    joins: z.object({ replaces: text.optional() }).optional(),
  }),
  value.extend({
    kind: z.literal('reconnecting'),
    reason: z.enum(['closed', 'lost', 'drained', 'server_lost', 'expired']),
  }),
  value.extend({ kind: z.literal('gone') }),
]);
const message = z
  .array(
    z.object({
      wedding: z.string().regex(WEDDING_ID_PATTERN),
      state: z.object({
        epoch: text,
        seq: z.number().int().min(0),
        counter: z.number().int().min(0),
        values: z.array(provisionalValue).max(MAX_CONNECTIONS_PER_WEDDING),
      }),
    }),
  )
  .max(MAX_WEDDINGS);

/** Reads the message of a peer; undefined when it is invalid. */
export function parsePeerMessage(body: string): PeerMessage | undefined {
  try {
    return message.parse(JSON.parse(body)) as PeerMessage;
  } catch {
    return undefined;
  }
}

/** One text per message, each within the limit. A wedding that is too large by itself is left out. */
export function encodePeerMessages(all: PeerMessage): string[] {
  const messages: string[] = [];
  let part = '';
  for (const one of all) {
    const encoded = JSON.stringify(one);
    const bytes = Buffer.byteLength(encoded);
    if (bytes + 2 > MAX_MESSAGE_BYTES) continue;
    if (part !== '' && Buffer.byteLength(part) + bytes + 3 > MAX_MESSAGE_BYTES) {
      messages.push(`[${part}]`);
      part = '';
    }
    part = part === '' ? encoded : `${part},${encoded}`;
  }
  return part === '' ? messages : [...messages, `[${part}]`];
}
