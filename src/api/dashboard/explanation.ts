import type { FreezeSpan, NextChangeRow } from './fleet.ts';

/** A number of pods and where it comes from. */
export interface CandidateRow {
  source: string;
  replicas: number;
  /** The arithmetic. */
  because: string;
}

/** Why there should be so many presence pods at an instant: what `kubectl presence explain -o json` prints, as far as a page shows it. */
export interface Explanation {
  at: string;
  timeZone: string;
  desired: number;
  floor: number;
  winner: string;
  because: string;
  candidates: CandidateRow[];
  clamps: { by: string; from: number; to: number }[];
  activeWeddings: number;
  people: number;
  /** Present: a freeze is on at that time. */
  freeze?: FreezeSpan;
  nextChange?: NextChangeRow;
}
