import type { WeddingRow } from '../../api/dashboard/cluster-page.ts';
import type { FleetRow, FreezeSpan } from '../../api/dashboard/fleet.ts';
import type { RecordedStep, Timeline } from '../../api/dashboard/timeline.ts';
import type { CrewRow, WeddingPage } from '../../api/dashboard/wedding-page.ts';
import { ROLES } from '../../api/protocol/roles.ts';
import { teamSize } from '../../api/protocol/team.ts';
import { formatInstant } from '../../domain/calendar/instant.ts';
import { acceptWedding } from '../../domain/calendar/wedding-interval.ts';
import { weddingPhase } from '../../domain/calendar/wedding-phase.ts';
import { SpecNotAccepted } from '../../reports/deciding-spec.ts';
import { weddingsOf } from '../../reports/inventory.ts';
import type { ClusterEvent } from '../objects/cluster-event.ts';
import { clusterTimeline, type TimelineInput } from './cluster-timeline.ts';
import { weddingRows } from './wedding-rows.ts';

/** Of each list; the page says how many more there are. */
const MAX_ROWS = 40;
const MS_AN_HOUR = 3_600_000;
/** On both sides of the wedding: what led to it, and what waits for its end. */
const AROUND_MS = 6 * MS_AN_HOUR;

export interface WeddingPageInput extends Omit<TimelineInput, 'from' | 'until'> {
  row: FleetRow;
  /** Name of the Wedding. */
  name: string;
  events: readonly ClusterEvent[];
}

/**
 * The page of one wedding that a PresenceCluster serves.
 *
 * @returns undefined when it serves no wedding of this name
 */
export function weddingPage(input: WeddingPageInput): WeddingPage | undefined {
  const { row, presenceCluster, inventory, name, now } = input;
  const all = weddingsOf(inventory, presenceCluster);
  const spec = all.find(({ metadata }) => metadata.name === name)?.spec;
  if (spec === undefined) return undefined;
  const { date, timeZone, state, team } = spec;
  const crew = ROLES.map((role): CrewRow => ({ role, people: team[role] ?? 0 }));
  const times = acceptWedding(spec);
  const wedding: WeddingRow = {
    name,
    timeZone,
    ceremony: times.accepted ? formatInstant(times.ceremony) : date,
    ends: times.accepted ? formatInstant(times.ends) : date,
    people: teamSize(team),
    state,
  };
  const others = times.accepted ? weddingRows(all, times.ceremony, times.ends) : [];
  const otherRows = others.filter((each) => each.name !== name);
  const plan = times.accepted ? computed(input, times) : { freezes: [], notComputed: times.message };
  const lastHour = lastHourOf(input);
  const events = eventsOf(input);
  const left = (list: readonly unknown[]): number => Math.max(0, list.length - MAX_ROWS);
  return {
    row,
    wedding,
    phase: times.accepted ? weddingPhase(state, times, now) : 'Unknown',
    crew: crew.filter(({ people }) => people > 0),
    ...plan,
    lastHour: lastHour.slice(0, MAX_ROWS),
    events: events.slice(0, MAX_ROWS),
    others: otherRows.slice(0, MAX_ROWS),
    notShown: { lastHour: left(lastHour), events: left(events), others: left(otherRows) },
  };
}

interface Times {
  ceremony: Date;
  ends: Date;
}

/** What needs a spec: without one that was ever accepted, the rest of the page is shown. */
function computed(
  input: WeddingPageInput,
  times: Times,
): Pick<WeddingPage, 'freezes' | 'timeline' | 'notComputed'> {
  const from = new Date(times.ceremony.getTime() - AROUND_MS);
  const until = new Date(times.ends.getTime() + AROUND_MS);
  try {
    const timeline = clusterTimeline({ ...input, from, until });
    return { timeline, freezes: freezesDuring(timeline, times) };
  } catch (error) {
    if (error instanceof SpecNotAccepted || error instanceof RangeError)
      return { freezes: [], notComputed: error.message };
    throw error;
  }
}

function freezesDuring({ bands }: Timeline, { ceremony, ends }: Times): FreezeSpan[] {
  return bands
    .filter(({ kind }) => kind === 'Freeze')
    .filter(({ from, until }) => Date.parse(from) < ends.getTime() && Date.parse(until) > ceremony.getTime())
    .map(({ from, until, label }) => ({ from, until, reason: label }));
}

function lastHourOf({ recorded, now }: WeddingPageInput): RecordedStep[] {
  return recorded.filter(({ at }) => isRecent(at, now)).toReversed();
}

function eventsOf({ events, now }: WeddingPageInput): WeddingPage['events'] {
  return events
    .map(({ row }) => row)
    .filter(({ at }) => isRecent(at, now))
    .sort((a, b) => (a.at < b.at ? 1 : -1));
}

function isRecent(at: string, now: Date): boolean {
  return now.getTime() - Date.parse(at) < MS_AN_HOUR;
}
