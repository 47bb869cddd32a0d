import type { CacheHits, CachesRow } from './caches.ts';
import type { CapacityRow, LanesRow } from './capacity.ts';
import type { KillRow, RollRow, StormRow } from './faults.ts';
import type { Goal } from './goals.ts';
import type { IdleRow } from './idle.ts';
import type { RedisDeathRow } from './redis-death.ts';
import type { Row } from './rows.ts';
import type { SteadyRow } from './steady.ts';

type Cells = readonly (readonly string[])[];

const ROOM_SIZE = 25;

/** What was measured as Markdown, one table a scenario; steady values of several rounds beside each other. */
export function tablesOf(rows: readonly Row[]): string {
  const steady = rows.filter((row) => row.scenario === 'steady');
  const loads = Map.groupBy(steady, (row) => `${row.connections} connections, ${row.rate} updates/s`);
  const tables = [...loads].map(([title, ofLoad]) => table(title, steadyCells(ofLoad)));
  const add = <R extends Row>(
    title: string,
    chosen: readonly R[],
    cells: (chosen: readonly R[]) => Cells,
  ) => {
    if (chosen.length > 0) tables.push(table(title, cells(chosen)));
  };
  add(
    'capacity: the highest rate with p99 < 50 ms on one core',
    rows.filter((row) => row.scenario === 'capacity'),
    capacityCells,
  );
  add(
    '1.5 x that capacity, by the lane of the sender',
    rows.filter((row) => row.scenario === 'lanes'),
    laneCells,
  );
  add(
    'a node killed (SIGKILL)',
    rows.filter((row) => row.scenario === 'node killed'),
    killCells,
  );
  add(
    'rolling restart (SIGTERM), a node after the other',
    rows.filter((row) => row.scenario === 'rolling restart'),
    rollCells,
  );
  add(
    'a Redis primary killed (SIGKILL)',
    rows.filter((row) => row.scenario === 'redis primary killed'),
    redisCells,
  );
  add(
    'join storm',
    rows.filter((row) => row.scenario === 'join storm'),
    stormCells,
  );
  add(
    'idle connections',
    rows.filter((row) => row.scenario === 'idle'),
    idleCells,
  );
  add(
    'caches of ours',
    rows.filter((row) => row.scenario === 'caches'),
    cacheCells,
  );
  return tables.join('\n');
}

export function goalTable(goals: readonly Goal[]): string {
  const lines = goals.map(({ goal, wanted, measured, verdict }) => [goal, wanted, measured, verdict]);
  return table('goals', [['goal', 'wanted', 'measured', ''], ...lines]);
}

function steadyCells(rows: readonly SteadyRow[]): Cells {
  const head = [
    ...[
      'server',
      'p50 ms',
      'p95',
      'p99',
      'max',
      'delivered',
      'node CPU us/delivery',
      'Redis CPU us/delivery',
    ],
    ...['RSS a node MB', 'RSS bytes a further connection', 'used bytes', 'driver CPU', 'send lag mean ms'],
  ];
  const lines = [...Map.groupBy(rows, (row) => row.server)].map(([server, ofServer]) => {
    const each = (value: (row: SteadyRow) => number | undefined, digits: number): string =>
      ofServer.map((row) => value(row)?.toFixed(digits) ?? '-').join(', ');
    return [
      server,
      each((row) => row.p50Ms, 2),
      each((row) => row.p95Ms, 2),
      each((row) => row.p99Ms, 2),
      each((row) => row.maxMs, 0),
      ofServer.map((row) => share(row.delivered, row.expected)).join(', '),
      each((row) => row.serverCpuMicrosPerDelivery, 1),
      each((row) => row.redisCpuMicrosPerDelivery, 2),
      each((row) => row.rssPerNodeBytes / 1e6, 0),
      each((row) => row.rssBytesPerFurtherConnection, 0),
      each((row) => row.usedBytesPerFurtherConnection, 0),
      each((row) => row.cpuShare, 2),
      each((row) => row.lagMeanMs, 2),
    ];
  });
  return [head, ...lines];
}

function killCells(rows: readonly KillRow[]): Cells {
  const head = [
    ...[
      'server',
      'losses reported',
      'last report after ms',
      'spread in a room ms',
      'leave events',
      'duplicates',
    ],
    ...['list right after ms', 'slowest list ms', 'failed lists'],
  ];
  const lines = rows.map((row) => [
    row.server,
    `${row.told} of ${row.pairs}`,
    row.told === 0 ? 'never' : row.lastMs.toFixed(0),
    row.told === 0 ? '-' : row.spreadMs.toFixed(1),
    `${row.leaves} of ${row.pairs}`,
    String(row.duplicates),
    row.listMs < 0 ? 'never' : row.listMs.toFixed(0),
    row.slowestListMs.toFixed(0),
    String(row.failedLists),
  ]);
  return [head, ...lines];
}

function rollCells(rows: readonly RollRow[]): Cells {
  const head = [
    ...['server', 'node', 'moved', 'stuck', 'false joins', 'false leaves', 'false losses'],
    ...['missed by who moved', 'missed by others', 'away p50 ms', 'p95', 'max'],
  ];
  const lines = rows.map((row) => [
    ...[row.server, String(row.node + 1), String(row.moved), String(row.stuck)],
    ...[row.falseJoins, row.falseLeaves, row.falseLosses].map((value) => value.toFixed(2)),
    ...[row.missedByMoved, row.missedByOthers].map((value) => value.toFixed(2)),
    ...[row.awayP50Ms, row.awayP95Ms, row.awayMaxMs].map((value) => value.toFixed(0)),
  ]);
  return [head, ...lines];
}

