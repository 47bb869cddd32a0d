import {
  type FreezeWindow as FreezeWindowOnTheWire,
  MAX_WEDDINGS_LISTED,
  MAX_WINDOWS,
} from '../../api/v1alpha1/rollout-freeze.ts';
import { formatInstant } from '../calendar/instant.ts';
import { freezeReason } from './freeze-reason.ts';
import type { FreezeWindow } from './windows.ts';

/** Windows of the next two weeks keep their exact edges as long as there is room: plans are made for these. */
const EXACT_MS = 14 * 24 * 60 * 60 * 1000;
const JOINED = ', joined over short gaps';

/**
 * The windows as they fit into a RolloutFreeze. When there are too many, neighbours with the shortest gaps are joined,
 * those more than two weeks ahead first: nothing that was protected is lost, the gaps between are frozen as well, and
 * the reason names that. As time passes they come near and get their exact edges back.
 *
 * @param windows in order and disjoint
 */
export function boundedWindows(
  windows: readonly FreezeWindow[],
  now: Date,
  most: number = MAX_WINDOWS,
): FreezeWindow[] {
  if (windows.length <= most) return [...windows];
  const exactUntil = now.getTime() + EXACT_MS;
  const gaps = windows.slice(1).map((window, index) => {
    const before = windows[index] as FreezeWindow;
    const isExact = before.until.getTime() < exactUntil;
    return { index: index + 1, isExact, length: window.from.getTime() - before.until.getTime() };
  });
  const closed = gaps
    .sort((a, b) => Number(a.isExact) - Number(b.isExact) || a.length - b.length || b.index - a.index)
    .slice(0, windows.length - most)
    .map(({ index }) => index);
  const isClosed = new Set(closed);
  const groups: FreezeWindow[][] = [];
  for (const [index, window] of windows.entries()) {
    if (isClosed.has(index)) groups.at(-1)?.push(window);
    else groups.push([window]);
  }
  return groups.map(join);
}

function join(windows: readonly FreezeWindow[]): FreezeWindow {
  const [first, ...others] = windows as [FreezeWindow, ...FreezeWindow[]];
  const last = others.at(-1);
  if (last === undefined) return first;
  const ids = [...new Set(windows.flatMap(({ weddings }) => weddings))].sort();
  // A wedding in two windows that is not listed in one of them is counted twice: a count of at least so many.
  const total = ids.length + windows.reduce((sum, { notListed }) => sum + notListed, 0);
  const manual = [...new Set(windows.flatMap((window) => window.manual))];
  return {
    from: first.from,
    until: last.until,
    reason: freezeReason(manual, total, JOINED),
    manual,
    weddings: ids.slice(0, MAX_WEDDINGS_LISTED),
    notListed: Math.max(0, total - MAX_WEDDINGS_LISTED),
  };
}

/** Windows as `spec.windows` of a RolloutFreeze holds them; at most 200, see {@link boundedWindows}. */
export function toRolloutFreezeWindows(windows: readonly FreezeWindow[]): FreezeWindowOnTheWire[] {
  return windows.map(({ from, until, reason, weddings, notListed }) => ({
    from: formatInstant(from),
    until: formatInstant(until),
    reason,
    weddings,
    ...(notListed > 0 ? { notListed } : {}),
  }));
}
