import { OwnershipConflictError } from '../../objects/ownership-conflict.ts';
import type { ClusterCondition } from './cluster-condition.ts';

const MAX_MESSAGE = 1024;

/** Whether every object of the PresenceCluster is as it should be; pure. */
export function appliedCondition(refused: readonly Error[]): ClusterCondition {
  const type = 'ChildrenApplied';
  const [first] = refused;
  if (first === undefined) {
    return { type, status: 'True', reason: 'Applied', message: 'All objects are applied.' };
  }
  const taken = refused.find((error) => error instanceof OwnershipConflictError);
  const message = (taken ?? first).message.slice(0, MAX_MESSAGE);
  return { type, status: 'False', reason: taken === undefined ? 'Refused' : 'NameTaken', message };
}
