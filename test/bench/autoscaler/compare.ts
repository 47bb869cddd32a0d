import type { PolicyResult } from '../../../src/domain/autoscaling/backtest/backtest.ts';

/** One policy on one load with one start-up time. */
export interface BenchRow extends Omit<PolicyResult, 'name'> {
  trace: string;
  startupSeconds: number;
  policy: string;
}

/** A row of a table: what presence is better and worse at than a peer. */
export interface Verdict {
  trace: string;
  startupSeconds: number;
  peer: string;
  better: string[];
  worse: string[];
}

const MEASURES = {
  tauU: { unit: '% of the time short', decimals: 3 },
  costOfStatic: { unit: '% of the static cost', decimals: 1 },
  removedPerDay: { unit: 'pods removed a day', decimals: 1 },
} as const satisfies Partial<Record<keyof BenchRow, object>>;

type Measure = keyof typeof MEASURES;
const NAMES = Object.keys(MEASURES) as Measure[];

/** A difference is one if the rounded numbers differ. */
function rounded(row: BenchRow, measure: Measure): string {
  return row[measure].toFixed(MEASURES[measure].decimals);
}

/** The rows of one load and one start-up time, and presence among them. */
function presenceOf(rows: readonly BenchRow[]): BenchRow {
  const presence = rows.find(({ policy }) => policy === 'presence');
  if (presence === undefined) throw new Error('the policy presence was not run');
  return presence;
}

/**
 * The cheapest plain HorizontalPodAutoscaler that was short no more often than presence: what somebody could have
 * reached who had tuned the target on the very days that are scored. Undefined when each was short more often.
 */
export function bestHpa(rows: readonly BenchRow[]): BenchRow | undefined {
  const allowed = presenceOf(rows).tauU;
  return rows
    .filter(({ policy, tauU }) => /^hpa-[0-9.]+$/.test(policy) && tauU <= allowed)
    .toSorted((a, b) => a.podHours - b.podHours)[0];
}

/** Presence against one peer, on the rows of one load and one start-up time. */
export function verdict(rows: readonly BenchRow[], peer: BenchRow, peerName: string): Verdict {
  const presence = presenceOf(rows);
  const differing = NAMES.filter((measure) => rounded(presence, measure) !== rounded(peer, measure));
  const tell = (measure: Measure): string =>
    `${rounded(presence, measure)} instead of ${rounded(peer, measure)} ${MEASURES[measure].unit}`;
  return {
    trace: presence.trace,
    startupSeconds: presence.startupSeconds,
    peer: peerName,
    better: differing.filter((measure) => presence[measure] < peer[measure]).map(tell),
    worse: differing.filter((measure) => presence[measure] > peer[measure]).map(tell),
  };
}
