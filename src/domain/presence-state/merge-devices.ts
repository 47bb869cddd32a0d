import type { Member } from '../../api/protocol/member.ts';
import type { Entry } from './entry.ts';

/**
 * Merges the connections of a person into one member: present when any of them is, with status and data of the one that
 * was updated last, `since` of the earliest (also of one that has ended meanwhile). One that reconnects counts until its grace
 * is over: otherwise others would see an older status for as long as a phone is in a tunnel. Undefined without connections.
 */
export function mergeDevices(entries: readonly Entry[]): Member | undefined {
  const devices = entries.filter((entry) => entry.state === 'present').length;
  const shown = latest(entries);
  if (shown === undefined) return undefined;
  const { name, role, status, data } = shown.body;
  const member: Writable<Member> = {
    user: shown.user,
    role,
    state: devices > 0 ? 'present' : 'reconnecting',
    since: entries.reduce(
      (least, { since, personSince }) => Math.min(least, personSince ?? since),
      shown.since,
    ),
    updatedAt: shown.updatedAt,
    devices,
  };
  if (name !== undefined) member.name = name;
  if (devices === 0 && shown.reason !== undefined) member.reason = shown.reason;
  if (status !== undefined) member.status = status;
  if (data !== undefined) member.data = data;
  return member;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function latest(entries: readonly Entry[]): Entry | undefined {
  return entries.reduce<Entry | undefined>(
    (best, entry) => (best === undefined || isLater(entry, best) ? entry : best),
    undefined,
  );
}

function isLater(a: Entry, b: Entry): boolean {
  return a.updatedAt === b.updatedAt ? a.version > b.version : a.updatedAt > b.updatedAt;
}
