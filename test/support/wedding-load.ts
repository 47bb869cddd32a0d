import type { LoadTrace } from '../../src/domain/autoscaling/backtest/load-trace.ts';
import type { Booking } from '../../src/domain/autoscaling/demand/booking.ts';

/** Weddings of one country: how many, when in the year and the week, and in which zone. */
export interface WeddingRegion {
  timeZone: string;
  weddingsPerYear: number;
  /** January first; only the proportions count. */
  months: readonly number[];
  /** Monday first; only the proportions count. */
  weekdays: readonly number[];
}

export interface WeddingLoadOptions {
  seed: number;
  /** `YYYY-MM-DD`, included. */
  firstDay: string;
  days: number;
  regions: readonly WeddingRegion[];
  /** Standard deviation of the minutes between plan and ceremony. */
  shiftMinutes: number;
  /** Times that nobody planned at which many people come at once, in days after the start. */
  surges: readonly { day: number; people: number; minutes: number }[];
}

const STEP_SECONDS = 300;
const SECONDS_AN_HOUR = 3600;
const HOURS_BEFORE = 5;
const HOURS_AFTER = 10;
const SILENTLY_CANCELLED = 0.03;
const ACTIVITY_SPREAD = 0.15;
/** Share of a crew that looks in on an evening in the last three months before the wedding. */
const PLANNING_SHARE = 0.002;
const PLANNING_DAYS = 90;

/**
 * Connections of wedding crews over time, made up: weddings by month and weekday tables, ceremonies in the afternoon,
 * crews of 10 to 50, and a share of the crew online that depends on the hours from the ceremony, with a step an hour
 * before it, when everybody goes live. The same options give the same load.
 */
export function weddingLoad(options: WeddingLoadOptions): LoadTrace {
  return weddingLoadAndBookings(options).trace;
}

/** Share of weddings that nobody books, and how far off the booked size of a crew is. */
const UNBOOKED = 0.04;
const TEAM_ERROR = 0.15;

/**
 * The same with what was booked, on the clock of the trace: the planned ceremony, and a crew that is roughly right. Some
 * weddings are not booked, and those that are cancelled silently are. The load is the one of {@link weddingLoad}.
 */
export function weddingLoadAndBookings(options: WeddingLoadOptions): {
  trace: LoadTrace;
  bookings: Booking[];
} {
  const random = pseudoRandom(options.seed);
  // Of its own, so that booking changes nothing in the load.
  const booking = pseudoRandom(options.seed + 1_000_003);
  const bookings: Booking[] = [];
  const first = Temporal.PlainDate.from(options.firstDay);
  const clock = options.regions.length === 1 ? (options.regions[0] as WeddingRegion).timeZone : 'UTC';
  const start = first.toZonedDateTime(clock);
  const startSeconds = start.epochMilliseconds / 1000;
  // One region: the clock on its walls, which is what a calendar of that region is written in.
  const clockStart = startSeconds + start.offsetNanoseconds / 1e9;
  const values = new Float64Array((options.days * 86_400) / STEP_SECONDS);
  for (const region of options.regions) {
    for (let day = -1; day < options.days + PLANNING_DAYS; day += 1) {
      const date = first.add({ days: day });
      for (let left = poisson(weddingsOn(region, date), random); left > 0; left -= 1) {
        const planned = addWedding(values, startSeconds, region.timeZone, date, options.shiftMinutes, random);
        const people = Math.max(1, Math.round(planned.team * (1 + TEAM_ERROR * normal(booking))));
        if (booking() < UNBOOKED) continue;
        const ceremony = (clockStart + planned.seconds) * 1000;
        const ends = ceremony + HOURS_AFTER * SECONDS_AN_HOUR * 1000;
        bookings.push({ id: `w${bookings.length}`, ceremony, ends, people });
      }
    }
  }
  for (const surge of options.surges) addSurge(values, surge);
  return { trace: { startSeconds: clockStart, stepSeconds: STEP_SECONDS, values }, bookings };
}

