import { ROLES, type Role } from './roles.ts';

/** People a wedding's crew may have; 10 to 50 is usual. */
export const MAX_TEAM_SIZE = 50;

export type Team = { [R in Role]?: number | undefined };

export function teamSize(team: Team): number {
  return ROLES.reduce((sum, role) => sum + (team[role] ?? 0), 0);
}
