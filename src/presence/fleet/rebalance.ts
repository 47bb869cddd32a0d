import type { Lane } from '../scheduling/lane.ts';

/** How many connections each server of the fleet has. */
export interface FleetLoad {
  readonly own: number;
  /** Of the servers that accept connections. */
  readonly others: readonly number[];
}

/** A connection that could be asked to move. */
export interface Movable {
  readonly lane: Lane;
  /** One of its weddings is in its ceremony, or close to it. */
  readonly quiet: boolean;
}

/** A smaller surplus is not worth a move; random balancing alone makes about the square root of the number. */
const TOLERATED_SHARE = 0.2;
const TOLERATED_CONNECTIONS = 10;
/** Moves go on until the surplus is below this, so that they do not stop and start. */
const SETTLED_SHARE = 0.1;

/** Connections that should move so that the fleet is balanced; 0 while it is balanced enough. Pure. */
export function surplus({ own, others }: FleetLoad, moving: boolean): number {
  if (others.length === 0) return 0;
  const mean = (own + others.reduce((sum, each) => sum + each, 0)) / (others.length + 1);
  const tolerated = moving ? mean * SETTLED_SHARE : Math.max(mean * TOLERATED_SHARE, TOLERATED_CONNECTIONS);
  return own - mean > tolerated ? Math.floor(own - mean - mean * SETTLED_SHARE) : 0;
}

/** The connections to ask first: lane 3, then 2, then 1; never a connection whose wedding is in its ceremony. Pure. */
export function chooseMoves<T extends Movable>(candidates: readonly T[], count: number): T[] {
  return candidates
    .filter(({ quiet }) => !quiet)
    .toSorted((a, b) => b.lane - a.lane)
    .slice(0, Math.max(0, count));
}
