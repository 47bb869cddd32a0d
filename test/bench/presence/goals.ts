import { LANE_3_BOUND_MS, NODES_BUSY } from './capacity.ts';
import type { Row } from './rows.ts';
import type { SteadyRow } from './steady.ts';

/** A number that was fixed before anything was measured, and what was measured. */
export interface Goal {
  readonly goal: string;
  readonly wanted: string;
  readonly measured: string;
  /** `not shown`: what was measured says nothing about the goal, and `measured` says why. */
  readonly verdict: 'ok' | 'MISSED' | 'not shown';
}

const GOALS = {
  p99BesideFloor: 1.5,
  cpuBesideFloor: 1.2,
  bytesBesideFloor: 1.3,
  capacityBesideSocketIo: 1.5,
  lane1Ms: 30,
  lostWithinMs: 3_000,
  togetherMs: 50,
  awayMs: 250,
  stormMessages: 300,
  stormBytes: 150_000,
  redisGapMs: 2_000,
  cacheHits: 0.95,
} as const;

/** The goals of the rows that are there; the load of the steady ones is that with most connections. */
export function goalsOf(rows: readonly Row[]): Goal[] {
  return [
    ...steadyGoals(rows),
    ...capacityGoals(rows),
    ...laneGoals(rows),
    ...killGoals(rows),
    ...rollGoals(rows),
    ...stormGoals(rows),
    ...redisGoals(rows),
    ...idleGoals(rows),
    ...cacheGoals(rows),
  ];
}

function atMost(goal: string, limit: number, value: number, digits = 0): Goal {
  const verdict = value <= limit ? 'ok' : 'MISSED';
  return { goal, wanted: `at most ${limit}`, measured: value.toFixed(digits), verdict };
}

function atLeast(goal: string, limit: number, value: number, digits = 2): Goal {
  const verdict = value >= limit ? 'ok' : 'MISSED';
  return { goal, wanted: `at least ${limit}`, measured: value.toFixed(digits), verdict };
}

function steadyGoals(rows: readonly Row[]): Goal[] {
  const steady = rows.filter((row) => row.scenario === 'steady');
  const most = Math.max(...steady.map((row) => row.connections));
  const value = (server: SteadyRow['server'], of: (row: SteadyRow) => number | undefined) =>
    median(
      steady
        .filter((row) => row.connections === most && row.server === server)
        .flatMap((row) => of(row) ?? []),
    );
  const beside = (
    name: string,
    peer: SteadyRow['server'],
    limit: number,
    of: (row: SteadyRow) => number | undefined,
  ): Goal[] => {
    const [ours, theirs] = [value('ours', of), value(peer, of)];
    if (ours === undefined || theirs === undefined) return [];
    return [atMost(`${name}, ours beside ${peer}, ${most} connections`, limit, ours / theirs, 2)];
  };
  return [
    ...beside('p99', 'socket.io', 1, (row) => row.p99Ms),
    ...beside('p99', 'ws', GOALS.p99BesideFloor, (row) => row.p99Ms),
    ...beside('node CPU a delivery', 'ws', GOALS.cpuBesideFloor, (row) => row.serverCpuMicrosPerDelivery),
    ...beside(
      'live bytes a further connection',
      'ws',
      GOALS.bytesBesideFloor,
      (row) => row.usedBytesPerFurtherConnection,
    ),
  ];
}

function capacityGoals(rows: readonly Row[]): Goal[] {
  const capacities = rows.filter((row) => row.scenario === 'capacity');
  const ours = capacities.find((row) => row.server === 'ours');
  const peer = capacities.find((row) => row.server === 'socket.io');
  if (ours === undefined || peer === undefined) return [];
  const goal = atLeast(
    'capacity of a core, ours beside socket.io',
    GOALS.capacityBesideSocketIo,
    ours.rate / peer.rate,
  );
  // The server whose nodes were not the limit can do more than was found.
  const known = goal.verdict === 'ok' ? peer : ours;
  if (known.limit === 'nodes') return [goal];
  return [
    {
      ...goal,
      measured: `${goal.measured}, but the limit of ${known.server} was: ${known.limit}`,
      verdict: 'not shown',
    },
  ];
}

