import * as z from 'zod';
import type { ErrorCode } from '../../api/protocol/codes.ts';
import { MAX_REQUEST_ID_LENGTH, MAX_STATUS_LENGTH, WEDDING_ID_PATTERN } from '../../api/protocol/limits.ts';
import type { ClientMessage, ErrorMessage, UpdateMessage } from '../../api/protocol/messages.ts';
import { HALF_A_PAIR, isWholeText } from '../../api/protocol/whole-text.ts';
import { dataProblem, isPlainText } from './data-limits.ts';

/** The result of reading a frame. */
export type ParsedFrame =
  | { readonly kind: 'message'; readonly message: ClientMessage }
  | {
      readonly kind: 'refused';
      readonly code: RefusalCode;
      readonly message: string;
      /** The known fields of the request, so that its client need not wait for an answer. */
      readonly about: Pick<ErrorMessage, 'id' | 'wedding'>;
    };

type RefusalCode = Extract<ErrorCode, 'malformed_frame' | 'unknown_message' | 'invalid_message'>;

const id = z.string().min(1).max(MAX_REQUEST_ID_LENGTH).optional();
const wedding = z.string().regex(WEDDING_ID_PATTERN, 'is not the name of a wedding');
/** The `status` of a member: left out, null (none), or a text. */
export const presenceStatus = z
  .string()
  .max(MAX_STATUS_LENGTH)
  .refine(isWholeText, HALF_A_PAIR)
  .nullable()
  .optional();
/** The `data` of a member, which may be left out; null is none. */
export const presenceData = z
  .unknown()
  .superRefine((data, context) => {
    const problem = dataProblem(data);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  })
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
    return refused('malformed_frame', 'the frame is not a JSON object');
  }
  if (isPlainUpdate(value, text)) return { kind: 'message', message: value };
  const type = (value as { type?: unknown }).type;
  if (typeof type !== 'string') return refused('invalid_message', 'type: is missing', value);
  if (!Object.hasOwn(schemas, type))
    return refused('unknown_message', 'the type of the message is not known', value);
  const parsed = schemas[type as ClientMessage['type']].safeParse(value);
  if (parsed.success) return { kind: 'message', message: parsed.data as ClientMessage };
  const mistakes = parsed.error.issues.map((issue) => `${issue.path.join('.') || type}: ${issue.message}`);
  return refused('invalid_message', mistakes.join('; '), value);
}

/**
 * Nearly every message is an update, so updates are checked by hand first, at a tenth of the cost of the schema. Only
 * clearly valid updates are accepted here; the schema decides on all others, and names the mistakes.
 */
function isPlainUpdate(value: object, text: string): value is UpdateMessage {
  const message = value as Partial<Record<keyof UpdateMessage, unknown>>;
  if (message.type !== 'update' || Object.keys(value).some((key) => !UPDATE_FIELDS.has(key))) return false;
  return (
    (message.id === undefined || isText(message.id, 1, MAX_REQUEST_ID_LENGTH)) &&
    (message.status === undefined || isShownText(message.status)) &&
    typeof message.wedding === 'string' &&
    WEDDING_ID_PATTERN.test(message.wedding) &&
    (message.data === undefined || isPlainText(text) || dataProblem(message.data) === undefined)
  );
}
const UPDATE_FIELDS: ReadonlySet<string> = new Set(Object.keys(schemas.update.shape));

function isShownText(value: unknown): boolean {
  return isText(value, 0, MAX_STATUS_LENGTH) && isWholeText(value);
}

function isText(value: unknown, least: number, most: number): value is string {
  return typeof value === 'string' && value.length >= least && value.length <= most;
}

/** The request id and wedding of a frame that is not handled, so that its client gets an answer. Never throws. */
export function requestOf(text: string): Pick<ErrorMessage, 'id' | 'wedding'> {
  return aboutOf(parseJson(text));
}

function aboutOf(value: unknown): Pick<ErrorMessage, 'id' | 'wedding'> {
  if (typeof value !== 'object' || value === null) return {};
  const { id: itsId, wedding: itsWedding } = value as { id?: unknown; wedding?: unknown };
  const about = { id: id.safeParse(itsId).data, wedding: wedding.safeParse(itsWedding).data };
  return {
    ...(about.id === undefined ? {} : { id: about.id }),
    ...(about.wedding === undefined ? {} : { wedding: about.wedding }),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refused(code: RefusalCode, message: string, value?: object): ParsedFrame {
  return { kind: 'refused', code, message, about: aboutOf(value) };
}
