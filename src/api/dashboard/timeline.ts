/** From `at` on the plan wants so many pods. */
export interface PlannedStep {
  at: string;
  pods: number;
  floor: number;
  because: string;
}

/** Pods and connections that there were, at one time. */
export interface RecordedStep {
  at: string;
  pods?: number;
  connections?: number;
}

export type BandKind = 'Peak' | 'Wedding' | 'Freeze' | 'Override';

/** A span of time with a meaning. */
export interface Band {
  kind: BandKind;
  from: string;
  until: string;
  label: string;
}

/** Pods behind and ahead, with what explains them. */
export interface Timeline {
  from: string;
  until: string;
  /** Without gaps: each step holds until the next. */
  planned: PlannedStep[];
  /** Oldest first. */
  recorded: RecordedStep[];
  bands: Band[];
  /** Bands that are not in the list because there are too many. */
  notShown: number;
}
