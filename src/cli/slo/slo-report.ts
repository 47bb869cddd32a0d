import type { Condition } from '../../api/schema/fields.ts';
import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import type { SloStatus } from '../../api/v1alpha1/slo/slo-status.ts';

/** What `slo` prints as JSON: what was promised, and what the operator has measured of it. */
export interface SloReport {
  name: string;
  namespace: string;
  windowDays: number;
  withinMilliseconds: number;
  /** Absent: nothing was measured yet. */
  since?: string;
  /** The condition SLOMet. */
  met?: Condition;
  updates: SloStatus['updates'];
  joins: SloStatus['joins'];
  burnRates: SloStatus['burnRates'];
  leftOut: SloStatus['leftOut'];
}

export function sloReport({ metadata, spec, status }: PresenceCluster): SloReport {
  const measured = status?.slo;
  const { windowDays, updates, joins } = spec.slo;
  const report: SloReport = {
    name: metadata.name,
    namespace: metadata.namespace,
    windowDays,
    withinMilliseconds: updates.withinMilliseconds,
    updates: measured?.updates ?? { objective: updates.objective },
    joins: measured?.joins ?? { objective: joins.objective },
    burnRates: measured?.burnRates ?? [],
    leftOut: measured?.leftOut ?? [],
  };
  const met = status?.conditions?.find(({ type }) => type === 'SLOMet');
  if (measured !== undefined) report.since = measured.since;
  if (met !== undefined) report.met = met;
  return report;
}
