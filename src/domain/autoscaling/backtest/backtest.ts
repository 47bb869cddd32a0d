import type { Elasticity } from './elasticity.ts';
import { forecastPolicy } from './forecast-policy.ts';
import { daysOf, type LoadTrace, SECONDS_A_DAY, TraceError } from './load-trace.ts';
import { multipliersPolicy } from './multipliers-policy.ts';
import type { NamedPolicy, PolicySetting } from './policy-setting.ts';
import { hpaPolicy, oraclePolicy, staticPolicy } from './reactive-policies.ts';
import { type FleetConditions, simulatePolicy } from './simulate-policy.ts';
import { tickLoad } from './tick-load.ts';

export interface BacktestInput {
  trace: LoadTrace;
  conditions: FleetConditions;
  /** Days at the start that policies may learn from and that are not scored. */
  trainDays: number;
  /** More policies to run, after the ones that are always run. */
  more?: readonly NamedPolicy[];
  /** In place of all of them; the first one is what cost is measured against. */
  policies?: readonly NamedPolicy[];
  /** Called before each policy is run, with how many are done and how many there are. */
  onPolicy?: (name: string, done: number, all: number) => void;
}

export interface PolicyResult extends Elasticity {
  name: string;
  /** Pod-hours as percent of those of `static`. */
  costOfStatic: number;
}

/** Policies run through a day that is not scored, so that none is judged by how it starts. */
const SETTLE_SECONDS = SECONDS_A_DAY;
/** Without --train-days: so much of a trace is for learning, but no more than two weeks. */
const DEFAULT_TRAIN_SHARE = 0.5;
const MAX_DEFAULT_TRAIN_DAYS = 14;
const MIN_DAYS = 2;
/** More ticks than this take minutes. */
const MAX_TICKS = 20_000_000;

export const HPA_TARGETS = [50, 60, 70, 80, 90] as const;

export function defaultTrainDays(trace: LoadTrace): number {
  return Math.max(1, Math.min(MAX_DEFAULT_TRAIN_DAYS, Math.floor(daysOf(trace) * DEFAULT_TRAIN_SHARE)));
}

/** The policies that every back-test runs, in the order in which they are reported. */
export const POLICIES: readonly NamedPolicy[] = [
  {
    name: 'static',
    create: ({ load, scoreFrom, conditions }) => staticPolicy(peakPods(load, scoreFrom, conditions)),
  },
  ...HPA_TARGETS.map((target) => ({
    name: `hpa-${target}`,
    create: ({ conditions }: PolicySetting) => hpaPolicy(conditions, target / 100),
  })),
  { name: 'multipliers', create: (setting) => multipliersPolicy(setting) },
  {
    name: 'presence',
    create: ({ trace, conditions, firstTickSeconds }) => forecastPolicy(trace, conditions, firstTickSeconds),
  },
  { name: 'oracle', create: ({ load, conditions }) => oraclePolicy(load, conditions) },
];

/**
 * Runs every policy over the days of a trace after the training days.
 *
 * @throws {TraceError} when the trace is too short, or too long for the tick
 */
export function backtest({
  trace,
  conditions,
  trainDays,
  more = [],
  policies = [...POLICIES, ...more],
  onPolicy,
}: BacktestInput): PolicyResult[] {
  const setting = prepare(trace, conditions, trainDays);
  const results: PolicyResult[] = [];
  let staticPodHours: number | undefined;
  for (const { name, create } of policies) {
    onPolicy?.(name, results.length, policies.length);
    const { load, scoreFrom } = setting;
    const elasticity = simulatePolicy({ load, scoreFrom, conditions, policy: create(setting) });
    staticPodHours ??= elasticity.podHours;
    results.push({ name, ...elasticity, costOfStatic: 100 * (elasticity.podHours / staticPodHours) });
  }
  return results;
}

function prepare(trace: LoadTrace, conditions: FleetConditions, trainDays: number): PolicySetting {
  const days = daysOf(trace);
  if (days < MIN_DAYS) {
    throw new TraceError(`the trace has ${days.toFixed(2)} days, and a back-test needs ${MIN_DAYS} at least`);
  }
  if (trainDays + 1 > days) {
    throw new TraceError(
      `${trainDays} training days leave less than a day of the ${days.toFixed(2)} days of the trace`,
    );
  }
  const trainSeconds = trainDays * SECONDS_A_DAY;
  const { tickSeconds } = conditions;
  const settleTicks = Math.floor(Math.min(SETTLE_SECONDS, trainSeconds) / tickSeconds);
  const firstTickSeconds = trainSeconds - settleTicks * tickSeconds;
  const ticks = (days * SECONDS_A_DAY - firstTickSeconds) / tickSeconds;
  if (ticks > MAX_TICKS) {
    throw new TraceError(`a tick of ${tickSeconds} s gives ${Math.round(ticks)} ticks, at most ${MAX_TICKS}`);
  }
  const load = tickLoad(trace, firstTickSeconds, tickSeconds);
  if (load.subarray(settleTicks).every(Number.isNaN)) {
    throw new TraceError('no load is recorded after the training days');
  }
  return { trace, conditions, load, scoreFrom: settleTicks, firstTickSeconds };
}

/** The fixed fleet that is never too small for what is scored. */
export function peakPods(load: Float64Array, scoreFrom: number, { capacity, min }: FleetConditions): number {
  let peak = 0;
  for (let tick = scoreFrom; tick < load.length; tick += 1) {
    const value = load[tick] as number;
    if (value > peak) peak = value;
  }
  return Math.max(min, Math.ceil(peak / capacity));
}
