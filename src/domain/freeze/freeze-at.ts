import type { FreezeWindow } from './windows.ts';

/** The freeze that is on; otherwise the next one, with `active` false; otherwise no times. */
export interface FreezeState {
  active: boolean;
  from?: Date;
  until?: Date;
  reason?: string;
  weddings: string[];
}

/** What the windows say about an instant. */
export function freezeAt(windows: readonly FreezeWindow[], now: Date): FreezeState {
  let next: FreezeWindow | undefined;
  for (const window of windows) {
    if (window.until <= now) continue;
    if (window.from <= now) return { active: true, ...window };
    if (next === undefined || window.from < next.from) next = window;
  }
  return next === undefined ? { active: false, weddings: [] } : { active: false, ...next };
}
