import type { Lane } from '../scheduling/lane.ts';

/** How many connections each server of the fleet has. */
export interface FleetLoad {
  readonly own: number;
  /** Of those that take connections. */
  readonly others: readonly number[];
}

/** A connection that could be asked to go. */
export interface Movable {
  readonly lane: Lane;
  /** A wedding of it is in its ceremony, or close to it. */
  readonly quiet: boolean;
}

/** Below this surplus a move is not worth it; random balancing alone makes about the square root of the number. */
const TOLERATED_SHARE = 0.2;
const TOLERATED_CONNECTIONS = 10;
/** Moves go on until this little is left, so that it does not stop and go. */
const SETTLED_SHARE = 0.1;

/** Connections that should leave this server so that the fleet is even again; 0 while it is even enough. Pure. */
export function surplus({ own, others }: FleetLoad, moving: boolean): number {
  if (others.length === 0) return 0;
  const mean = (own + others.reduce((sum, each) => sum + each, 0)) / (others.length + 1);
  const tolerated = moving ? mean * SETTLED_SHARE : Math.max(mean * TOLERATED_SHARE, TOLERATED_CONNECTIONS);
  return own - mean > tolerated ? Math.floor(own - mean - mean * SETTLED_SHARE) : 0;
}

/** Those to be asked first: never of a wedding in its ceremony, others before lanes 2 and 1. Pure. */
export function chooseMoves<T extends Movable>(candidates: readonly T[], count: number): T[] {
  return candidates
    .filter(({ quiet }) => !quiet)
    .toSorted((a, b) => b.lane - a.lane)
    .slice(0, Math.max(0, count));
}
