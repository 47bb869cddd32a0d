import type { FaultRow, KillRow, RollRow, StormRow } from './faults.ts';
import type { SteadyRow } from './steady.ts';

type Row = SteadyRow | FaultRow;
type Cells = readonly (readonly string[])[];

/** Prints what was measured, one table a scenario; steady values of several rounds beside each other. */
export function printTables(rows: readonly Row[]): void {
  console.log(tablesOf(rows));
}

export function tablesOf(rows: readonly Row[]): string {
  const steady = rows.filter((row) => row.scenario === 'steady');
  const loads = Map.groupBy(steady, (row) => `${row.connections} connections, ${row.rate} updates/s`);
  const tables = [...loads].map(([title, ofLoad]) => table(title, steadyCells(ofLoad)));
  const storms = rows.filter((row) => row.scenario === 'join storm');
  const rolls = rows.filter((row) => row.scenario === 'rolling restart');
  const kills = rows.filter((row) => row.scenario === 'node killed');
  if (kills.length > 0) tables.push(table('a node killed (SIGKILL)', killCells(kills)));
  if (rolls.length > 0)
    tables.push(table('rolling restart (SIGTERM), a node after the other', rollCells(rolls)));
  if (storms.length > 0) tables.push(table('join storm', stormCells(storms)));
  return tables.join('\n');
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
      'told of the dead',
      'last told after ms',
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

/** Cut, not rounded: 100 % means all of them. */
function share(part: number, whole: number): string {
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
