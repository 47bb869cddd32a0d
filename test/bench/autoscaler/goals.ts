import { type BenchRow, bestHpa } from './compare.ts';

/** A number that was fixed before anything was measured, and what was measured. */
export interface Goal {
  goal: string;
  wanted: string;
  measured: string;
  verdict: 'reached' | 'missed' | 'not measured';
}

/** The pre-registered goals. A row that is not there counts for nothing. */
export function checkGoals(rows: readonly BenchRow[]): Goal[] {
  const cells = [...Map.groupBy(rows, ({ trace, startupSeconds }) => `${trace}, ${startupSeconds} s`)];
  const worst = (
    measure: (cell: readonly BenchRow[]) => number | undefined,
  ): { value: number; where: string } => {
    let found = { value: Number.NEGATIVE_INFINITY, where: 'nowhere' };
    for (const [where, cell] of cells) {
      const value = measure(cell);
      if (value !== undefined && value > found.value) found = { value, where };
    }
    return found;
  };
  const goal = (
    name: string,
    limit: number,
    measure: (cell: readonly BenchRow[]) => number | undefined,
  ): Goal => {
    const { value, where } = worst(measure);
    if (!Number.isFinite(value)) {
      return { goal: name, wanted: `at most ${limit}`, measured: where, verdict: 'not measured' };
    }
    return {
      goal: name,
      wanted: `at most ${limit}`,
      measured: `${value.toFixed(3)} (${where})`,
      verdict: value <= limit ? 'reached' : 'missed',
    };
  };
  return [
    goal('tauU, % of the time short, every load', 0.3, (cell) => of(cell, 'presence')?.tauU),
    goal('cost beside hpa-60, every load', 1, (cell) => ratio(cell, 'presence', of(cell, 'hpa-60'))),
    goal('pods removed a day beside hpa-70, every load', 1, removals),
    goal('weddings: unserved %, start-up up to 300 s', 0.01, (cell) =>
      isWedding(cell, 300) ? of(cell, 'presence-bookings')?.unserved : undefined,
    ),
    goal('weddings: tauU %, start-up up to 300 s', 0.05, (cell) =>
      isWedding(cell, 300) ? of(cell, 'presence-bookings')?.tauU : undefined,
    ),
    goal('weddings: cost beside the best hpa, 120 s', 1.02, (cell) =>
      isWedding(cell) && cell[0]?.startupSeconds === 120
        ? ratio(cell, 'presence-bookings', bestHpa(cell))
        : undefined,
    ),
    goal('weddings: cost beside the best hpa, 600 s', 0.97, (cell) =>
      isWedding(cell) && cell[0]?.startupSeconds === 600
        ? ratio(cell, 'presence-bookings', bestHpa(cell))
        : undefined,
    ),
  ];
}

function of(cell: readonly BenchRow[], policy: string): BenchRow | undefined {
  return cell.find((row) => row.policy === policy);
}

function ratio(cell: readonly BenchRow[], policy: string, peer: BenchRow | undefined): number | undefined {
  const own = of(cell, policy);
  return own === undefined || peer === undefined ? undefined : own.podHours / peer.podHours;
}

function removals(cell: readonly BenchRow[]): number | undefined {
  const own = of(cell, 'presence');
  const peer = of(cell, 'hpa-70');
  return own === undefined || peer === undefined ? undefined : own.removedPerDay / peer.removedPerDay;
}

function isWedding(cell: readonly BenchRow[], longest = Number.POSITIVE_INFINITY): boolean {
  return cell.every(({ trace, startupSeconds }) => trace.startsWith('weddings') && startupSeconds <= longest);
}
