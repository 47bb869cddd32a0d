import type { Member, ReconnectReason } from './member.ts';
import type { MemberChange } from './messages.ts';
import type { Role } from './roles.ts';

/** What a lean member says only when it is not the usual: present on one device, and not changed since it came. */
export interface LeanRest {
  readonly name?: string;
  readonly state?: 'reconnecting';
  readonly reason?: ReconnectReason;
  readonly status?: string;
  readonly data?: unknown;
  readonly updatedAt?: number;
  readonly devices?: number;
}

/** A member in a third of the bytes: user, role, since, and what is not the usual. */
export type LeanMember =
  | readonly [user: string, role: Role, since: number]
  | readonly [user: string, role: Role, since: number, rest: LeanRest];

/** A change for a client that asked for lean members: a `set` is the lean member itself. */
export type LeanChange = LeanMember | Extract<MemberChange, { readonly op: 'leave' }>;

const usualDevices = (state: Member['state']): number => (state === 'present' ? 1 : 0);

/** The lean form; {@link memberOfLean} gives back an equal member. */
export function leanMember(member: Member): LeanMember {
  const { user, role, since, state, updatedAt, devices, name, reason, status, data } = member;
  const rest: { -readonly [K in keyof LeanRest]: LeanRest[K] } = {};
  if (name !== undefined) rest.name = name;
  if (state !== 'present') rest.state = state;
  if (reason !== undefined) rest.reason = reason;
  if (status !== undefined) rest.status = status;
  if (data !== undefined) rest.data = data;
  if (updatedAt !== since) rest.updatedAt = updatedAt;
  if (devices !== usualDevices(state)) rest.devices = devices;
  return Object.keys(rest).length === 0 ? [user, role, since] : [user, role, since, rest];
}

export function memberOfLean([user, role, since, rest = {}]: LeanMember): Member {
  const state = rest.state ?? 'present';
  return { user, role, since, state, updatedAt: since, devices: usualDevices(state), ...rest };
}

export function leanChange(change: MemberChange): LeanChange {
  return change.op === 'set' ? leanMember(change.member) : change;
}

/** Reads a change in either form. */
export function changeOf(change: MemberChange | LeanChange): MemberChange {
  return isLean(change) ? { op: 'set', member: memberOfLean(change) } : change;
}

/** Reads a member in either form. */
export function memberOf(member: Member | LeanMember): Member {
  return isLean(member) ? memberOfLean(member) : member;
}

function isLean(value: object): value is LeanMember {
  return Array.isArray(value);
}