function weddingsOn({ weddingsPerYear, months, weekdays }: WeddingRegion, date: Temporal.PlainDate): number {
  const share = (table: readonly number[], place: number): number =>
    ((table[place] as number) * table.length) / table.reduce((sum, value) => sum + value, 0);
  return (weddingsPerYear / 365) * share(months, date.month - 1) * share(weekdays, date.dayOfWeek - 1);
}

function addWedding(
  values: Float64Array,
  startSeconds: number,
  timeZone: string,
  date: Temporal.PlainDate,
  shiftMinutes: number,
  random: () => number,
): { seconds: number; team: number } {
  const halfHours = Math.round((15.5 + normal(random)) * 2);
  const planned = date.toZonedDateTime({ timeZone, plainTime: '00:00' }).add({ minutes: halfHours * 30 });
  const shift = shiftMinutes * normal(random) * 60;
  const ceremony = planned.epochMilliseconds / 1000 - startSeconds + shift;
  const team = Math.round(10 + 40 * thirdOfNine(random));
  const activity = Math.exp(ACTIVITY_SPREAD * normal(random)) * (random() < SILENTLY_CANCELLED ? 0 : 1);
  const from = Math.max(0, Math.ceil((ceremony - HOURS_BEFORE * SECONDS_AN_HOUR) / STEP_SECONDS));
  const until = Math.min(values.length, (ceremony + HOURS_AFTER * SECONDS_AN_HOUR) / STEP_SECONDS);
  for (let step = from; step < until; step += 1) {
    const hours = (step * STEP_SECONDS - ceremony) / SECONDS_AN_HOUR;
    values[step] = (values[step] as number) + team * Math.min(1, activity * shareOnline(hours));
  }
  addPlanning(values, ceremony, team);
  return { seconds: planned.epochMilliseconds / 1000 - startSeconds, team };
}

/** Share of a crew that is online, by hours from the ceremony. */
function shareOnline(hours: number): number {
  if (hours < -1) return 0.1 + (0.3 * (hours + HOURS_BEFORE)) / (HOURS_BEFORE - 1);
  if (hours < 0) return 0.8;
  if (hours < 0.75) return 0.6;
  if (hours < 6) return 0.9 + 0.07 * Math.sin((Math.PI * (hours - 0.75)) / 5.25);
  return 0.9 * (1 - (hours - 6) / (HOURS_AFTER - 6));
}

/** Crews plan in the evenings of the last three months, around five hours after the later ceremony's time of day. */
function addPlanning(values: Float64Array, ceremony: number, team: number): void {
  for (let day = 1; day <= PLANNING_DAYS; day += 1) {
    const middle = ceremony + 5 * SECONDS_AN_HOUR - day * 86_400;
    const from = Math.max(0, Math.ceil((middle - 2 * SECONDS_AN_HOUR) / STEP_SECONDS));
    const until = Math.min(values.length, (middle + 2 * SECONDS_AN_HOUR) / STEP_SECONDS);
    for (let step = from; step < until; step += 1)
      values[step] = (values[step] as number) + team * PLANNING_SHARE;
  }
}

function addSurge(
  values: Float64Array,
  { day, people, minutes }: WeddingLoadOptions['surges'][number],
): void {
  const from = Math.round((day * 86_400) / STEP_SECONDS);
  const until = Math.min(values.length, from + Math.round((minutes * 60) / STEP_SECONDS));
  for (let step = from; step < until; step += 1) values[step] = (values[step] as number) + people;
}

/** A linear congruential generator: chance that is the same on every machine. */
function pseudoRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** The third smallest of nine numbers of chance: Beta(3, 7), mean 0.3. */
function thirdOfNine(random: () => number): number {
  return Array.from({ length: 9 }, random).sort((a, b) => a - b)[2] as number;
}

function poisson(mean: number, random: () => number): number {
  // Above this the exponential is too small to work with, and the normal distribution is close enough.
  if (mean > 100) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > limit; product *= random()) count += 1;
  return count;
}
