/** The roles of a wedding crew. */
export const ROLES = ['photographer', 'videographer', 'venue', 'catering', 'planner', 'other'] as const;

/** One of {@link ROLES}. */
export type Role = (typeof ROLES)[number];
