/** Events of one objective: those that failed, of all that there were. */
export interface Count {
  readonly failed: number;
  readonly total: number;
}

/** Events of both objectives. */
export interface Tally {
  readonly updates: Count;
  readonly joins: Count;
}

/** The names of the objectives, in the order in which they are shown. */
export const OBJECTIVES = ['updates', 'joins'] as const;
export type Objective = (typeof OBJECTIVES)[number];

export const NOTHING: Tally = { updates: { failed: 0, total: 0 }, joins: { failed: 0, total: 0 } };

export function plus(one: Tally, other: Tally): Tally {
  const sum = (a: Count, b: Count): Count => ({ failed: a.failed + b.failed, total: a.total + b.total });
  return { updates: sum(one.updates, other.updates), joins: sum(one.joins, other.joins) };
}
