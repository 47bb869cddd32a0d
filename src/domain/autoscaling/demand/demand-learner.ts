import type { BookedLoad } from './booked-load.ts';
import { movedProfile, PRIOR_PROFILE, type PresenceProfile, peopleAtKnots } from './presence-profile.ts';

/** The learned load per person at a wedding; small enough to be stored. */
export interface DemandKnowledge {
  profile: PresenceProfile;
  /** Connections of people who are at no wedding (they plan one), by hour of the day in UTC. */
  elsewhere: readonly number[];
  /** Sum of the squares of the people at each knot, as it usually is. */
  power: number;
}

const HOUR_MS = 3_600_000;
export const HOURS_A_DAY = 24;

export const NO_KNOWLEDGE: DemandKnowledge = {
  profile: PRIOR_PROFILE,
  elsewhere: Array.from({ length: HOURS_A_DAY }, () => 0),
  power: 0,
};

/** How much of an error one observation corrects: a handful of weddings teach a knot. */
const LEARNING_RATE = 0.05;
/** People squared; with hardly any booking an error teaches nothing of the profile. */
const LEAST_POWER = 100;
/** Weight of the newest observation in the usual power: a memory of about a week, busy and quiet days. */
const POWER_SMOOTHING = 0.0005;
/**
 * How strongly the load of no wedding takes part in an error, as a share of the usual power: on a busy Saturday it is the
 * profile that learns, on a quiet Tuesday, when a handful of people are at weddings, it is the rest. Without it the profile
 * swallows what has nothing to do with weddings, and multiplies it on the next Saturday.
 */
const ELSEWHERE_POWER = 0.2;

/** Connections that belong to no wedding. */
export function elsewhereAt({ elsewhere }: Pick<DemandKnowledge, 'elsewhere'>, now: number): number {
  return elsewhere[hourOf(now)] as number;
}

/**
 * Updates the knowledge by one observation of the load: normalised least mean squares. The error is shared out among the
 * knots that the weddings are at, by how many people are at each, and the load of no wedding at this hour; the result does
 * not depend on the order of the weddings.
 */
export function learnDemand(
  { profile, elsewhere, power: usual }: DemandKnowledge,
  booked: BookedLoad,
  now: number,
  load: number,
): DemandKnowledge {
  const people = peopleAtKnots(booked.attendance(now));
  const hour = hourOf(now);
  let expected = elsewhere[hour] as number;
  let power = 0;
  for (const [knot, count] of people.entries()) {
    expected += count * (profile.shares[knot] as number);
    power += count * count;
  }
  const usualPower = usual + POWER_SMOOTHING * (power - usual);
  const elsewherePower = Math.max(LEAST_POWER, ELSEWHERE_POWER * usualPower);
  const gain = (LEARNING_RATE * (load - expected)) / (power + elsewherePower + LEAST_POWER);
  return {
    profile: power === 0 ? profile : movedProfile(profile, people, gain),
    elsewhere: elsewhere.with(hour, Math.max(0, (elsewhere[hour] as number) + gain * elsewherePower)),
    power: usualPower,
  };
}

function hourOf(now: number): number {
  const hour = Math.floor(now / HOUR_MS) % HOURS_A_DAY;
  return hour < 0 ? hour + HOURS_A_DAY : hour;
}
