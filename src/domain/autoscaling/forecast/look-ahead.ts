/** The times that pass between a change of the load and a pod that serves it. */
export interface LeadTimes {
  startupSeconds: number;
  lagSeconds: number;
  /** Between two decisions. */
  tickSeconds: number;
}

/** Start-up times vary; a pod that is late by this much is still in time. */
const MARGIN_SECONDS = 60;
/** Pods are kept that are needed again within this time: removing them would disconnect people twice. */
export const HOLD_SECONDS = 1800;

/** Steps after the last known one that a decision looks at. */
export interface LookAhead {
  /** Until a pod would be ready that the next decision asks for. A shorter look-ahead sees a rise when it is too late. */
  lead: number;
  /** Until the end of the time for which pods are kept, at least `lead`. */
  hold: number;
}

/** From a change of the load until a pod serves that the next decision asks for. */
export function leadSeconds({ startupSeconds, tickSeconds }: Omit<LeadTimes, 'lagSeconds'>): number {
  return startupSeconds + tickSeconds + MARGIN_SECONDS;
}

/** @param ageSeconds time since the last known step */
export function lookAhead(lead: LeadTimes, ageSeconds: number, stepSeconds: number): LookAhead {
  const seconds = leadSeconds(lead);
  return {
    lead: Math.max(1, Math.ceil((ageSeconds + seconds) / stepSeconds)),
    hold: Math.max(1, Math.ceil((ageSeconds + Math.max(seconds, HOLD_SECONDS)) / stepSeconds)),
  };
}

/** The most steps that {@link lookAhead} can give: the last known step is never older than the lag and a step. */
export function mostSteps(lead: LeadTimes, stepSeconds: number): number {
  return lookAhead(lead, lead.lagSeconds + stepSeconds, stepSeconds).hold;
}
