import type { FreezeWindow } from './windows.ts';

type KnownWindow = Pick<FreezeWindow, 'from' | 'until' | 'reason' | 'weddings'>;

/** The freeze that is on; otherwise the next one, with `active` false; otherwise no times. */
export interface FreezeState {
  active: boolean;
  from?: Date;
  until?: Date;
  reason?: string;
  weddings: string[];
}

/** What the windows say about an instant. */
export function freezeAt(windows: readonly KnownWindow[], now: Date): FreezeState {
  let next: KnownWindow | undefined;
  for (const window of windows) {
    if (window.until <= now) continue;
    if (window.from <= now) return stateOf(window, true);
    if (next === undefined || window.from < next.from) next = window;
  }
  return next === undefined ? { active: false, weddings: [] } : stateOf(next, false);
}

function stateOf({ from, until, reason, weddings }: KnownWindow, active: boolean): FreezeState {
  return { active, from, until, reason, weddings };
}
