import * as z from 'zod';
import type { ErrorCode } from '../api/protocol/codes.ts';
import {
  MAX_DATA_BYTES,
  MAX_REQUEST_ID_LENGTH,
  MAX_STATUS_LENGTH,
  WEDDING_ID_PATTERN,
} from '../api/protocol/limits.ts';
import type { ClientMessage } from '../api/protocol/messages.ts';

/** What a frame turned out to be. */
export type ParsedFrame =
  | { readonly kind: 'message'; readonly message: ClientMessage }
  | {
      readonly kind: 'refused';
      readonly code: Extract<ErrorCode, 'unknown_message' | 'invalid_message'>;
      readonly message: string;
    };

const id = z.string().min(1).max(MAX_REQUEST_ID_LENGTH).optional();
const wedding = z.string().regex(WEDDING_ID_PATTERN, 'is not the name of a wedding');
/** The `status` of a member, which may be left out. */
export const presenceStatus = z.string().max(MAX_STATUS_LENGTH).optional();
/** The `data` of a member, which may be left out. */
export const presenceData = z
  .unknown()
  .refine(
    (value) => value === undefined || Buffer.byteLength(JSON.stringify(value)) <= MAX_DATA_BYTES,
    `is larger than ${MAX_DATA_BYTES} bytes`,
  )
  .optional();

const schemas = {
  join: z.strictObject({
    type: z.literal('join'),
    id,
    wedding,
    status: presenceStatus,
    data: presenceData,
    resume: z.string().max(64).optional(),
    since: z.strictObject({ epoch: z.string().min(1).max(64), seq: z.int().min(0) }).optional(),
  }),
  update: z.strictObject({
    type: z.literal('update'),
    id,
    wedding,
    status: presenceStatus,
    data: presenceData,
  }),
  leave: z.strictObject({ type: z.literal('leave'), id, wedding }),
  snapshot: z.strictObject({ type: z.literal('snapshot'), id, wedding }),
  ping: z.strictObject({ type: z.literal('ping'), id }),
} as const satisfies Record<ClientMessage['type'], z.ZodType>;

/** Reads a text frame of a client. Never throws. */
export function parseMessage(text: string): ParsedFrame {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refused('invalid_message', 'the frame is not a JSON object');
  }
  const type = (value as { type?: unknown }).type;
  if (typeof type !== 'string') return refused('invalid_message', 'type: is missing');
  if (!Object.hasOwn(schemas, type))
    return refused('unknown_message', 'the type of the message is not known');
  const parsed = schemas[type as ClientMessage['type']].safeParse(value);
  if (parsed.success) return { kind: 'message', message: parsed.data as ClientMessage };
  const mistakes = parsed.error.issues.map((issue) => `${issue.path.join('.') || type}: ${issue.message}`);
  return refused('invalid_message', mistakes.join('; '));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refused(code: 'unknown_message' | 'invalid_message', message: string): ParsedFrame {
  return { kind: 'refused', code, message };
}
