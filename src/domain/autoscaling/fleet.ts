import type { Demand } from './demand.ts';
import type { DemandSize, HoldFloor } from './demand-size.ts';

/** Where a number of pods comes from. */
export type CandidateSource =
  | 'Calendar'
  | 'Minimum'
  | 'Current'
  | 'Manual'
  | 'Forecast'
  | 'Observed'
  | 'Reserve'
  | 'Hold';

export interface Candidate {
  source: CandidateSource;
  replicas: number;
  /** The arithmetic, in words. */
  because: string;
}

export interface Clamp {
  by: 'minReplicas' | 'maxReplicas' | 'budgetReplicas';
  from: number;
  to: number;
}

/** The number of pods at one time of the calendar, and where it comes from. */
export interface FleetSize {
  /** ceil(baseline × season × peak), clamped to [minReplicas, maxReplicas]. */
  floor: number;
  /** What there should be. */
  desired: number;
  /** What to write to the workload; undefined when the mode leaves the number alone. */
  write: number | undefined;
  winner: CandidateSource;
  candidates: Candidate[];
  clamps: Clamp[];
  because: string;
  /** Set in the modes that look at the load, when it was looked at. */
  demand?: DemandSize;
}

/** What the number of pods depends on beside spec and calendar. */
export interface FleetContext {
  /** Pods there are now, when known; ScaleOutOnly never goes below it. */
  current?: number | undefined;
  /** Forecast, bookings and reported load; without it the modes that use it follow the calendar. */
  demand?: Demand | undefined;
  /** A number that a request asks for, for a time. Mode Off ignores it. */
  holdFloor?: HoldFloor | undefined;
}

/** When the number changes next. */
export interface NextChange {
  at: Date;
  /** Pods from then on. */
  expect: number;
  because: string;
}
