import type { ReconnectReason } from '../../api/protocol/member.ts';
import type { Role } from '../../api/protocol/roles.ts';

/** One connection of one person, as the function library keeps it. */
export interface Entry {
  readonly user: string;
  readonly body: EntryBody;
  /** The incarnation of the pod that holds the connection. */
  readonly pod: string;
  readonly state: 'present' | 'reconnecting';
  readonly reason?: ReconnectReason;
  readonly since: number;
  readonly updatedAt: number;
  /** Sequence number of the last change; orders the devices of one person. */
  readonly version: number;
  /** Since when the person is there, when that is longer than this connection. */
  readonly personSince?: number;
}

/** The data of a member, which Redis stores as opaque text. */
export interface EntryBody {
  readonly name?: string;
  readonly role: Role;
  readonly status?: string;
  readonly data?: unknown;
}

/** A change of `status` and `data`: what is left out stays, null removes. */
export interface BodyUpdate {
  readonly status?: string | null | undefined;
  readonly data?: unknown;
}

/** The body after an update. */
export function updatedBody(before: EntryBody, update: BodyUpdate): EntryBody {
  const { status = before.status, data = before.data } = update;
  return bodyOf(before, status, data);
}

/** The body of a member who shows this; null and undefined show nothing. */
export function bodyOf(
  { name, role }: Pick<EntryBody, 'name' | 'role'>,
  status: string | null | undefined,
  data: unknown,
): EntryBody {
  const body: { -readonly [K in keyof EntryBody]: EntryBody[K] } = { role };
  if (name !== undefined) body.name = name;
  if (status !== undefined && status !== null) body.status = status;
  if (data !== undefined && data !== null) body.data = data;
  return body;
}

/** The entry as the function library encodes it; see the letters in `PRESENCE_FUNCTIONS`. */
export interface StoredEntry {
  readonly u: string;
  readonly b: string;
  readonly p: string;
  readonly a: 'p' | 'r';
  readonly y?: string;
  readonly t: number;
  readonly s?: number;
  readonly w: number;
  readonly v: number;
  readonly g: number;
}

/** Equal bodies give equal texts: the function library compares texts to find updates that change nothing. */
export function encodeBody(body: EntryBody): string {
  return JSON.stringify({ name: body.name, role: body.role, status: body.status, data: body.data });
}

/** Whether two bodies have the same text; encodes only `data`, and only when all else is equal. */
export function isSameBody(one: EntryBody, other: EntryBody): boolean {
  if (one.status !== other.status || one.name !== other.name || one.role !== other.role) return false;
  return one.data === other.data || JSON.stringify(one.data) === JSON.stringify(other.data);
}

/**
 * Reads an entry of the library. Throws SyntaxError when the body is not JSON.
 *
 * @param pod the same text as the stored one, when the caller has it already
 * @param body the parsed body, when the caller has it already
 */
export function decodeEntry(
  stored: StoredEntry,
  pod = stored.p,
  body = JSON.parse(stored.b) as EntryBody,
): Entry {
  // The rare field is added last: in the middle, V8 would put all following fields into an array of their own.
  const entry: Entry = {
    user: stored.u,
    body,
    pod,
    state: stored.a === 'p' ? 'present' : 'reconnecting',
    since: stored.t,
    updatedAt: stored.w,
    version: stored.v,
  };
  if (stored.y === undefined && stored.s === undefined) return entry;
  return {
    ...entry,
    ...(stored.y === undefined ? {} : { reason: stored.y as ReconnectReason }),
    ...(stored.s === undefined ? {} : { personSince: stored.s }),
  };
}
