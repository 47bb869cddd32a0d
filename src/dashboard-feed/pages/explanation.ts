import type { Explanation } from '../../api/dashboard/explanation.ts';
import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { zonesInForce } from '../../domain/calendar/zones/zones-in-force.ts';
import { decidingSpec } from '../../reports/deciding-spec.ts';
import { explainReport } from '../../reports/explain-report.ts';
import { type Inventory, weddingsOf } from '../../reports/inventory.ts';

/**
 * What `kubectl presence explain` says, for a page.
 *
 * @param asDecided tell what the operator has decided, where it has; otherwise the plan for `at`
 * @throws {SpecNotAccepted} when no spec of the PresenceCluster was ever accepted
 */
export function explanationOf(
  presenceCluster: PresenceCluster,
  inventory: Inventory,
  at: Date,
  asDecided: boolean,
): Explanation {
  const report = explainReport({
    presenceCluster,
    spec: decidingSpec(presenceCluster).spec,
    weddings: weddingsOf(inventory, presenceCluster),
    at,
    asDecided,
    tzdb: zonesInForce().version,
  });
  const explanation: Explanation = {
    at: report.at,
    timeZone: report.timeZone,
    desired: report.desired,
    floor: report.floor,
    winner: report.winner,
    because: report.because,
    candidates: report.candidates,
    clamps: report.clamps,
    activeWeddings: report.inputs.activeWeddings ?? 0,
    people: report.inputs.teamMembers ?? 0,
  };
  const { active, from, until, reason = '' } = report.frozen;
  if (active && from !== undefined && until !== undefined) explanation.freeze = { from, until, reason };
  if (report.nextChange !== undefined) explanation.nextChange = report.nextChange;
  return explanation;
}
