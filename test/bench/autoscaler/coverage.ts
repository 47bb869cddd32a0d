import { BookedLoad } from '../../../src/domain/autoscaling/demand/booked-load.ts';
import {
  type DemandKnowledge,
  elsewhereAt,
  learnDemand,
  NO_KNOWLEDGE,
} from '../../../src/domain/autoscaling/demand/demand-learner.ts';
import { learningSeries } from '../../../src/domain/autoscaling/forecast/learning-series.ts';
import { LoadForecaster } from '../../../src/domain/autoscaling/forecast/load-forecaster.ts';
import { FORECAST_COVERAGE } from '../../../src/domain/autoscaling/load-size.ts';
import type { Goal } from './goals.ts';
import type { BenchTrace } from './traces.ts';

/** How often the bound held on the scored days, in percent, and how far off the daily peak a week ahead was. */
export interface CoverageRow {
  trace: string;
  policy: 'presence' | 'presence-bookings';
  aheadSeconds: number;
  /** Of all forecasts, and of the tenth that expected most. */
  held: number;
  heldTop: number;
  samples: number;
  /** Sum of the errors of the daily peak as percent of the sum of the peaks; bookings only. */
  peakError?: number;
  /** The same of the peak a week before. */
  peakErrorLastWeek?: number;
}

const LEAST_HELD = 92;
const LEAST_HELD_TOP = 90;
const MOST_PEAK_ERROR = 10;

/** The goals of the bounds and of the plan, at the load that does worst. */
export function checkCoverage(rows: readonly CoverageRow[]): Goal[] {
  const goal = (
    name: string,
    limit: number,
    side: 'at least' | 'at most',
    measure: (row: CoverageRow) => number | undefined,
  ): Goal => {
    const sign = side === 'at most' ? 1 : -1;
    const measured = rows.flatMap((row) => {
      const value = measure(row);
      return value === undefined ? [] : [{ value, where: `${row.trace}, ${row.policy}` }];
    });
    const worst = measured.toSorted((a, b) => sign * (b.value - a.value))[0];
    const wanted = `${side} ${limit}`;
    if (worst === undefined) return { goal: name, wanted, measured: 'nowhere', verdict: 'not measured' };
    return {
      goal: name,
      wanted,
      measured: `${worst.value.toFixed(1)} (${worst.where})`,
      verdict: sign * (worst.value - limit) > 0 ? 'missed' : 'reached',
    };
  };
  return [
    goal('95 % bound: held, %', LEAST_HELD, 'at least', ({ held }) => held),
    goal('95 % bound: held in the busiest tenth, %', LEAST_HELD_TOP, 'at least', ({ heldTop }) => heldTop),
    goal('daily peak a week ahead, error %', MOST_PEAK_ERROR, 'at most', ({ peakError }) => peakError),
  ];
}

/** With one decimal, to print. */
export function toTableRow({
  trace,
  policy,
  held,
  heldTop,
  peakError,
  peakErrorLastWeek,
}: CoverageRow): object {
  const one = (value: number | undefined): string => value?.toFixed(1) ?? '';
  return {
    trace,
    policy,
    held: one(held),
    'held, busiest tenth': one(heldTop),
    'error of the daily peak': one(peakError),
    'as a week before': one(peakErrorLastWeek),
  };
}

/** Half an hour: the hold, and the longest that a decision looks ahead. */
const AHEAD_SECONDS = 1800;
const TOP_SHARE = 0.9;
const DAY_SECONDS = 86_400;
const WEEK_DAYS = 7;

/** A bound as it was issued, and what came. */
interface Issued {
  expected: number;
  bound: number;
  actual: number;
}

/** Walks a load once and checks bounds as they were issued, before anything of their time was known. */
export function measureCoverage({ name, trace, trainDays, bookings }: BenchTrace): CoverageRow[] {
  const series = learningSeries(trace.values, trace.stepSeconds);
  const bench = { name, series, trainDays, startSeconds: trace.startSeconds + series.firstSeconds };
  return [walk(bench), ...(bookings === undefined ? [] : [walk(bench, bookings)])];
}

interface Walked {
  name: string;
  series: ReturnType<typeof learningSeries>;
  trainDays: number;
  startSeconds: number;
}

