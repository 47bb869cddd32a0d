import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { presenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { decideReplicas } from './decide.ts';
import { BookedLoad } from './demand/booked-load.ts';
import type { Booking } from './demand/booking.ts';
import { PRIOR_PROFILE } from './demand/presence-profile.ts';
import type { Demand } from './demand.ts';
import type { ForecastView } from './forecast/forecast-view.ts';
import { HPA_TOLERANCE, totalMetricReplicas } from './hpa/pod-metric-replicas.ts';
import { NO_MEMORY, type ScalingMemory } from './scaling-memory.ts';

const NOW = Date.parse('2027-06-05T13:00:00Z');
const HOUR_MS = 3_600_000;
const STEP_MS = 300_000;
const CAPACITY = 100;
const RUNS = { numRuns: 150 };

function specOf(scaling: object = {}, zone = 'UTC', capacity = CAPACITY) {
  return presenceClusterSpec.parse({
    timeZone: zone,
    presence: { maxConnectionsPerPod: capacity },
    scaling: { mode: 'Full', minReplicas: 2, maxReplicas: 60, baselineReplicas: 1, peaks: [], ...scaling },
  });
}

function bookedOf(bookings: readonly Booking[], now = NOW): BookedLoad {
  return BookedLoad.of(bookings, PRIOR_PROFILE, { from: now - HOUR_MS, until: now + 30 * HOUR_MS });
}

function view(
  expected: readonly number[],
  quantile: number,
  samples = 1000,
  at = NOW - 60_000,
): ForecastView {
  const coverage = { held: 0.95, samples };
  const strata = [
    { upTo: 400, quantile },
    { upTo: 1e6, quantile: quantile / 2 },
  ];
  const horizons = expected.map((value) => ({ expected: value, strata, coverage }));
  return { at, stepSeconds: 300, nominal: 0.95, horizons };
}

interface Situation {
  bookings: Booking[];
  load: number | undefined;
  forecast: ForecastView | undefined;
  current: number;
  lead: number;
  memory: ScalingMemory;
  now: number;
}

const booking = (now = NOW) =>
  fc
    .record({
      id: fc.nat(10_000),
      offset: fc.integer({ min: -30, max: 30 }),
      people: fc.integer({ min: 1, max: 50 }),
    })
    .map(({ id, offset, people }): Booking => {
      const ceremony = now + offset * STEP_MS * 6;
      return { id: `w${id}`, ceremony, ends: ceremony + 9 * HOUR_MS, people };
    });
const load = fc.integer({ min: 0, max: 8000 });
const forecast = fc.option(
  fc
    .tuple(
      fc.array(fc.integer({ min: -50, max: 4000 }), { minLength: 16, maxLength: 16 }),
      fc.integer({ min: 0, max: 9 }),
    )
    .map(([expected, quantile]) => view(expected, quantile)),
  { nil: undefined },
);
const situation: fc.Arbitrary<Situation> = fc.record({
  bookings: fc.uniqueArray(booking(), { maxLength: 12, selector: ({ id }) => id }),
  load: fc.option(load, { nil: undefined, freq: 5 }),
  forecast,
  current: fc.integer({ min: 1, max: 80 }),
  lead: fc.integer({ min: 60, max: 900 }),
  memory: fc.constant(NO_MEMORY),
  now: fc.constant(NOW),
});

function decide(seen: Situation, spec = specOf()) {
  const { bookings, now, current } = seen;
  const demand: Demand = {
    booked: bookings.length === 0 ? undefined : bookedOf(bookings, now),
    report:
      seen.load === undefined
        ? undefined
        : { connections: seen.load, pods: current, silent: 0, at: now - 5000 },
    forecast: seen.forecast,
    lead: { seconds: seen.lead, samples: 0 },
    memory: seen.memory,
  };
  const decision = decideReplicas({ spec, now: new Date(now), current, demand });
  if (decision.demand === undefined) throw new Error('mode Full looks at the load');
  return { ...decision, demand: decision.demand };
}

describe('bounds', () => {
  it('stays a whole number within the limits, and serves who is there whenever it may (1, 2, 3)', () => {
    fc.assert(
      fc.property(
        situation,
        fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
        (seen, budget) => {
          const spec = specOf(budget === undefined ? {} : { budgetReplicas: budget });
          const { desired } = decide(seen, spec);
          expect(Number.isInteger(desired)).toBe(true);
          expect(desired).toBeGreaterThanOrEqual(1);
          expect(desired).toBeLessThanOrEqual(60);
          const people = Math.ceil((seen.load ?? 0) / CAPACITY);
          expect(desired).toBeGreaterThanOrEqual(Math.min(60, people));
        },
      ),
      RUNS,
    );
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -1])('takes a load of %d for no load (3)', (broken) => {
    const seen = { bookings: [], forecast: undefined, current: 9, lead: 285, memory: NO_MEMORY, now: NOW };
    expect(decide({ ...seen, load: broken })).toMatchObject({ desired: 9, demand: { load: undefined } });
  });
});

describe('monotone: raw never falls', () => {
  const raw = (seen: Situation, spec = specOf()): number => decide(seen, spec).demand.raw;

  it('when a wedding is booked, and never rises when one is cancelled (4, 10)', () => {
    fc.assert(
      fc.property(situation, booking(), (seen, more) => {
        fc.pre(seen.bookings.length > 0);
        const bookings = [...seen.bookings, { ...more, id: 'another' }];
        expect(raw({ ...seen, bookings })).toBeGreaterThanOrEqual(raw(seen));
      }),
      RUNS,
    );
  });

  it('when a crew is bigger (5)', () => {
    fc.assert(
      fc.property(situation, fc.integer({ min: 1, max: 50 }), (seen, more) => {
        const bookings = seen.bookings.map((each) => ({ ...each, people: each.people + more }));
        expect(raw({ ...seen, bookings })).toBeGreaterThanOrEqual(raw(seen));
      }),
      RUNS,
    );
  });

  it('when more people are there, but for the tolerance (6)', () => {
    fc.assert(
      fc.property(situation, load, (seen, more) => {
        fc.pre(seen.load !== undefined);
        const before = raw(seen);
        const after = raw({ ...seen, load: (seen.load ?? 0) + more });
        expect(after).toBeGreaterThanOrEqual(Math.min(before, seen.current));
      }),
      RUNS,
    );
  });

  it('when the bound is wider, a pod holds fewer people, or the lead is longer (7, 8, 9)', () => {
    fc.assert(
      fc.property(situation, fc.integer({ min: 0, max: 900 }), (seen, longer) => {
        fc.pre(seen.forecast !== undefined);
        const horizons = seen.forecast?.horizons.map((each) => ({
          ...each,
          strata: each.strata.map((stratum) => ({ ...stratum, quantile: stratum.quantile + 1 })),
        }));
        const wider = { ...(seen.forecast as ForecastView), horizons: horizons ?? [] };
        expect(raw({ ...seen, forecast: wider })).toBeGreaterThanOrEqual(raw(seen));
        expect(raw({ ...seen, lead: seen.lead + longer })).toBeGreaterThanOrEqual(raw(seen));
        const small = decide(seen, specOf({}, 'UTC', 50)).demand.pods.Forecast ?? 0;
        expect(small).toBeGreaterThanOrEqual(decide(seen).demand.pods.Forecast ?? 0);
      }),
      RUNS,
    );
  });
});

describe('bookings', () => {
  it('add up, in any order, each id once (11, 12, 13)', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(booking(), { minLength: 2, maxLength: 20, selector: ({ id }) => id }),
        fc.integer({ min: 0, max: 8 * 3600 }),
        (list, seconds) => {
          const at = NOW + seconds * 1000;
          const half = list.length >> 1;
          const all = bookedOf(list).at(at);
          const parts = bookedOf(list.slice(0, half)).at(at) + bookedOf(list.slice(half)).at(at);
          expect(all).toBeCloseTo(parts, 6);
          expect(bookedOf(list.toReversed()).at(at)).toBe(all);
          expect(bookedOf([...list, ...list]).at(at)).toBe(all);
        },
      ),
      RUNS,
    );
  });

  it('get no factor of month or peak, once the forecast is trusted (14)', () => {
    const tables = { seasonMultipliers: { '6': 7 }, peaks: [{ from: '00:00', to: '24:00', multiplier: 3 }] };
    fc.assert(
      fc.property(situation, booking(), (seen, one) => {
        fc.pre(seen.forecast !== undefined);
        const known = { ...seen, bookings: [{ ...one, ceremony: NOW + HOUR_MS }] };
        expect(decide(known, specOf({ ...tables, baselineReplicas: 3 })).desired).toBe(decide(known).desired);
      }),
      RUNS,
    );
  });

  it('without them, and with tables of 1, the baseline is what there is (15)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 60 }), (baselineReplicas) => {
        const ones = Object.fromEntries(Array.from({ length: 12 }, (_, month) => [String(month + 1), 1]));
        const spec = specOf({ baselineReplicas, seasonMultipliers: ones });
        const seen = { bookings: [], load: 0, forecast: undefined, lead: 285, memory: NO_MEMORY, now: NOW };
        expect(decide({ ...seen, current: baselineReplicas }, spec).desired).toBe(baselineReplicas);
      }),
    );
  });
});

