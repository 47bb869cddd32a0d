import { EVENT_NOTES } from '../../objects/event-notes.ts';
import type { Revision } from '../rollout/revisions.ts';
import type { ClusterCondition } from './cluster-condition.ts';

/** Whether the last good revision runs in the place of the one that the spec asks for; pure. */
export function revertedCondition(revisions: readonly Revision[]): ClusterCondition {
  const type = 'RolloutReverted';
  const sentences = revisions.flatMap(revertedSentence);
  return sentences.length === 0
    ? { type, status: 'False', reason: 'NoRolloutReverted', message: 'No revision was reverted.' }
    : { type, status: 'True', reason: 'DeadlineExceeded', message: sentences.join(' ') };
}

/** The sentence about a revision that was reverted; empty for any other. */
export function revertedSentence({ component, record, target }: Revision): string[] {
  if (record.state !== 'Reverted' || target !== 'Good') return [];
  const { because, revision } = record;
  return [EVENT_NOTES.reverted(component, because, revision)];
}
