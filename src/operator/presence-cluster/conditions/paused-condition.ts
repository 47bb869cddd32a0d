import { formatInstant } from '../../../domain/calendar/instant.ts';
import { type ActivePause, type PauseState, pauseEnd } from '../../../domain/pause/pause-at.ts';
import type { ClusterCondition } from './cluster-condition.ts';

const SCOPES = {
  All: ['EverythingPaused', 'no object of the PresenceCluster is changed'],
  Rollouts: ['RolloutsPaused', 'no revision goes out and no pod is renewed'],
  Scaling: ['ScalingPaused', 'the number of presence pods stays, and no slots move'],
} as const;

/** The condition Paused. It is positive: True is a state that people asked for. */
export function pausedCondition(pause: PauseState): ClusterCondition {
  const type = 'Paused';
  if (pause.active) {
    const [reason, stopped] = SCOPES[pause.scope];
    const message = `Paused ${pauseEnd(pause)}, by ${pause.by}: ${stopped}. ${healing(pause)}`;
    return { type, status: 'True', reason, message };
  }
  if (pause.problem !== undefined)
    return { type, status: 'False', reason: 'InvalidAnnotation', message: pause.problem };
  if (pause.ended === undefined)
    return { type, status: 'False', reason: 'NotPaused', message: 'No pause is asked for.' };
  const message = `The pause ended at ${formatInstant(pause.ended)}; spec.paused or the annotation can be removed.`;
  return { type, status: 'False', reason: 'PauseEnded', message };
}

function healing(pause: ActivePause): string {
  return pause.healing
    ? 'Redis is repaired and fails over as usual, and freezes hold.'
    : 'The operator repairs nothing (healing is false); Redis fails over by its own election, and freezes hold.';
}
