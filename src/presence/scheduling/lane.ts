import type { Role } from '../../api/protocol/roles.ts';

/** Priority under pressure: 1 before 2 before 3; no lane starves. */
export type Lane = 1 | 2 | 3;

export const LANES: readonly Lane[] = [1, 2, 3];

const LANE_OF: Readonly<Record<Role, Lane>> = {
  photographer: 1,
  videographer: 1,
  venue: 2,
  catering: 2,
  planner: 2,
  other: 3,
};

/** An unknown role (an entry of a newer server) gets lane 3. */
export function laneOf(role: Role): Lane {
  return LANE_OF[role] ?? 3;
}
