/**
 * Connections of a wedding for each person of its crew, by the time from the ceremony. Knots are 10 minutes apart
 * within an hour and a half of the ceremony, where the day begins, and 30 minutes elsewhere; between two of them the
 * profile is a straight line, outside it is 0.
 */
export interface PresenceProfile {
  /** One a knot, 0 to {@link MOST_PER_PERSON}. */
  shares: readonly number[];
}

const MS_A_MINUTE = 60_000;
const COARSE_MINUTES = 30;
const FINE_MINUTES = 10;
const FINE_UNTIL = 90;
const FIRST_MINUTE = -360;
const LAST_MINUTE = 720;
/** Two phones and a tablet: more is a fault of the measurement. */
const MOST_PER_PERSON = 3;

/** Minutes from the ceremony, rising. */
export const PROFILE_KNOTS: readonly number[] = [
  ...range(FIRST_MINUTE, -FINE_UNTIL, COARSE_MINUTES),
  ...range(-FINE_UNTIL, FINE_UNTIL, FINE_MINUTES),
  ...range(FINE_UNTIL, LAST_MINUTE + COARSE_MINUTES, COARSE_MINUTES),
];

/** Before and after these a wedding brings no load, in milliseconds from the ceremony. */
export const PROFILE_SPAN = {
  before: -FIRST_MINUTE * MS_A_MINUTE,
  after: LAST_MINUTE * MS_A_MINUTE,
} as const;

/**
 * The profile before any observation, chosen rather too high: set-up from five hours before with less
 * than half the crew, all live from an hour before until six hours after, then fewer until ten hours after. The
 * hours are those of published day plans (set-up from about 10:00, ceremony 14:00 to 16:30, end 22:00 to 01:00).
 */
export const PRIOR_PROFILE: PresenceProfile = { shares: PROFILE_KNOTS.map(priorShare) };

function priorShare(minute: number): number {
  if (minute < -300) return 0;
  if (minute < -70) return 0.4;
  if (minute <= 360) return 0.95;
  return Math.max(0, 0.95 * (1 - (minute - 360) / 240));
}

/** @param offsetMs time from the ceremony in milliseconds, negative before it */
export function shareAt({ shares }: PresenceProfile, offsetMs: number): number {
  const place = placeOf(offsetMs / MS_A_MINUTE);
  if (place === undefined) return 0;
  const [knot, part] = place;
  return (shares[knot] as number) * (1 - part) + (shares[knot + 1] ?? 0) * part;
}

/** The knot before a minute and the part of the way to the next; undefined outside of the profile. */
function placeOf(minute: number): [knot: number, part: number] | undefined {
  if (minute < FIRST_MINUTE || minute >= LAST_MINUTE) return undefined;
  if (minute < -FINE_UNTIL) return split((minute - FIRST_MINUTE) / COARSE_MINUTES, 0);
  if (minute < FINE_UNTIL) return split((minute + FINE_UNTIL) / FINE_MINUTES, FINE_START);
  return split((minute - FINE_UNTIL) / COARSE_MINUTES, LATE_START);
}

const FINE_START = (-FINE_UNTIL - FIRST_MINUTE) / COARSE_MINUTES;
const LATE_START = FINE_START + (2 * FINE_UNTIL) / FINE_MINUTES;

function split(steps: number, start: number): [number, number] {
  const whole = Math.floor(steps);
  return [start + whole, steps - whole];
}

/** One wedding as an observation sees it. */
export interface Attendance {
  people: number;
  /** Milliseconds from its ceremony. */
  offsetMs: number;
}

/** People at each knot: what the load would be if a knot's share were 1 and all others 0. */
export function peopleAtKnots(attendance: readonly Attendance[]): Float64Array {
  const people = new Float64Array(PROFILE_KNOTS.length);
  for (const { people: count, offsetMs } of attendance) {
    const place = placeOf(offsetMs / MS_A_MINUTE);
    if (place === undefined) continue;
    const [knot, part] = place;
    people[knot] = (people[knot] as number) + count * (1 - part);
    if (knot + 1 < people.length) people[knot + 1] = (people[knot + 1] as number) + count * part;
  }
  return people;
}

/** The profile with each share moved by so many connections for each person, for each of its people. */
export function movedProfile(
  { shares }: PresenceProfile,
  people: Float64Array,
  gain: number,
): PresenceProfile {
  return {
    shares: shares.map((share, knot) =>
      Math.min(MOST_PER_PERSON, Math.max(0, share + gain * (people[knot] as number))),
    ),
  };
}

function range(from: number, until: number, step: number): number[] {
  return Array.from({ length: (until - from) / step }, (_, index) => from + index * step);
}
