import type { Inventory } from '../../reports/inventory.ts';
import { table } from '../output/table.ts';
import type { SloReport } from './slo-report.ts';

const NOT_MEASURED = {
  cluster: 'Nothing was measured yet: the operator reads each presence pod twice before it counts.',
  files: 'No measurements in the files: ask the cluster for them, without -f.',
};

/** The objectives of one PresenceCluster for people. */
export function sloText(report: SloReport, from: Inventory['from']): string {
  const { windowDays, since, met, leftOut } = report;
  const head = [
    `${report.namespace}/${report.name}`,
    `Window:  ${windowDays} days${since === undefined ? '' : `, counted since ${since}`}`,
    met === undefined
      ? `Met:     unknown: ${NOT_MEASURED[from]}`
      : `Met:     ${met.status} (${met.reason}): ${met.message}`,
  ];
  const sections = [
    head.join('\n'),
    table(['OBJECTIVE', 'PROMISED', 'KEPT', 'BUDGET-LEFT', ...report.burnRates.map(burnHead)], rows(report)),
    leftOut.length === 0
      ? ''
      : table(
          ['LEFT-OUT', 'BECAUSE'],
          leftOut.map(({ pod, because }) => [pod, because]),
        ),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

/** A line for each PresenceCluster; `wide` has the burn rates. */
export function sloTable(reports: readonly SloReport[], wide: boolean): string {
  const windows = reports.find(({ burnRates }) => burnRates.length > 0)?.burnRates ?? [];
  const head = ['NAMESPACE', 'NAME', 'MET', 'UPDATES', 'UPDATES-BUDGET', 'JOINS', 'JOINS-BUDGET'];
  const burn = windows.map(burnHead);
  return table(
    wide ? [...head, ...burn, 'SINCE', 'LEFT-OUT'] : head,
    reports.map((report) => {
      const { updates, joins } = report;
      const narrow = [
        report.namespace,
        report.name,
        metCell(report),
        percent(updates.attainment),
        percent(updates.budgetLeft),
        percent(joins.attainment),
        percent(joins.budgetLeft),
      ];
      if (!wide) return narrow;
      const rates = windows.map(({ window }) => {
        const rate = report.burnRates.find((each) => each.window === window);
        return rate === undefined ? '-' : `${rate.updates}/${rate.joins}`;
      });
      return [...narrow, ...rates, report.since ?? '-', String(report.leftOut.length)];
    }),
  );
}

function rows(report: SloReport): string[][] {
  const { updates, joins, burnRates, withinMilliseconds } = report;
  return [
    [
      `updates seen within ${withinMilliseconds} ms`,
      percent(updates.objective),
      percent(updates.attainment),
      percent(updates.budgetLeft),
      ...burnRates.map((rate) => String(rate.updates)),
    ],
    [
      'joins taken',
      percent(joins.objective),
      percent(joins.attainment),
      percent(joins.budgetLeft),
      ...burnRates.map((rate) => String(rate.joins)),
    ],
  ];
}

function burnHead({ window }: SloReport['burnRates'][number]): string {
  return `BURN-${window.toUpperCase()}`;
}

function metCell({ met }: SloReport): string {
  if (met === undefined) return 'Unknown';
  return met.status === 'True' ? 'True' : `${met.status} (${met.reason})`;
}

function percent(value: number | undefined): string {
  return value === undefined ? '-' : `${value} %`;
}
