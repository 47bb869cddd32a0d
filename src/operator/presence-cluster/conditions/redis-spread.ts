import { pauseEnd, pausesRollouts } from '../../../domain/pause/pause-at.ts';
import { planRenewal, type RenewalPlan } from '../../../domain/rollout/plan-renewal.ts';
import {
  evaluateMajority,
  type MajorityVerdict,
  type Renewal,
} from '../../../domain/topology/node-majority.ts';
import { isReady } from '../../cluster-state/pod.ts';
import type { ReconcilePlan } from '../plan/reconcile-plan.ts';
import { certificatesCondition } from './certificates-condition.ts';
import { credentialsCondition } from './credentials-condition.ts';

export type SpreadPlan = Pick<ReconcilePlan, 'observed' | 'acceptance' | 'decision' | 'desired' | 'roll'>;

/** Nodes are counted only when it matters: there may be thousands. */
export function majorityOf({ observed, decision: { plan } }: SpreadPlan): MajorityVerdict {
  const verdict = evaluateMajority(observed.topology, plan, undefined);
  return verdict.kind === 'Spread' || verdict.kind === 'Unknown'
    ? verdict
    : evaluateMajority(observed.topology, plan, observed.schedulableNodes());
}

/** Which replica is renewed to spread the primaries, and when: what `planRenewal` of the domain says of this PresenceCluster. */
export function renewalOf(
  { observed, acceptance, decision, desired, roll }: SpreadPlan,
  renewals: readonly Renewal[],
): RenewalPlan {
  const { storage, replicasPerShard = 1 } = acceptance.serving?.redis ?? {};
  const notCurrent = [credentialsCondition(observed), ...certificatesCondition(observed)].find(
    ({ status }) => status !== 'True',
  );
  return planRenewal({
    renewals,
    plan: decision.plan,
    notReady: observed.redisPods.find((pod) => !isReady(pod))?.metadata.name,
    replicasPerShard,
    hasClaims: storage?.type !== 'EmptyDir',
    nodesKnown: observed.schedulableNodes() !== undefined,
    pausedBecause: pausesRollouts(decision.pause) ? `paused ${pauseEnd(decision.pause)}` : undefined,
    publishedFreeze: decision.publishedFreeze,
    effectiveFreeze: decision.effectiveFreeze,
    rolling:
      roll.kind !== 'none' ||
      desired.workloads.some(({ released }) => released) ||
      desired.revisions.some(
        ({ component, record }) => component === 'redis' && record.state === 'RollingOut',
      ),
    secretNotCurrent: notCurrent && `condition ${notCurrent.type} is ${notCurrent.reason}`,
    isTried: (renewal) => observed.renewals.isTried(renewal),
    notBefore: observed.renewals.notBefore,
    now: observed.now,
  });
}
