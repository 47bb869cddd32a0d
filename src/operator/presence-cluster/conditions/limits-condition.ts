import { calendarExcess } from '../../../domain/autoscaling/calendar-excess.ts';
import {
  excessSentence,
  weddingMinimumSentence,
} from '../../../domain/autoscaling/calendar-excess-sentence.ts';
import type { ReconcilePlan } from '../plan/reconcile-plan.ts';
import type { ClusterCondition } from './cluster-condition.ts';

/** Whether maxReplicas will limit what the spec itself needs, reported ahead of time; no condition in mode Off. */
export function limitsCondition({
  observed: { now },
  acceptance: { serving },
}: ReconcilePlan): ClusterCondition[] {
  if (serving === undefined || serving.scaling.mode === 'Off') return [];
  const type = 'CalendarWithinLimits';
  const { scaling } = serving;
  const excess = calendarExcess(serving, now);
  const sentences = [
    excess && excessSentence(scaling, excess, now),
    // Multipliers does not look at weddings.
    scaling.mode === 'Multipliers' ? undefined : weddingMinimumSentence(scaling),
  ].filter((sentence) => sentence !== undefined);
  if (sentences.length > 0)
    return [{ type, status: 'False', reason: 'AboveMaxReplicas', message: sentences.join(' ') }];
  const message = 'Season and peak need no more than maxReplicas in the next 366 days.';
  return [{ type, status: 'True', reason: 'WithinLimits', message }];
}
