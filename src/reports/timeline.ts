import type { Wedding } from '../api/v1alpha1/kinds.ts';
import type { PresenceClusterSpec } from '../api/v1alpha1/presence-cluster.ts';
import type { Clamp } from '../domain/autoscaling/fleet.ts';
import { fleetSize } from '../domain/autoscaling/fleet-size.ts';
import { calendarSegments } from '../domain/calendar/calendar-segments.ts';
import type { FreezeWindow } from '../domain/freeze/windows.ts';
import { loadSpans, type Span } from './load-spans.ts';
import { looksAtLoad } from './planned-demand.ts';

/** A span of time in which nothing changes: neither the calendar nor a freeze. */
export interface TimelineStep {
  from: Date;
  until: Date;
  floor: number;
  desired: number;
  frozen: boolean;
  because: string;
  clamps: Clamp[];
}

export interface TimelineInput {
  spec: PresenceClusterSpec;
  /** Weddings that it serves; the modes that look at the load count their crews. */
  weddings?: readonly Wedding[];
  /** Freeze windows in order. */
  windows: readonly FreezeWindow[];
  from: Date;
  /** Excluded. */
  to: Date;
  /** Called now and then with the share that is done, 0 to 1. */
  onProgress?: (share: number) => void;
}

/**
 * Every span between two instants, jumping from boundary to boundary. Pods are taken to follow at once: what one span
 * wants is what there is when the next one begins.
 */
export function timeline({
  spec,
  weddings = [],
  windows,
  from,
  to,
  onProgress,
}: TimelineInput): TimelineStep[] {
  const steps: TimelineStep[] = [];
  let upcoming = 0;
  const end = to.getTime();
  const spans = looksAtLoad(spec.scaling.mode)
    ? loadSpans(spec, weddings, from.getTime(), end)
    : calendarSpans(spec, from.getTime(), end);
  for (const { from: start, until, size } of spans) {
    const { floor, desired, because, clamps } = size;
    onProgress?.((start - from.getTime()) / (end - from.getTime()));
    let at = start;
    while (at < until) {
      while ((windows[upcoming]?.until.getTime() ?? Number.POSITIVE_INFINITY) <= at) upcoming += 1;
      const part = partOf(windows[upcoming], at, until);
      steps.push({ ...part, floor, desired, because, clamps });
      at = part.until.getTime();
    }
  }
  return steps;
}

/** The spans in which nothing of the calendar changes. */
function* calendarSpans(spec: PresenceClusterSpec, from: number, end: number): Generator<Span> {
  let current = spec.scaling.mode === 'Off' ? spec.presence.replicas : undefined;
  for (const segment of calendarSegments(spec.scaling, spec.timeZone, from)) {
    if (segment.from >= end) return;
    const size = fleetSize(spec, [segment], segment.from, { current });
    current = size.desired;
    yield { from: segment.from, until: Math.min(segment.until, end), size };
  }
}

/** The part of `[at, until)` up to the next edge of a freeze window. */
function partOf(
  window: FreezeWindow | undefined,
  at: number,
  until: number,
): Pick<TimelineStep, 'from' | 'until' | 'frozen'> {
  const starts = window?.from.getTime() ?? Number.POSITIVE_INFINITY;
  const ends = window?.until.getTime() ?? Number.POSITIVE_INFINITY;
  const frozen = starts <= at;
  return { from: new Date(at), until: new Date(Math.min(until, frozen ? ends : starts)), frozen };
}

/** The steps at which the floor, the wanted number or the freeze differs from before; the first one always. */
export function changes(steps: readonly TimelineStep[]): TimelineStep[] {
  const found: TimelineStep[] = [];
  for (const step of steps) {
    const last = found.at(-1);
    const same = last?.floor === step.floor && last.desired === step.desired && last.frozen === step.frozen;
    if (last !== undefined && same) found[found.length - 1] = { ...last, until: step.until };
    else found.push(step);
  }
  return found;
}

/** The state at regular instants, from the first one on; it can be gone through more than once. */
export function resample(steps: readonly TimelineStep[], stepMs: number): Iterable<TimelineStep> {
  return {
    *[Symbol.iterator]() {
      let next = steps[0]?.from.getTime() ?? 0;
      for (const step of steps) {
        for (; next < step.until.getTime(); next += stepMs) {
          yield { ...step, from: new Date(next), until: new Date(next + stepMs) };
        }
      }
    },
  };
}
