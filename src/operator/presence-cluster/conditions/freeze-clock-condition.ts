import type { LeaseState } from '../../../domain/freeze/clock/lease-state.ts';
import { notSeen } from '../../freeze-clock/not-seen.ts';
import type { ClusterCondition } from './cluster-condition.ts';
import { sentence } from './sentence.ts';

const PHASE_RULES =
  'Deletes, evictions and scaling are judged by the phase that the operator wrote last: from a minute before a freeze, and only while the operator is up.';

/** Whether a freeze of deletes, evictions and scaling holds while the operator is down; no condition without a configured Lease. */
export function freezeClockCondition(
  state: LeaseState,
  windowsNotWritten: string | undefined,
): ClusterCondition[] {
  const type = 'FreezeClock';
  switch (state.kind) {
    case 'Off':
    case 'Unknown':
      return [];
    case 'Unusable': {
      const left = windowsNotWritten === undefined ? '' : ` ${sentence(windowsNotWritten)}`;
      const message = `${WHY[state.reason](`Lease ${state.lease}`)} ${PHASE_RULES}${left}`;
      return [{ type, status: 'False', reason: state.reason, message }];
    }
    case 'NotSeen': {
      const left = windowsNotWritten === undefined ? '' : ` ${sentence(windowsNotWritten)}`;
      const message = `${notSeen(state)} ${BOTH_RULE}${left}`;
      return [{ type, status: 'False', reason: state.reason, message }];
    }
    case 'Renewed': {
      if (windowsNotWritten !== undefined) {
        const message = `${sentence(windowsNotWritten)} ${PHASE_RULES}`;
        return [{ type, status: 'False', reason: 'WindowsNotWritten', message }];
      }
      const message = `Deletes, evictions and scaling are judged by the time of Lease ${state.lease}, also while the operator is down.`;
      return [{ type, status: 'True', reason: 'LeaseRenewed', message }];
    }
  }
}

const BOTH_RULE =
  'Until then deletes, evictions and scaling are also judged by the phase that the operator wrote last: from a minute before a freeze, and only while the operator is up.';

const WHY = {
  LeaseNotFound: (lease: string) => `${lease} does not exist.`,
  LeaseNotRead: (lease: string) => `The operator may not read ${lease}.`,
  LeaseStale: (lease: string) => `${lease} is not renewed.`,
  LeaseAhead: (lease: string) => `${lease} is renewed by a clock that is ahead of the operator's.`,
} as const;
