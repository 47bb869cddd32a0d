import type { ClusterPage, ConditionRow, HeldRow, OverrideRow } from '../../api/dashboard/cluster-page.ts';
import type { FleetRow } from '../../api/dashboard/fleet.ts';
import type { RecordedStep } from '../../api/dashboard/timeline.ts';
import type { PresenceCluster, RolloutOverride } from '../../api/v1alpha1/kinds.ts';
import { formatInstant } from '../../domain/calendar/instant.ts';
import { overrideEnd } from '../../domain/freeze/override.ts';
import { decidingSpec, SpecNotAccepted } from '../../reports/deciding-spec.ts';
import { type Inventory, weddingsOf } from '../../reports/inventory.ts';
import type { ClusterEvent } from '../objects/cluster-event.ts';
import type { PlacedPod } from '../objects/placed-pod.ts';
import { clusterTimeline } from './cluster-timeline.ts';
import { explanationOf } from './explanation.ts';
import { isTrouble } from './fleet-row.ts';
import { redisPicture } from './redis-picture.ts';
import { weddingRows } from './wedding-rows.ts';

/** Of each list; the page says how many more there are. */
const MAX_ROWS = 40;

export interface ClusterPageInput {
  row: FleetRow;
  presenceCluster: PresenceCluster;
  inventory: Inventory;
  pods: ReadonlyMap<string, PlacedPod>;
  events: readonly ClusterEvent[];
  recorded: readonly RecordedStep[];
  /** Span of the timeline. */
  from: Date;
  until: Date;
  now: Date;
}

/** Everything that the page of one PresenceCluster shows, computed by the functions that the operator decides with. */
export function clusterPage(input: ClusterPageInput): ClusterPage {
  const { row, presenceCluster, inventory, now } = input;
  const conditions = conditionRows(presenceCluster);
  const held = (presenceCluster.status?.held ?? []).map(heldRow);
  const overrides = overrideRows(presenceCluster, inventory, now);
  const events = input.events.map((event) => event.row).sort((a, b) => (a.at < b.at ? 1 : -1));
  const weddings = weddingRows(weddingsOf(inventory, presenceCluster), now);
  const left = (list: readonly unknown[]): number => Math.max(0, list.length - MAX_ROWS);
  const page: ClusterPage = {
    row,
    ...computed(input),
    conditions: conditions.slice(0, MAX_ROWS),
    held: held.slice(0, MAX_ROWS),
    overrides: overrides.slice(0, MAX_ROWS),
    events: events.slice(0, MAX_ROWS),
    weddings: weddings.slice(0, MAX_ROWS),
    notShown: {
      conditions: left(conditions),
      held: left(held),
      overrides: left(overrides),
      events: left(events),
      weddings: left(weddings),
    },
  };
  const redis = redisPicture(presenceCluster, input.pods);
  if (redis !== undefined) page.redis = redis;
  return page;
}

/** The page of an object that breaks its schema: its name and what is wrong. */
export function brokenPage(row: FleetRow): ClusterPage {
  return {
    row,
    notComputed: row.stateBecause,
    conditions: [],
    held: [],
    overrides: [],
    events: [],
    weddings: [],
    notShown: { conditions: 0, held: 0, overrides: 0, events: 0, weddings: 0 },
  };
}

/** What needs a spec: without one that was ever accepted, the rest of the page is shown. */
function computed(
  input: ClusterPageInput,
): Pick<ClusterPage, 'note' | 'explanation' | 'timeline' | 'notComputed'> {
  const { presenceCluster, inventory, now } = input;
  try {
    const { note } = decidingSpec(presenceCluster);
    const explanation = explanationOf(presenceCluster, inventory, now, true);
    const timeline = clusterTimeline(input);
    return note === undefined ? { explanation, timeline } : { note, explanation, timeline };
  } catch (error) {
    if (error instanceof SpecNotAccepted || error instanceof RangeError)
      return { notComputed: error.message };
    throw error;
  }
}

function conditionRows({ status }: PresenceCluster): ConditionRow[] {
  return (status?.conditions ?? [])
    .map((condition) => ({
      type: condition.type,
      status: condition.status,
      reason: condition.reason,
      message: condition.message,
      since: condition.lastTransitionTime,
      isTrouble: isTrouble(condition),
    }))
    .sort((a, b) => Number(b.isTrouble) - Number(a.isTrouble));
}

function heldRow({
  workload,
  since,
  until,
  fields,
}: NonNullable<NonNullable<PresenceCluster['status']>['held']>[number]): HeldRow {
  return until === undefined ? { workload, since, fields } : { workload, since, until, fields };
}

/** Overrides that are open or ended within the last day, the latest end first. */
function overrideRows({ metadata }: PresenceCluster, inventory: Inventory, now: Date): OverrideRow[] {
  return inventory.rolloutOverrides
    .filter(({ spec }) => spec.presenceClusterName === metadata.name)
    .map((override) => overrideRow(override, now))
    .filter(({ until }) => now.getTime() - Date.parse(until) < RECENT_MS)
    .sort((a, b) => Date.parse(b.until) - Date.parse(a.until));
}

const RECENT_MS = 86_400_000;

function overrideRow(override: RolloutOverride, now: Date): OverrideRow {
  const { metadata, spec, status } = override;
  const until = metadata.creationTimestamp === undefined ? new Date(spec.expiresAt) : overrideEnd(override);
  const written = status?.conditions?.find(({ type }) => type === 'Active')?.status ?? 'Unknown';
  return {
    name: metadata.name,
    requestedBy: spec.requestedBy,
    ticket: spec.ticket,
    reason: spec.reason,
    scope: spec.scope,
    until: formatInstant(until),
    active: until <= now ? 'False' : written,
  };
}
