import { formatWallClock } from '../../domain/calendar/instant.ts';
import type { ExplainReport } from '../../reports/explain-report.ts';
import { loadLines } from '../../reports/published-decision.ts';
import { table } from '../output/table.ts';
import { freezeSentence } from './freeze-sentence.ts';

/** The report for people. `nameOf` turns the id of a wedding into its name, where it is known. */
export function explainText(report: ExplainReport, nameOf: (id: string) => string): string {
  const { timeZone, nextChange, inputs } = report;
  const local = (instant: string): string => `${formatWallClock(timeZone, new Date(instant))} ${timeZone}`;
  const candidates = report.candidates.map(({ source, replicas, because }) => [
    source === report.winner ? `* ${source}` : `  ${source}`,
    String(replicas),
    because,
  ]);
  const lines = [
    `${report.namespace}/${report.name} at ${local(report.at)} (${report.at})`,
    `${report.desired} presence pods (floor ${report.floor}, mode ${inputs.mode})`,
    report.because,
    '',
    table(['  FROM', 'PODS', 'BECAUSE'], candidates),
    '',
    `Weddings:     ${inputs.activeWeddings ?? 0} on, ${inputs.teamMembers ?? 0} people`,
    ...(report.load === undefined ? [] : loadLines(report.load)),
    `Freeze:       ${freezeSentence(report.frozen, timeZone, nameOf)}`,
    nextChange === undefined
      ? 'Next change:  none'
      : `Next change:  ${nextChange.expect} pods at ${local(nextChange.at)} (${nextChange.at}): ${nextChange.because}`,
    `Zone data:    ${report.tzdb}`,
  ];
  return lines.join('\n');
}
