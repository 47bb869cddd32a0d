import type { ChangeFreezeStatus } from '../../api/v1alpha1/change-freeze.ts';
import type { CHANGE_FREEZE_CONDITIONS } from '../../api/v1alpha1/conditions.ts';
import type { ChangeFreeze } from '../../api/v1alpha1/kinds.ts';
import { formatInstant } from '../../domain/calendar/instant.ts';
import type { ChangeFreezePlan } from '../../domain/change-freeze/change-freeze-plan.ts';
import { resourceName } from '../../domain/change-freeze/change-freeze-text.ts';
import type { LeaseState } from '../../domain/freeze/clock/lease-state.ts';
import { freezeAt } from '../../domain/freeze/freeze-at.ts';
import { toRolloutFreezeWindows } from '../../domain/freeze/rollout-freeze-windows.ts';
import { notSeen } from '../freeze-clock/not-seen.ts';
import { type AnyCondition, stampConditions } from '../objects/conditions.ts';

type ChangeFreezeCondition = AnyCondition<typeof CHANGE_FREEZE_CONDITIONS>;

/** What became of writing the windows into the Namespace. */
export type Written =
  | { kind: 'Written' }
  | { kind: 'NotWritten'; reason: 'NoRoom' | 'NotWritten' | 'ProtectedNamespace'; message: string };

export interface StatusInput {
  plan: ChangeFreezePlan;
  lease: LeaseState;
  written: Written;
  /** Custom resources that the policies match, as `RESOURCE.GROUP`. */
  matchedResources: readonly string[];
  now: Date;
}

/** The status of a ChangeFreeze at one instant; pure. */
export function changeFreezeStatusAt(freeze: ChangeFreeze, input: StatusInput): ChangeFreezeStatus {
  const { plan, now } = input;
  const { generation } = freeze.metadata;
  const enforced = enforcedCondition(freeze, input);
  const conditions = stampConditions<typeof CHANGE_FREEZE_CONDITIONS>(
    [readyCondition(plan, enforced), acceptedCondition(plan), enforced],
    freeze.status?.conditions,
    generation,
    formatInstant(now),
  );
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...windowsIn(freeze, plan, now),
    conditions,
  };
}

/** What is not accepted changes nothing: the windows that were written last are still those that hold. */
function windowsIn({ status }: ChangeFreeze, plan: ChangeFreezePlan, now: Date): ChangeFreezeStatus {
  if (plan.accepted) {
    return {
      phase: freezeAt(plan.windows, now).active ? 'Frozen' : 'Open',
      windows: toRolloutFreezeWindows(plan.windows),
      knownUntil: formatInstant(plan.knownUntil),
    };
  }
  if (status?.windows === undefined) return {};
  const ahead = status.windows.filter(({ until }) => new Date(until) > now);
  return {
    phase: ahead.some(({ from }) => new Date(from) <= now) ? 'Frozen' : 'Open',
    windows: ahead,
    ...(status.knownUntil === undefined ? {} : { knownUntil: status.knownUntil }),
  };
}

function acceptedCondition(plan: ChangeFreezePlan): ChangeFreezeCondition {
  const type = 'Accepted';
  return plan.accepted
    ? { type, status: 'True', reason: 'Accepted', message: 'The spec is in use.' }
    : { type, status: 'False', reason: plan.reason, message: plan.message };
}

function readyCondition(plan: ChangeFreezePlan, enforced: ChangeFreezeCondition): ChangeFreezeCondition {
  const type = 'Ready';
  const { message } = enforced;
  if (!plan.accepted) return { type, status: 'False', reason: 'NotAccepted', message: plan.message };
  return enforced.status === 'True'
    ? { type, status: 'True', reason: 'Enforced', message }
    : { type, status: 'False', reason: 'NotEnforced', message };
}

const LEASE_CAUSES = {
  LeaseNotFound: 'is not there',
  LeaseNotRead: 'may not be read by the operator',
  LeaseStale: 'is not renewed',
  LeaseAhead: 'is ahead of the time of the operator',
} as const;

function enforcedCondition(
  { spec }: ChangeFreeze,
  { plan, lease, written, matchedResources }: StatusInput,
): ChangeFreezeCondition {
  const type = 'Enforced';
  const isNot = (reason: Exclude<ChangeFreezeCondition['reason'], 'Enforced'>, message: string) =>
    ({ type, status: 'False', reason, message }) as ChangeFreezeCondition;
  if (!plan.accepted) {
    return isNot('NotAccepted', `Windows of an earlier spec hold until they end: ${plan.message}`);
  }
  switch (lease.kind) {
    case 'Off':
      return isNot(
        'NoClock',
        'The chart is installed without admissionPolicies.clock, so nothing is refused.',
      );
    case 'Unknown':
      return isNot('NoClock', 'The Lease that tells the time could not be asked for yet.');
    case 'Unusable':
      return isNot(
        'NoClock',
        `Lease ${lease.lease} ${LEASE_CAUSES[lease.reason]}: the policies cannot tell the time.`,
      );
    case 'NotSeen':
      return isNot('NoClock', notSeen(lease));
    case 'Renewed':
      break;
  }
  if (written.kind === 'NotWritten') return isNot(written.reason, written.message);
  const unmatched = spec.customResources.map(resourceName).filter((name) => !matchedResources.includes(name));
  if (unmatched.length > 0) {
    return isNot(
      'ResourceNotMatched',
      `Add to the chart value changeFreezes.customResources: ${unmatched.join(', ')}. The other kinds are frozen.`,
    );
  }
  return {
    type,
    status: 'True',
    reason: 'Enforced',
    message: 'The API server refuses changes in the windows.',
  };
}