function stormCells(rows: readonly StormRow[]): Cells {
  const head = ['server', 'joins', 'messages', 'kB', 'saw everybody', 'after ms'];
  const lines = rows.map((row) => [
    ...[row.server, String(row.joins), String(row.messages), (row.bytes / 1_000).toFixed(0)],
    ...[`${row.complete} of ${row.joins}`, row.completeMs.toFixed(0)],
  ]);
  return [head, ...lines];
}

function capacityCells(rows: readonly CapacityRow[]): Cells {
  const head = [
    ...['server', 'updates/s', 'deliveries/s', 'does not fit', 'p50 ms', 'p99', 'max', 'delivered'],
    ...['node cores', 'Redis cores', 'driver cores', 'send lag mean ms', 'lag p99', 'core of its own'],
  ];
  const lines = rows.map((row) => [
    ...[
      row.server,
      `${row.limit === 'nodes' ? '' : 'at least '}${row.rate}`,
      (row.rate * ROOM_SIZE).toString(),
    ],
    row.failsAt === undefined ? 'not found' : `${row.failsAt} (${row.limit})`,
    ...[row.p50Ms, row.p99Ms, row.maxMs].map((value) => value.toFixed(1)),
    ...[share(row.delivered, row.expected), ...coresAndLag(row), row.pinned ? 'yes' : 'no'],
  ]);
  return [head, ...lines];
}

function laneCells(rows: readonly LanesRow[]): Cells {
  const head = [
    ...[
      'server',
      'updates/s',
      'lane',
      'delivered',
      'p50 ms',
      'p99',
      'max',
      'wait p50 ms <=',
      'wait p99 ms <=',
    ],
    ...['superseded', 'lost', 'node cores', 'Redis cores', 'driver cores', 'send lag mean ms', 'lag p99'],
  ];
  const lines = rows.flatMap((row) =>
    row.lanes.map(({ lane, delivered, p50Ms, p99Ms, maxMs }) => {
      const wait = row.waits.find((each) => each.lane === lane);
      return [
        ...[row.server, String(row.rate), String(lane), String(delivered)],
        ...[p50Ms, p99Ms, maxMs].map((value) => value.toFixed(1)),
        ...[wait?.p50Ms.toFixed(0) ?? '-', wait?.p99Ms.toFixed(0) ?? '-'],
        ...[String(row.superseded), String(row.lost), ...coresAndLag(row)],
      ];
    }),
  );
  return [head, ...lines];
}

function coresAndLag(row: CapacityRow | LanesRow): string[] {
  const values = [row.nodeCores, row.redisCores, row.cpuShare, row.lagMeanMs, row.lagP99Ms];
  return values.map((value) => value.toFixed(2));
}

function redisCells(rows: readonly RedisDeathRow[]): Cells {
  const head = [
    ...['server', 'operator', 'cut off for 1 s and more', 'longest silence ms', 'p50 of the cut off'],
    ...[
      'all hear again after ms',
      'never again',
      'longest silence before',
      'delivered',
      'superseded',
      'lost',
    ],
    ...['driver CPU', 'send lag mean ms'],
  ];
  const lines = rows.map((row) => [
    ...[row.server, row.operator, `${row.silent} of ${row.clients}`],
    ...[row.gapMaxMs, row.gapP50Ms, row.resumedMs].map((value) => value.toFixed(0)),
    ...[String(row.never), row.baselineMs.toFixed(0), share(row.load.delivered, row.load.expected)],
    ...[String(row.load.superseded), String(row.load.lost)],
    ...[row.load.cpuShare, row.load.lagMeanMs].map((value) => value.toFixed(2)),
  ]);
  return [head, ...lines];
}

function idleCells(rows: readonly IdleRow[]): Cells {
  const head = [
    ...[
      'server',
      'connections',
      'nodes',
      'cap of a node of ours',
      'RSS a node MB',
      'RSS bytes a further connection',
    ],
    ...['used bytes', 'connected/s', 'node cores', 'Redis cores', 'failures'],
  ];
  const lines = rows.map((row) => [
    ...[row.server, String(row.connections), String(row.nodes), String(row.capPerNode)],
    ...[(row.rssPerNodeBytes / 1e6).toFixed(0), String(row.rssBytesPerFurtherConnection)],
    ...[String(row.usedBytesPerFurtherConnection), String(row.connectedPerSecond)],
    ...[row.nodeCores.toFixed(2), row.redisCores.toFixed(2)],
    String(Object.values(row.failures).reduce((sum, count) => sum + count, 0)),
  ]);
  return [head, ...lines];
}

function cacheCells(rows: readonly CachesRow[]): Cells {
  const head = [
    ...['cache', 'phase', 'hits', 'misses', 'stale', 'share of hits'],
    ...['connections cut', 'lists', 'without answer'],
  ];
  const lineOf = (phase: string, { cache, hits, misses, stale }: CacheHits): string[] => [
    ...[cache, phase, String(hits), String(misses), String(stale), share(hits, hits + misses + stale)],
  ];
  const lines = rows.flatMap(({ cold, caches, drops, lists, failedLists }) => [
    ...cold.map((each) => [...lineOf('cold', each), '-', '-', '-']),
    ...caches.map((each) => [...lineOf('warm', each), String(drops), String(lists), String(failedLists)]),
  ]);
  return [head, ...lines];
}

/** Cut, not rounded: 100 % means all of them. */
function share(part: number, whole: number): string {
  if (whole === 0) return '-';
  return `${(Math.floor((100_000 * part) / whole) / 1_000).toString()} %`;
}

function table(title: string, cells: Cells): string {
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((line) => line[column]?.length ?? 0)),
  );
  const line = (texts: readonly string[]): string =>
    `| ${texts.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = cells;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return ['', `### ${title}`, '', line(head), rule, ...body.map(line)].join('\n');
}