describe('pure', () => {
  it('says the same twice, and the winner is the highest of what it prints (18, 19)', () => {
    fc.assert(
      fc.property(situation, (seen) => {
        const decision = decide(seen);
        expect(decide(seen)).toEqual(decision);
        const { winner, candidates, demand } = decision;
        expect(Math.max(...candidates.map(({ replicas }) => replicas))).toBe(demand.raw);
        expect(candidates.find(({ source }) => source === winner)?.replicas).toBe(demand.raw);
        for (const { replicas, because } of candidates) {
          const sum = /^ceil\((\d+)(?: connections)? \/ \(([\d.]+) × (\d+)\)\) = (\d+)/.exec(because);
          if (sum === null) continue;
          const [, connections, share, capacity, printed] = sum.map(Number) as [
            0,
            number,
            number,
            number,
            number,
          ];
          expect(Math.max(0, Math.ceil(connections / (share * capacity) - 1e-9))).toBe(printed);
          expect(printed).toBe(replicas);
        }
      }),
      RUNS,
    );
  });
});

/** Lets the number of pods follow, every 15 s. */
function walk(
  steps: readonly Partial<Situation>[],
  start: Situation,
  handOn = (memory: ScalingMemory) => memory,
) {
  let { current, memory } = start;
  return steps.map((step, index) => {
    const decision = decide({ ...start, ...step, current, memory, now: NOW + index * 15_000 });
    current = decision.desired;
    memory = handOn(decision.demand.memory);
    return { ...decision, pods: current };
  });
}

