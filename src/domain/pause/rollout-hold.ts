import type { FreezeState } from '../freeze/freeze-at.ts';
import { type PauseState, pausesRollouts } from './pause-at.ts';

/**
 * What holds the operator's own rollouts: the freeze, the pause, or both, until the later end. A pause adds to a freeze and
 * never takes from it.
 */
export function rolloutHold(freeze: FreezeState, pause: PauseState): FreezeState {
  if (!pausesRollouts(pause)) return freeze;
  const reason = freeze.active && freeze.reason !== undefined ? freeze.reason : 'paused';
  const paused: FreezeState = {
    active: true,
    reason,
    weddings: freeze.active ? freeze.weddings : [],
    ...(freeze.active && freeze.from ? { from: freeze.from } : {}),
  };
  const until = laterEnd(freeze, pause.until);
  return until === undefined ? paused : { ...paused, until };
}

function laterEnd(freeze: FreezeState, until: Date | undefined): Date | undefined {
  if (!freeze.active || until === undefined) return until;
  return freeze.until !== undefined && freeze.until > until ? freeze.until : until;
}
