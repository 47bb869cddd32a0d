import { forecastPolicy } from '../../../src/domain/autoscaling/backtest/forecast-policy.ts';
import {
  fittedBaseline,
  multipliersPolicy,
} from '../../../src/domain/autoscaling/backtest/multipliers-policy.ts';
import type { NamedPolicy } from '../../../src/domain/autoscaling/backtest/policy-setting.ts';
import type { ReplicaPolicy } from '../../../src/domain/autoscaling/backtest/simulate-policy.ts';
import type { Booking } from '../../../src/domain/autoscaling/demand/booking.ts';
import { type BenchTrace, ENGLISH_WEDDINGS, scaledWeddings } from './traces.ts';

/** Something that goes wrong, on the made-up English weddings. */
export interface StressCase {
  bench: BenchTrace;
  /** In place of mode Full without and with bookings, and more policies. */
  policies?: readonly NamedPolicy[];
  /** What happens to a policy while it runs. */
  disturb: (policy: () => ReplicaPolicy) => ReplicaPolicy;
}

const SECONDS_A_DAY = 86_400;
const STEP_SECONDS = 300;
const undisturbed: StressCase['disturb'] = (create) => create();

/** The busiest step of the scored days, in seconds after the start. */
function busiest({ trace, trainDays }: BenchTrace): number {
  const from = (trainDays * SECONDS_A_DAY) / STEP_SECONDS;
  const scored = trace.values.subarray(from);
  return (from + scored.indexOf(Math.max(...scored))) * STEP_SECONDS;
}

/** The steepest half hour of the scored days: its first step, in seconds after the start. */
function steepest({ trace, trainDays }: BenchTrace): number {
  const steps = 1800 / STEP_SECONDS;
  let best = (trainDays * SECONDS_A_DAY) / STEP_SECONDS;
  const rise = (step: number): number =>
    (trace.values[step + steps] as number) - (trace.values[step] as number);
  for (let step = best; step + steps < trace.values.length; step += 1)
    if (rise(step) > rise(best)) best = step;
  return best * STEP_SECONDS;
}

/** Each is the undisturbed load or its bookings with one thing changed, at a place that was fixed beforehand. */
export function stressCases(): StressCase[] {
  const plain = scaledWeddings('weddings, England', ENGLISH_WEDDINGS);
  const bookings = plain.bookings ?? [];
  const named = (name: string, changed: Partial<BenchTrace> = {}): BenchTrace => ({
    ...plain,
    ...changed,
    name,
  });
  const calm = scaledWeddings('weddings, England', { ...ENGLISH_WEDDINGS, surges: [] });
  const autumn = { ...ENGLISH_WEDDINGS, firstDay: '2027-09-04', days: 28 + 63, surges: [] };
  return [
    { bench: named('reconnect storm', { trace: storm(plain) }), disturb: undisturbed },
    {
      bench: named('a fifth of the bookings unknown', { bookings: bookings.filter(isNotFifth) }),
      disturb: undisturbed,
    },
    {
      bench: named('a tenth booked an hour late', { bookings: bookings.map(shifted) }),
      disturb: undisturbed,
    },
    { bench: named('crews booked twice as big', { bookings: bookings.map(doubled) }), disturb: undisturbed },
    {
      bench: { ...calm, name: 'no metrics for 30 minutes' },
      disturb: (create) => blind(create(), steepest(calm)),
    },
    {
      bench: { ...calm, name: 'restart in the ramp' },
      disturb: (create) => restarted(create, steepest(calm) + 900),
    },
    { bench: { ...calm, name: 'nothing goes wrong' }, disturb: undisturbed },
    {
      bench: named('multipliers twice too high'),
      disturb: undisturbed,
      policies: withWrongMultipliers(plain, 2),
    },
    {
      bench: named('multipliers half of what they should be'),
      disturb: undisturbed,
      policies: withWrongMultipliers(plain, 0.5),
    },
    {
      bench: named('600 connections in reserve'),
      disturb: undisturbed,
      policies: [modeFull('presence', {}, 600), modeFull('presence-bookings', { bookings }, 600)],
    },
    { bench: scaledWeddings('clocks go back', autumn), disturb: undisturbed },
  ];
}

/** Half an hour before the busiest step everybody is counted twice for ten minutes. */
function storm(bench: BenchTrace): BenchTrace['trace'] {
  const values = bench.trace.values.slice();
  const from = busiest(bench) / STEP_SECONDS - 6;
  for (let step = from; step < from + 2; step += 1) values[step] = 2 * (values[step] as number);
  return { ...bench.trace, values };
}

const isNotFifth = (_: Booking, index: number): boolean => index % 5 !== 0;
const shifted = (booking: Booking, index: number): Booking =>
  index % 10 === 0 ? { ...booking, ceremony: booking.ceremony + 3_600_000 } : booking;
const doubled = (booking: Booking): Booking => ({ ...booking, people: 2 * booking.people });

/** Times are seconds of the trace; the day before the scored ones is simulated, too. */
function blind(policy: ReplicaPolicy, from: number): ReplicaPolicy {
  return {
    replicas: (seen) => {
      const seconds = seen.now + firstTick();
      const isBlind = seconds >= from && seconds < from + 1800;
      return policy.replicas(isBlind ? { ...seen, metric: undefined } : seen);
    },
  };
}

function restarted(create: () => ReplicaPolicy, at: number): ReplicaPolicy {
  let policy = create();
  let before = true;
  return {
    replicas(seen) {
      if (before && seen.now + firstTick() >= at) {
        before = false;
        policy = create();
      }
      return policy.replicas(seen);
    },
  };
}

function firstTick(): number {
  return (ENGLISH_TRAIN_DAYS - 1) * SECONDS_A_DAY;
}

const ENGLISH_TRAIN_DAYS = 28;

/** Presence with the bookings of a load; the same configuration as without. */
export function withBookings({ bookings }: BenchTrace): NamedPolicy[] {
  if (bookings === undefined) return [];
  return [
    {
      name: 'presence-bookings',
      create: ({ trace, conditions, firstTickSeconds }) =>
        forecastPolicy(trace, conditions, firstTickSeconds, { bookings }),
    },
  ];
}

/** Mode Full beside season and peak, all of whose multipliers are wrong, and mode Multipliers with the same. */
function withWrongMultipliers({ bookings = [] }: BenchTrace, wrong: number): NamedPolicy[] {
  return [
    { name: 'multipliers', create: (setting) => multipliersPolicy(setting, wrong) },
    modeFull('presence', { wrong }),
    modeFull('presence-bookings', { wrong, bookings }),
  ];
}

function modeFull(
  name: string,
  { bookings = [], wrong }: { bookings?: readonly Booking[]; wrong?: number },
  reserveConnections = 0,
): NamedPolicy {
  return {
    name,
    create: (setting) =>
      forecastPolicy(setting.trace, setting.conditions, setting.firstTickSeconds, {
        bookings,
        reserveConnections,
        ...(wrong === undefined ? {} : { calendarBaseline: wrong * fittedBaseline(setting) }),
      }),
  };
}
