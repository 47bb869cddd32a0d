import type { ClusterState, FleetRow, FreezeSpan } from '../../api/dashboard/fleet.ts';
import type { Condition } from '../../api/schema/fields.ts';
import { type ConditionEntry, PRESENCE_CLUSTER_CONDITIONS } from '../../api/v1alpha1/conditions.ts';
import type { PresenceCluster, Wedding } from '../../api/v1alpha1/kinds.ts';
import { teamSize } from '../../api/v1alpha1/wedding.ts';
import { isIanaTimeZone } from '../../domain/calendar/iana-zone.ts';
import { acceptWedding } from '../../domain/calendar/wedding-interval.ts';
import { type Inventory, weddingsOf } from '../../reports/inventory.ts';
import { statusReport } from '../../reports/status-report.ts';

const CATALOGUE: Readonly<Record<string, ConditionEntry>> = PRESENCE_CLUSTER_CONDITIONS;
/** What a row has room for. */
const MAX_SENTENCES = 6;

/** Whether a condition has the status that is trouble; the state of the row shows Ready. */
export function isTrouble({ type, status, reason }: Condition): boolean {
  const event = Object.hasOwn(CATALOGUE, type) ? CATALOGUE[type]?.event : undefined;
  if (event?.warning === undefined || event.warning !== status) return false;
  return event.normal === undefined || !Object.hasOwn(event.normal, reason);
}

/** The row of a PresenceCluster that its schema accepts. */
export function fleetRow(presenceCluster: PresenceCluster, inventory: Inventory, now: Date): FleetRow {
  const { metadata, spec } = presenceCluster;
  const report = statusReport(presenceCluster, now);
  const { fleet, conditions, nextChange, observedAt } = report;
  const on = weddingsOf(inventory, presenceCluster).filter((wedding) => isOn(wedding, now));
  const freeze = nearestFreeze(presenceCluster, inventory, now);
  const row: FleetRow = {
    key: `${metadata.namespace}/${metadata.name}`,
    namespace: metadata.namespace,
    name: metadata.name,
    timeZone: isIanaTimeZone(spec.timeZone) ? spec.timeZone : 'UTC',
    ...stateOf(conditions),
    paused: conditions.some(({ type, status }) => type === 'Paused' && status === 'True'),
    troubles: troublesOf(conditions),
    waits: waitsOf(presenceCluster, conditions),
    weddingsOn: on.length,
    people: on.reduce((sum, wedding) => sum + teamSize(wedding.spec.team), 0),
    isStale: report.isStale,
  };
  if (fleet.readyReplicas !== undefined) row.readyPods = fleet.readyReplicas;
  if (fleet.desired !== undefined) row.wantedPods = fleet.desired;
  if (fleet.floor !== undefined) row.floor = fleet.floor;
  if (fleet.because !== undefined) row.because = fleet.because;
  if (nextChange !== undefined) row.nextChange = nextChange;
  if (freeze !== undefined) row.freeze = freeze;
  if (observedAt !== undefined) row.observedAt = observedAt;
  return row;
}

/** The row of an object that breaks its schema: what it is called, and what is wrong. */
export function brokenRow(key: string, problems: readonly string[]): FleetRow {
  const [namespace = '', name = ''] = key.split('/', 2);
  return {
    key,
    namespace,
    name,
    timeZone: 'UTC',
    state: 'Broken',
    stateBecause: `The object breaks its schema: ${problems.join('; ')}`,
    paused: false,
    troubles: [],
    waits: [],
    weddingsOn: 0,
    people: 0,
    isStale: false,
  };
}

function stateOf(conditions: readonly Condition[]): { state: ClusterState; stateBecause: string } {
  const ready = conditions.find(({ type }) => type === 'Ready');
  if (ready === undefined)
    return { state: 'Unknown', stateBecause: 'The operator has not written a status yet.' };
  const trouble = conditions.find((condition) => condition.type !== 'Ready' && isTrouble(condition));
  if (ready.status !== 'True')
    return { state: 'NotReady', stateBecause: `${ready.reason}: ${ready.message}` };
  if (trouble !== undefined)
    return { state: 'Attention', stateBecause: `${trouble.reason}: ${trouble.message}` };
  return { state: 'Ready', stateBecause: ready.message };
}

function waitsOf({ status }: PresenceCluster, conditions: readonly Condition[]): string[] {
  const held = (status?.held ?? []).map(
    ({ workload, fields }) => `${workload} waits: ${fields.slice(0, 2).join(', ')}`,
  );
  if (held.length > 0) return held.slice(0, MAX_SENTENCES);
  return conditions.filter(isHeld).map(({ reason, message }) => `${reason}: ${message}`);
}

/** A rollout that waits without a field that differs: the next Redis pod, or a pause. */
function isHeld({ type, status }: Condition): boolean {
  return type === 'RolloutHeld' && status === 'True';
}

function troublesOf(conditions: readonly Condition[]): string[] {
  return conditions
    .filter((condition) => condition.type !== 'Ready' && isTrouble(condition))
    .map(({ reason, message }) => `${reason}: ${message}`)
    .slice(0, MAX_SENTENCES);
}

/** The freeze that is on or the next one: as the operator wrote it for the API server, otherwise as its status has it. */
function nearestFreeze(
  { metadata, status }: PresenceCluster,
  inventory: Inventory,
  now: Date,
): FreezeSpan | undefined {
  const written = inventory.rolloutFreezes.find(
    (freeze) => freeze.metadata.namespace === metadata.namespace && freeze.metadata.name === metadata.name,
  );
  const window = written?.spec.windows.find(({ until }) => Date.parse(until) > now.getTime());
  if (window !== undefined) return { from: window.from, until: window.until, reason: window.reason };
  const { from, until, reason = '' } = status?.freeze ?? {};
  const isAhead = from !== undefined && until !== undefined && Date.parse(until) > now.getTime();
  return isAhead ? { from, until, reason } : undefined;
}

/** Whether it is between its ceremony and its end. */
export function isOn({ spec }: Wedding, now: Date): boolean {
  if (spec.state !== 'Confirmed') return false;
  const times = acceptWedding(spec);
  return times.accepted && times.ceremony <= now && now < times.ends;
}
