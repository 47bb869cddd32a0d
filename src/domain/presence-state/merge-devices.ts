import type { Member } from '../../api/protocol/member.ts';
import type { Entry } from './entry.ts';

/**
 * The one member that the connections of a person make: present when any of them is, with status and data of the
 * one that was updated last, there since the first of them. Undefined without connections.
 */
export function mergeDevices(entries: readonly Entry[]): Member | undefined {
  const present = entries.filter((entry) => entry.state === 'present');
  const shown = latest(present.length > 0 ? present : entries);
  if (shown === undefined) return undefined;
  const { name, role, status, data } = shown.body;
  return {
    user: shown.user,
    ...(name === undefined ? {} : { name }),
    role,
    state: shown.state,
    ...(shown.state === 'reconnecting' && shown.reason !== undefined ? { reason: shown.reason } : {}),
    ...(status === undefined ? {} : { status }),
    ...(data === undefined ? {} : { data }),
    since: Math.min(...entries.map((entry) => entry.since)),
    updatedAt: shown.updatedAt,
    devices: present.length,
  };
}

function latest(entries: readonly Entry[]): Entry | undefined {
  return entries.reduce<Entry | undefined>(
    (best, entry) => (best === undefined || isLater(entry, best) ? entry : best),
    undefined,
  );
}

function isLater(a: Entry, b: Entry): boolean {
  return a.updatedAt === b.updatedAt ? a.version > b.version : a.updatedAt > b.updatedAt;
}
