import {
  type FreezeWindow as FreezeWindowOnTheWire,
  MAX_WEDDINGS_LISTED,
  MAX_WINDOWS,
} from '../../api/v1alpha1/rollout-freeze.ts';
import type { WeddingSpec } from '../../api/v1alpha1/wedding.ts';
import { parseDuration } from '../calendar/duration.ts';
import { formatInstant } from '../calendar/instant.ts';
import type { Interval } from '../calendar/interval.ts';
import { MS_A_DAY, parseLocalDate } from '../calendar/local-time.ts';
import { acceptWedding, type WeddingRefusal } from '../calendar/wedding-interval.ts';
import { type FreezeSpec, protectedIntervals } from './protected-intervals.ts';

/** A half-open window `[from, until)` in which running pods must not be changed. */
export interface FreezeWindow {
  from: Date;
  until: Date;
  /** `1 wedding`, `37 weddings`: all of them, also those that the list leaves out. */
  reason: string;
  /** Ids in order, at most 50. */
  weddings: string[];
}

export interface FreezeInput {
  freeze: FreezeSpec;
  /** `id` is what appears in windows; pass hashed ids where guests must stay private. */
  weddings: readonly { id: string; spec: WeddingSpec }[];
  /** Windows that end at or before it are left out. */
  from: Date;
  /** Windows that begin this many days later are left out. */
  days: number;
}

export interface FreezePlan {
  windows: FreezeWindow[];
  /** Confirmed weddings whose time cannot be told; they protect nothing. */
  skipped: { id: string; reason: WeddingRefusal; message: string }[];
}

interface ProtectedWedding {
  id: string;
  intervals: Interval[];
}

/**
 * A chain of overlapping weddings is followed this far into the past, so that a window that is on keeps its start.
 * Zones add less than a day.
 */
const LOOK_BACK_DAYS = 40;

/** When the pods of a PresenceCluster are frozen, because enough of its protected weddings overlap. */
export function freezeWindows(input: FreezeInput): FreezePlan {
  const { freeze, from, days } = input;
  const { weddings, skipped } = protectedWeddings(input);
  const horizon = from.getTime() + days * MS_A_DAY;
  const windows = overlaps(weddings, freeze.minActiveWeddings)
    .filter((window) => window.until > from.getTime() && window.from < horizon)
    .map((window) => describe(window, weddings));
  return { windows, skipped };
}

/** Windows as `spec.windows` of a RolloutFreeze holds them; the earliest 400, more come into view as time passes. */
export function toRolloutFreezeWindows(windows: readonly FreezeWindow[]): FreezeWindowOnTheWire[] {
  return windows.slice(0, MAX_WINDOWS).map(({ from, until, reason, weddings }) => ({
    from: formatInstant(from),
    until: formatInstant(until),
    reason,
    weddings,
  }));
}

function protectedWeddings(input: FreezeInput): {
  weddings: ProtectedWedding[];
  skipped: FreezePlan['skipped'];
} {
  const weddings = new Map<string, ProtectedWedding>();
  const skipped: FreezePlan['skipped'] = [];
  const mayMatter = dateFilter(input);
  for (const { id, spec } of input.weddings) {
    if (spec.state !== 'Confirmed' || !mayMatter(spec)) continue;
    const acceptance = acceptWedding(spec);
    if (!acceptance.accepted) {
      skipped.push({ id, reason: acceptance.reason, message: acceptance.message });
      continue;
    }
    weddings.set(id, { id, intervals: protectedIntervals(input.freeze, spec, acceptance) });
  }
  return { weddings: [...weddings.values()], skipped };
}

/** Passes over weddings far from the time in question without a look at their zones. */
function dateFilter({ freeze, from, days }: FreezeInput): (spec: WeddingSpec) => boolean {
  const now = from.getTime() / MS_A_DAY;
  const first = now - parseDuration(freeze.after) / MS_A_DAY - LOOK_BACK_DAYS;
  const last = now + days + parseDuration(freeze.before) / MS_A_DAY + 2;
  return (spec) => {
    const day = parseLocalDate(spec.date);
    return day === undefined || (first <= day && day <= last);
  };
}

/** The spans in which at least `threshold` weddings are protected at once. */
function overlaps(weddings: readonly ProtectedWedding[], threshold: number): Interval[] {
  const steps = new Map<number, number>();
  for (const { from, until } of weddings.flatMap((wedding) => wedding.intervals)) {
    steps.set(from, (steps.get(from) ?? 0) + 1);
    steps.set(until, (steps.get(until) ?? 0) - 1);
  }
  const found: Interval[] = [];
  let count = 0;
  let start: number | undefined;
  for (const [at, step] of [...steps].sort(([a], [b]) => a - b)) {
    count += step;
    if (start === undefined && count >= threshold) start = at;
    if (start !== undefined && count < threshold) {
      found.push({ from: start, until: at });
      start = undefined;
    }
  }
  return found;
}

function describe(window: Interval, weddings: readonly ProtectedWedding[]): FreezeWindow {
  const ids = weddings
    .filter((wedding) =>
      wedding.intervals.some(({ from, until }) => from < window.until && window.from < until),
    )
    .map((wedding) => wedding.id)
    .sort();
  return {
    from: new Date(window.from),
    until: new Date(window.until),
    reason: ids.length === 1 ? '1 wedding' : `${ids.length} weddings`,
    weddings: ids.slice(0, MAX_WEDDINGS_LISTED),
  };
}
