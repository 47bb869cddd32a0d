import type { PolicyResult } from '../../domain/autoscaling/backtest/backtest.ts';
import type { FleetConditions } from '../../domain/autoscaling/backtest/simulate-policy.ts';
import { table } from '../output/table.ts';

/** What `backtest` prints as JSON. */
export interface BacktestReport {
  /** The file, as it was named. */
  trace: string;
  setting: BacktestSetting;
  policies: PolicyResult[];
}

export interface BacktestSetting extends FleetConditions {
  stepSeconds: number;
  days: number;
  /** At the start, not scored. */
  trainDays: number;
  /** What the load was scaled to; left out when it was not. */
  scalePeak?: number;
  /** What each policy is. */
  about: Record<string, string>;
}

export const ABOUT_POLICIES: Readonly<Record<string, string>> = {
  static: 'as many pods as the peak needs, known in hindsight',
  'hpa-N': 'a HorizontalPodAutoscaler on connections, target N %, all else as the API server defaults it',
  multipliers:
    'mode Multipliers with the default tables, baseline fitted to the training days; ignores the load',
  presence: 'mode Full: forecast bound and load',
  oracle: 'knows the future and respects the start-up time',
};

const COLUMNS = [
  'tauU',
  'thetaU',
  'thetaO',
  'unserved',
  'podHours',
  'costOfStatic',
  'actionsPerDay',
  'removedPerDay',
] as const satisfies readonly (keyof PolicyResult)[];

const DECIMALS = 4;

/** Rounds all numbers of a result; smaller digits are noise of the simulation. */
export function roundResult(result: PolicyResult): PolicyResult {
  const rounded = { ...result };
  for (const column of COLUMNS) rounded[column] = Number(result[column].toFixed(DECIMALS));
  return rounded;
}

export function backtestCsv({ policies }: BacktestReport): string {
  const rows = policies.map((policy) => [policy.name, ...COLUMNS.map((column) => policy[column])].join(','));
  return [['name', ...COLUMNS].join(','), ...rows].join('\n');
}

export function backtestText({ trace, setting, policies }: BacktestReport): string {
  const { days, trainDays, stepSeconds, capacity, startupSeconds, lagSeconds, tickSeconds, min } = setting;
  const head = ['POLICY', 'TAU_U %', 'THETA_U %', 'THETA_O %', 'UNSERVED %'];
  const rows = policies.map((policy) => [
    policy.name,
    ...[policy.tauU, policy.thetaU, policy.thetaO, policy.unserved].map((value) => value.toFixed(3)),
    policy.podHours.toFixed(0),
    ...[policy.costOfStatic, policy.actionsPerDay, policy.removedPerDay].map((value) => value.toFixed(1)),
  ]);
  return [
    `${trace}: ${days.toFixed(1)} days in steps of ${stepSeconds} s, the first ${trainDays} not scored`,
    `${capacity} connections a pod, ready after ${startupSeconds} s, metric ${lagSeconds} s late, ` +
      `decisions each ${tickSeconds} s, at least ${min} pods`,
    '',
    table([...head, 'POD-HOURS', 'COST % OF STATIC', 'ACTIONS/DAY', 'REMOVED/DAY'], rows),
    '',
    ...Object.entries(ABOUT_POLICIES).map(([name, about]) => `${name}: ${about}`),
  ].join('\n');
}
