import type { Role } from '../../api/protocol/roles.ts';

/**
 * How long a person without a connection is shown as reconnecting before the leave. Photographers and videographers
 * walk through stone churches; a minute-long gap is still shorter than a ceremony.
 */
export const GRACE_MS: Readonly<Record<Role, number>> = {
  photographer: 30_000,
  videographer: 30_000,
  venue: 20_000,
  catering: 20_000,
  planner: 20_000,
  other: 10_000,
};