const QUIET: Situation = {
  bookings: [],
  load: 500,
  forecast: undefined,
  current: 20,
  lead: 285,
  memory: NO_MEMORY,
  now: NOW,
};
const loads = fc.array(fc.option(load, { nil: undefined, freq: 6 }), { minLength: 2, maxLength: 80 });

describe('stable', () => {
  it('rests under a constant load after the window (21)', () => {
    fc.assert(
      fc.property(load, fc.integer({ min: 1, max: 60 }), (constant, current) => {
        const pods = walk(
          Array.from({ length: 200 }, () => ({ load: constant })),
          { ...QUIET, current },
        ).map((d) => d.pods);
        expect(new Set(pods.slice(-20)).size).toBe(1);
      }),
      { numRuns: 30 },
    );
  });

  it('removes no pod within the window of a higher recommendation, and few a minute (23, 24, 25)', () => {
    fc.assert(
      fc.property(loads, (list) => {
        const decisions = walk(
          list.map((each) => ({ load: each })),
          QUIET,
        );
        const pods = [20, ...decisions.map((d) => d.pods)];
        for (let index = 1; index < pods.length; index += 1) {
          const [now, before] = [pods[index] as number, pods[index - 1] as number];
          if (now >= before) continue;
          const recent = decisions.slice(Math.max(0, index - 21), index);
          for (const { demand } of recent)
            expect(now).toBeGreaterThanOrEqual(Math.min(before, demand.capped));
          const minute = pods.slice(Math.max(0, index - 4), index);
          const start = Math.max(...minute);
          expect(start - now).toBeLessThanOrEqual(
            Math.max(1, Math.floor(start * 0.1)) + (start - (minute[0] as number)),
          );
        }
      }),
      { numRuns: 60 },
    );
  });

  it('goes on after a restart as if nothing had happened (20)', () => {
    fc.assert(
      fc.property(loads, (list) => {
        const steps = list.map((each) => ({ load: each }));
        // As status has it: a new leader reads what the one before it wrote.
        const restarted = walk(steps, QUIET, (memory) => JSON.parse(JSON.stringify(memory)) as ScalingMemory);
        const whole = walk(steps, QUIET);
        expect(restarted.map(({ pods }) => pods)).toEqual(whole.map(({ pods }) => pods));
        expect(JSON.stringify(whole.at(-1)?.demand.memory ?? '').length).toBeLessThan(2000);
      }),
      { numRuns: 20 },
    );
  });
});