function laneGoals(rows: readonly Row[]): Goal[] {
  const ours = rows.filter((row) => row.scenario === 'lanes').find((row) => row.server === 'ours');
  if (ours === undefined) return [];
  const lane1 = ours.lanes.find(({ lane }) => lane === 1);
  const lane3 = ours.waits.find(({ lane }) => lane === 3);
  const goals = [
    atMost('lane 1 at 1.5 x capacity, p99 ms', GOALS.lane1Ms, lane1?.p99Ms ?? Number.POSITIVE_INFINITY, 1),
    atMost(
      'lane 3 at 1.5 x capacity, p99 of the wait for its turn, ms',
      LANE_3_BOUND_MS,
      lane3?.p99Ms ?? Number.POSITIVE_INFINITY,
    ),
  ];
  if (ours.nodeCores >= NODES_BUSY) return goals;
  return goals.map((goal) => ({
    ...goal,
    measured: `${goal.measured}, but no overload: the nodes used ${ours.nodeCores.toFixed(2)} of their core`,
    verdict: 'not shown',
  }));
}

function killGoals(rows: readonly Row[]): Goal[] {
  const ours = rows.filter((row) => row.scenario === 'node killed').find((row) => row.server === 'ours');
  if (ours === undefined) return [];
  return [
    atMost('a node killed: losses not reported', 0, ours.pairs - ours.told),
    atMost('a node killed: last report after, ms', GOALS.lostWithinMs, ours.lastMs),
    atMost('a node killed: all of a room within, ms', GOALS.togetherMs, ours.spreadMs, 1),
    atMost(
      'a node killed: leaves that did not come or came twice',
      0,
      Math.abs(ours.pairs - ours.leaves) + ours.duplicates,
    ),
  ];
}

function rollGoals(rows: readonly Row[]): Goal[] {
  const ours = rows
    .filter((row) => row.scenario === 'rolling restart')
    .filter((row) => row.server === 'ours');
  if (ours.length === 0) return [];
  const worst = (of: (row: (typeof ours)[number]) => number): number => Math.max(...ours.map(of));
  return [
    atMost(
      'rolling restart: false joins, leaves and losses a person',
      0,
      worst((row) => row.falseJoins + row.falseLeaves + row.falseLosses),
      3,
    ),
    atMost(
      'rolling restart: updates missed a person',
      0,
      worst((row) => Math.max(row.missedByMoved, row.missedByOthers)),
      3,
    ),
    atMost(
      'rolling restart: people who did not come back',
      0,
      worst((row) => row.stuck),
    ),
    atMost(
      'rolling restart: away p95, ms',
      GOALS.awayMs,
      worst((row) => row.awayP95Ms),
      1,
    ),
  ];
}

function stormGoals(rows: readonly Row[]): Goal[] {
  const ours = rows.filter((row) => row.scenario === 'join storm').find((row) => row.server === 'ours');
  if (ours === undefined) return [];
  return [
    atMost('join storm: messages', GOALS.stormMessages, ours.messages),
    atMost('join storm: bytes', GOALS.stormBytes, ours.bytes),
    atMost('join storm: people who did not see everybody', 0, ours.joins - ours.complete),
  ];
}

function redisGoals(rows: readonly Row[]): Goal[] {
  return rows
    .filter((row) => row.scenario === 'redis primary killed')
    .filter((row) => row.server === 'ours')
    .flatMap((row) => [
      atMost(
        `Redis primary killed, operator ${row.operator}: longest silence, ms`,
        GOALS.redisGapMs,
        row.gapMaxMs,
      ),
      atMost(`Redis primary killed, operator ${row.operator}: updates without a later one`, 0, row.load.lost),
    ]);
}

function idleGoals(rows: readonly Row[]): Goal[] {
  const idle = rows.filter((row) => row.scenario === 'idle');
  return idle
    .filter((row) => row.server === 'ours')
    .flatMap((ours) => {
      const refused = ours.failures.over_capacity ?? 0;
      const name = `${ours.connections} idle connections`;
      const floor = idle.find((row) => row.server === 'ws' && row.connections === ours.connections);
      return [
        atMost(`${name}: refused`, 0, refused),
        ...(floor === undefined
          ? []
          : [
              atMost(
                `${name}: RSS bytes a further connection, ours beside ws`,
                GOALS.bytesBesideFloor,
                ours.rssBytesPerFurtherConnection / floor.rssBytesPerFurtherConnection,
                2,
              ),
            ]),
      ];
    });
}

function cacheGoals(rows: readonly Row[]): Goal[] {
  return rows
    .filter((row) => row.scenario === 'caches')
    .flatMap(({ caches }) => caches)
    .map(({ cache, hits, misses, stale }) => {
      const all = hits + misses + stale;
      return atLeast(`cache ${cache}, warm: share of hits`, GOALS.cacheHits, all === 0 ? 0 : hits / all, 3);
    });
}

function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length % 2 === 1) return sorted[Math.floor(middle)];
  const [low, high] = [sorted[middle - 1], sorted[middle]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}
