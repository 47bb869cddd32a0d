import { MAX_WINDOW_MS, type SpecWindow } from '../../api/v1alpha1/freeze-window.ts';
import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { formatInstant } from '../calendar/instant.ts';
import { mergeIntervals } from '../calendar/interval.ts';
import {
  type NamedInterval,
  resolveSpecWindow,
  resolveSpecWindows,
  type WindowRefusal,
} from './spec-windows.ts';

/** 31 local days have an hour or two more when clocks go back in them. */
const CLOCK_CHANGE_MS = 2 * 60 * 60 * 1000;
const LONGEST_MS = MAX_WINDOW_MS + CLOCK_CHANGE_MS;
const LISTS = ['windows', 'allowWindows'] as const;

type Spec = Pick<PresenceClusterSpec, 'freeze' | 'timeZone'>;
type List = (typeof LISTS)[number];

export interface FreezeRefusal {
  reason: WindowRefusal['reason'] | 'EndlessFreeze';
  message: string;
}

/** Why `spec.freeze` cannot be used, in what no schema can express; undefined when it can. */
export function refuseFreeze({ freeze, timeZone }: Spec): FreezeRefusal | undefined {
  for (const list of LISTS) {
    for (const [index, window] of freeze[list].entries()) {
      const refusal = refuseWindow(window, timeZone);
      if (refusal === undefined) continue;
      return { ...refusal, message: `spec.freeze.${list}[${index}] (${window.name}): ${refusal.message}` };
    }
  }
  const windows = resolveSpecWindows(freeze.windows, timeZone);
  const endless = mergeIntervals(windows).find(({ from, until }) => until - from > LONGEST_MS);
  if (endless === undefined) return undefined;
  const names = windows.filter(({ from, until }) => from < endless.until && endless.from < until);
  return {
    reason: 'EndlessFreeze',
    message: `spec.freeze.windows: ${namesOf(names)} join to a freeze of ${days(endless.until - endless.from)} days; at most 31 at a stretch leave time for patches`,
  };
}

/**
 * Remarks about harmless oddities of a spec: windows that overlap. Windows of one list act as one; where
 * a manual window and an allow window overlap, it is frozen.
 */
export function freezeRemarks({ freeze, timeZone }: Spec): string[] {
  const named = LISTS.flatMap((list) =>
    resolveSpecWindows(freeze[list], timeZone).map((window) => ({ list, ...window })),
  ).sort((a, b) => a.from - b.from);
  return named.flatMap((later, index) =>
    named
      .slice(0, index)
      .filter((earlier) => later.from < earlier.until)
      .map((earlier) => overlapRemark(earlier, later)),
  );
}

/** Windows that are over and never open again; a year that was mistyped makes one. */
export function endedWindowRemarks({ freeze, timeZone }: Spec, now: Date): string[] {
  return LISTS.flatMap((list) =>
    resolveSpecWindows(freeze[list], timeZone)
      .filter(({ until }) => until <= now.getTime())
      .map(({ name, until }) => `spec.freeze.${list} ${name} is over since ${formatInstant(until)}`),
  );
}

type ListedWindow = NamedInterval & { list: List };

function overlapRemark(a: ListedWindow, b: ListedWindow): string {
  const effect = a.list === b.list ? 'they act as one' : 'where they do it is frozen';
  return `spec.freeze.${a.list} ${a.name} and spec.freeze.${b.list} ${b.name} overlap; ${effect}`;
}

function refuseWindow(window: SpecWindow, timeZone: string): WindowRefusal | undefined {
  const resolution = resolveSpecWindow(window, timeZone);
  if (!resolution.placed) return { reason: resolution.reason, message: resolution.message };
  const { from, until } = resolution.window;
  if (until - from <= LONGEST_MS) return undefined;
  return {
    reason: 'InvalidFreezeWindow',
    message: `it is ${days(until - from)} days long; at most 31 are taken`,
  };
}

function namesOf(windows: readonly NamedInterval[]): string {
  return windows.map(({ name }) => name).join(', ');
}

function days(ms: number): number {
  return Math.ceil(ms / 86_400_000);
}
