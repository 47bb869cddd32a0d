import type { Member } from '../../api/protocol/member.ts';
import type { SnapshotMessage } from '../../api/protocol/messages.ts';
import { ROLES, type Role } from '../../api/protocol/roles.ts';

/** The number of expected people per role who are not present; roles without missing people are left out. Pure. */
export function missingPeople(
  team: NonNullable<SnapshotMessage['team']>,
  members: readonly Member[],
): Partial<Record<Role, number>> {
  const present = members.filter(({ state }) => state === 'present');
  const missing = ROLES.map((role): [Role, number] => [
    role,
    (team[role] ?? 0) - present.filter((member) => member.role === role).length,
  ]);
  return Object.fromEntries(missing.filter(([, count]) => count > 0));
}
