import type { Wedding } from '../../api/v1alpha1/kinds.ts';
import { teamSize, type WeddingSpec } from '../../api/v1alpha1/wedding.ts';
import type { WeddingExclusion } from '../../api/v1alpha1/wedding-exclusion.ts';
import { parseDuration } from '../calendar/duration.ts';
import type { Interval } from '../calendar/interval.ts';
import { MS_A_DAY, parseLocalDate } from '../calendar/local-time.ts';
import { acceptWedding, type WeddingRefusal } from '../calendar/wedding-interval.ts';
import { type FreezeSpec, protectedIntervals } from './protected-intervals.ts';

/** A wedding as the rules of a freeze look at it. */
export interface FreezeWedding {
  /** What appears in windows; a hashed id where guests must stay private. */
  id: string;
  name: string;
  labels?: Record<string, string> | undefined;
  spec: WeddingSpec;
}

/** A wedding that may be disturbed. */
export interface WeddingAtRisk {
  id: string;
  /** Size of its crew. */
  people: number;
  /** From `before` the ceremony until `after` the end, also where that is on no protected day. */
  near: Interval;
  /** From the ceremony until the end. */
  on: Interval;
  /** What of `near` is protected; empty when no protected day is in it. */
  protected: Interval[];
}

export interface SkippedWedding {
  id: string;
  reason: WeddingRefusal;
  message: string;
}

/**
 * A chain of overlapping weddings is followed this far into the past, so that a window that is on keeps its start.
 * Zones add less than a day.
 */
const LOOK_BACK_DAYS = 40;

export function freezeWedding({ metadata, spec }: Wedding, id: string): FreezeWedding {
  return { id, name: metadata.name, labels: metadata.labels, spec };
}

/**
 * The weddings of the protected states that are not excluded, near a span of time.
 *
 * @param from first instant that matters, in milliseconds since the epoch
 * @param until first instant that does not matter any more
 */
export function weddingsAtRisk(
  freeze: FreezeSpec,
  weddings: readonly FreezeWedding[],
  { from, until }: Interval,
): { weddings: WeddingAtRisk[]; skipped: SkippedWedding[] } {
  const found = new Map<string, WeddingAtRisk>();
  const skipped: SkippedWedding[] = [];
  const [before, after] = [parseDuration(freeze.before), parseDuration(freeze.after)];
  const firstDay = (from - after) / MS_A_DAY - LOOK_BACK_DAYS;
  const lastDay = (until + before) / MS_A_DAY + 2;
  for (const wedding of weddings) {
    const { id, spec } = wedding;
    const day = parseLocalDate(spec.date);
    // Weddings far away are passed over without a look at their zones.
    const isFar = day !== undefined && (day < firstDay || day > lastDay);
    if (isFar || !isProtectedState(freeze, spec) || isExcluded(freeze.exclude, wedding)) continue;
    const acceptance = acceptWedding(spec);
    if (!acceptance.accepted) {
      skipped.push({ id, reason: acceptance.reason, message: acceptance.message });
      continue;
    }
    const on = { from: acceptance.ceremony.getTime(), until: acceptance.ends.getTime() };
    found.set(id, {
      id,
      people: teamSize(spec.team),
      near: { from: on.from - before, until: on.until + after },
      on,
      protected: protectedIntervals(freeze, spec, acceptance),
    });
  }
  return { weddings: [...found.values()], skipped };
}

function isProtectedState({ states }: FreezeSpec, { state }: WeddingSpec): boolean {
  return states.some((each) => each === state);
}

export function isExcluded(
  exclude: WeddingExclusion | undefined,
  { name, labels = {} }: Pick<FreezeWedding, 'name' | 'labels'>,
): boolean {
  if (exclude?.weddings?.includes(name) === true) return true;
  const wanted = Object.entries(exclude?.matchLabels ?? {});
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}
