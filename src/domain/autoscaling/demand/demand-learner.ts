import type { BookedLoad } from './booked-load.ts';
import { learnProfile, PRIOR_PROFILE, type PresenceProfile } from './presence-profile.ts';

/** What was learned of how weddings bring load; small enough to be written down. */
export interface DemandKnowledge {
  profile: PresenceProfile;
  /** Connections that are there while nobody is at a wedding. */
  elsewhere: number;
}

export const NO_KNOWLEDGE: DemandKnowledge = { profile: PRIOR_PROFILE, elsewhere: 0 };

/** Weight of the newest observation in the load without weddings: a memory of some hours. */
const ELSEWHERE_SMOOTHING = 0.02;

/** What is known after one more observation. Only while nobody is booked does the rest show itself alone. */
export function learnDemand(
  { profile, elsewhere }: DemandKnowledge,
  booked: BookedLoad,
  now: number,
  load: number,
): DemandKnowledge {
  const attendance = booked.attendance(now);
  if (attendance.length === 0) {
    return { profile, elsewhere: elsewhere + ELSEWHERE_SMOOTHING * (load - elsewhere) };
  }
  return { profile: learnProfile(profile, attendance, load - elsewhere), elsewhere };
}