describe('fail-safe', () => {
  it('removes nothing without metrics, or with a pod that is silent (26)', () => {
    fc.assert(
      fc.property(situation, (seen) => {
        fc.pre(seen.current <= 60);
        expect(decide({ ...seen, load: undefined }).desired).toBeGreaterThanOrEqual(seen.current);
      }),
      RUNS,
    );
  });

  it('without forecast and bookings is a HorizontalPodAutoscaler with floors (27)', () => {
    fc.assert(
      fc.property(load, fc.integer({ min: 2, max: 60 }), (connections, current) => {
        const { demand } = decide({ ...QUIET, load: connections, current });
        const hpa = totalMetricReplicas(current, connections, 0.7 * CAPACITY, HPA_TOLERANCE);
        const known =
          demand.peak.bound === 0 ? 0 : Math.ceil(Math.ceil(demand.peak.bound - 1e-9) / 90 - 1e-9);
        expect(demand.raw).toBe(Math.max(hpa, Math.ceil(connections / CAPACITY), known, 3, 2));
      }),
      RUNS,
    );
  });
});

describe('time', () => {
  it('moves with the clock, and means the same in another zone (28, 29)', () => {
    fc.assert(
      fc.property(situation, fc.integer({ min: -2000, max: 2000 }), (seen, steps) => {
        fc.pre(seen.bookings.length > 0);
        const by = steps * STEP_MS;
        const moved: Situation = {
          ...seen,
          now: seen.now + by,
          bookings: seen.bookings.map((each) => ({
            ...each,
            ceremony: each.ceremony + by,
            ends: each.ends + by,
          })),
          forecast: seen.forecast && { ...seen.forecast, at: seen.forecast.at + by },
        };
        const flat = specOf({ seasonMultipliers: Object.fromEntries(MONTHS.map((month) => [month, 1])) });
        expect(decide(moved, flat).desired).toBe(decide(seen, flat).desired);
        const elsewhere = { ...flat, timeZone: 'Pacific/Auckland' };
        expect(decide(seen, elsewhere).desired).toBe(decide(seen, flat).desired);
      }),
      RUNS,
    );
  });
});

const MONTHS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12'];