function walk(
  { name, series, trainDays, startSeconds }: Walked,
  bookings?: BenchTrace['bookings'],
): CoverageRow {
  const { stepSeconds, values } = series;
  const ahead = Math.max(1, Math.round(AHEAD_SECONDS / stepSeconds));
  const forecaster = new LoadForecaster({ stepSeconds, horizon: ahead, coverage: FORECAST_COVERAGE });
  const none = { from: 0, until: 0 };
  let knowledge = NO_KNOWLEDGE;
  const all = bookings === undefined ? undefined : BookedLoad.of(bookings, knowledge.profile, none);
  const issued: Issued[] = [];
  /** By day: the peak that was planned for it a week before. */
  const planned = new Map<number, number>();
  for (const [step, load] of values.entries()) {
    const now = (startSeconds + step * stepSeconds) * 1000;
    const end = now + ahead * stepSeconds * 1000;
    const around = all?.with(knowledge.profile, { from: now, until: end });
    forecaster.observe(load, around?.at(now) ?? 0);
    if (all !== undefined && around !== undefined && !Number.isNaN(load)) {
      knowledge = learnDemand(knowledge, around, now, load);
    }
    const then = values[step + ahead];
    const known = around?.at(end) ?? 0;
    const bound = forecaster.bound(ahead, known);
    if (
      step * stepSeconds >= trainDays * DAY_SECONDS &&
      then !== undefined &&
      bound !== undefined &&
      !Number.isNaN(then)
    ) {
      issued.push({ expected: forecaster.expected(ahead) + known, bound, actual: then });
    }
    if (all !== undefined && (step * stepSeconds) % DAY_SECONDS === 0) {
      const from = now + WEEK_DAYS * DAY_SECONDS * 1000;
      const until = from + (DAY_SECONDS - stepSeconds) * 1000;
      const week = all.with(knowledge.profile, { from, until });
      planned.set(
        (step * stepSeconds) / DAY_SECONDS + WEEK_DAYS,
        plannedPeak(week, knowledge, from, until, stepSeconds * 1000),
      );
    }
  }
  const policy = bookings === undefined ? 'presence' : 'presence-bookings';
  const row = { trace: name, policy, aheadSeconds: ahead * stepSeconds, ...share(issued) } as const;
  return planned.size === 0 ? row : { ...row, ...peakErrors(series, trainDays, planned) };
}

function plannedPeak(
  booked: BookedLoad,
  knowledge: DemandKnowledge,
  from: number,
  until: number,
  stepMs: number,
): number {
  let highest = 0;
  for (let at = from; at <= until; at += stepMs) {
    highest = Math.max(highest, booked.at(at) + elsewhereAt(knowledge, at));
  }
  return highest;
}

function share(issued: readonly Issued[]): Pick<CoverageRow, 'held' | 'heldTop' | 'samples'> {
  const edge =
    issued.map(({ expected }) => expected).sort((a, b) => a - b)[Math.floor(TOP_SHARE * issued.length)] ?? 0;
  const held = (rows: readonly Issued[]): number =>
    (100 * rows.filter(({ actual, bound }) => actual <= bound).length) / rows.length;
  return {
    held: held(issued),
    heldTop: held(issued.filter(({ expected }) => expected >= edge)),
    samples: issued.length,
  };
}

function peakErrors(
  { values, stepSeconds }: Walked['series'],
  trainDays: number,
  planned: ReadonlyMap<number, number>,
): Pick<CoverageRow, 'peakError' | 'peakErrorLastWeek'> {
  const day = DAY_SECONDS / stepSeconds;
  const days = Math.floor(values.length / day);
  const peaks = Array.from({ length: days }, (_, index) =>
    Math.max(...values.subarray(index * day, (index + 1) * day)),
  );
  let sum = 0;
  let wrong = 0;
  let wrongLastWeek = 0;
  for (let index = trainDays; index < days; index += 1) {
    const peak = peaks[index] as number;
    sum += peak;
    wrong += Math.abs((planned.get(index) as number) - peak);
    wrongLastWeek += Math.abs((peaks[index - WEEK_DAYS] as number) - peak);
  }
  return { peakError: (100 * wrong) / sum, peakErrorLastWeek: (100 * wrongLastWeek) / sum };
}
