import type { Band, RecordedStep, Timeline } from '../../api/dashboard/timeline.ts';
import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { calendarSegments } from '../../domain/calendar/calendar-segments.ts';
import { formatInstant } from '../../domain/calendar/instant.ts';
import { freezeWedding } from '../../domain/freeze/protected-weddings.ts';
import { freezeWindows } from '../../domain/freeze/windows.ts';
import { decidingSpec } from '../../reports/deciding-spec.ts';
import { freezesOf } from '../../reports/freeze-plan.ts';
import { type Inventory, weddingsOf } from '../../reports/inventory.ts';
import { changes, timeline } from '../../reports/timeline.ts';
import { idOf } from '../../reports/wedding-ids.ts';
import { weddingRows } from './wedding-rows.ts';

const MS_A_DAY = 86_400_000;
/** More than a screen can show apart. */
const MAX_BANDS = 300;

export interface TimelineInput {
  presenceCluster: PresenceCluster;
  inventory: Inventory;
  recorded: readonly RecordedStep[];
  from: Date;
  until: Date;
  now: Date;
}

/**
 * Pods behind and ahead of now, with the bands that explain them. The plan is what `kubectl presence simulate` computes.
 *
 * @throws {SpecNotAccepted} when no spec of the PresenceCluster was ever accepted
 */
export function clusterTimeline(input: TimelineInput): Timeline {
  const { presenceCluster, inventory, recorded, from, until } = input;
  const { spec } = decidingSpec(presenceCluster);
  const weddings = weddingsOf(inventory, presenceCluster);
  const steps = changes(timeline({ spec, weddings, windows: [], from, to: until }));
  const bands = [
    ...freezeBands(input, spec),
    ...peakBands(spec, from, until),
    ...overrideBands(input),
    ...weddingRows(weddings, from, until).map(
      ({ name, ceremony, ends, people, state }): Band => ({
        kind: 'Wedding',
        from: ceremony,
        until: ends,
        label: `${name}, ${people} people, ${state}`,
      }),
    ),
  ];
  return {
    from: formatInstant(from),
    until: formatInstant(until),
    planned: steps.map((step) => ({
      at: formatInstant(step.from),
      pods: step.desired,
      floor: step.floor,
      because: step.because,
    })),
    recorded: recorded.filter(({ at }) => Date.parse(at) >= from.getTime()),
    bands: bands.slice(0, MAX_BANDS),
    notShown: Math.max(0, bands.length - MAX_BANDS),
  };
}

/** Ahead as the operator wrote them, where it did; behind as the rules give them. */
function freezeBands(
  { presenceCluster, inventory, from, until, now }: TimelineInput,
  spec: PresenceClusterSpec,
): Band[] {
  const weddings = weddingsOf(inventory, presenceCluster).map((each) => freezeWedding(each, idOf(each)));
  const days = Math.max(1, Math.ceil((until.getTime() - from.getTime()) / MS_A_DAY));
  const behind = freezeWindows({ spec, weddings, from, days }).windows.filter(
    (window) => window.until <= now,
  );
  const ahead = freezesOf(inventory, presenceCluster, from > now ? from : now, now).windows.filter(
    (window) => Date.parse(window.from) < until.getTime(),
  );
  return [
    ...behind.map(
      (window): Band => ({
        kind: 'Freeze',
        from: formatInstant(window.from),
        until: formatInstant(window.until),
        label: window.reason,
      }),
    ),
    ...ahead.map(
      (window): Band => ({ kind: 'Freeze', from: window.from, until: window.until, label: window.reason }),
    ),
  ];
}

function peakBands({ scaling, timeZone }: PresenceClusterSpec, from: Date, until: Date): Band[] {
  const bands: Band[] = [];
  for (const segment of calendarSegments(scaling, timeZone, from.getTime())) {
    if (segment.from >= until.getTime() || bands.length >= MAX_BANDS) return bands;
    if (segment.peak === undefined) continue;
    bands.push({
      kind: 'Peak',
      from: formatInstant(segment.from),
      until: formatInstant(Math.min(segment.until, until.getTime())),
      label: `× ${segment.peak.multiplier}, season × ${Math.round(segment.season * 100) / 100}`,
    });
  }
  return bands;
}

function overrideBands({ presenceCluster, inventory, from, until }: TimelineInput): Band[] {
  const { name } = presenceCluster.metadata;
  return inventory.rolloutOverrides
    .filter(({ spec }) => spec.presenceClusterName === name)
    .flatMap(({ metadata, spec, status }): Band[] => {
      const begins = metadata.creationTimestamp;
      const ends = status?.until ?? spec.expiresAt;
      if (begins === undefined || Date.parse(ends) <= from.getTime() || Date.parse(begins) >= until.getTime())
        return [];
      return [{ kind: 'Override', from: begins, until: ends, label: `${spec.ticket}, ${spec.requestedBy}` }];
    });
}
