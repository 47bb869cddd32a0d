import type { Acceptance } from '../../cluster-state/accepted-spec.ts';
import { type Deletion, deletionOf } from '../../cluster-state/deletion.ts';
import type { ReconcilePlan } from '../plan/reconcile-plan.ts';
import type { ClusterCondition } from './cluster-condition.ts';
import { lastedMs } from './grace.ts';
import { fleetState } from './presence-available.ts';
import { unreadyShard } from './redis-available.ts';
import { replicasBeforeReady } from './replicated-condition.ts';

/** As the default of spec.progressDeadlineSeconds of a Deployment. */
const STALLED_AFTER_MS = 600_000;

/** The conditions that the others are summed up from. */
export interface Findings {
  readonly redis: ClusterCondition;
  readonly replicated: ClusterCondition;
  readonly presence: ClusterCondition;
  readonly applied: ClusterCondition;
  readonly dataIntact: ClusterCondition;
  readonly reverted: ClusterCondition;
}

/**
 * Ready, and what kstatus reads beside it: Reconciling and Stalled exist only while they are True, and never both.
 * Source: https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md
 */
export function readyConditions(plan: ReconcilePlan, findings: Findings): ClusterCondition[] {
  const ready = readyCondition(plan, findings);
  const stalled = stalledCondition(plan, findings, ready);
  if (stalled !== undefined) return [ready, stalled];
  const reconciling = reconcilingCondition(plan, ready);
  return reconciling === undefined ? [ready] : [ready, reconciling];
}

/** Ready and Stalled of a PresenceCluster of which no spec was ever accepted. */
export function refusedConditions({ message }: Acceptance): ClusterCondition[] {
  return [
    { type: 'Ready', status: 'False', reason: 'NotAccepted', message },
    { type: 'Stalled', status: 'True', reason: 'NotAccepted', message },
  ];
}

function readyCondition(plan: ReconcilePlan, { redis, replicated, presence }: Findings): ClusterCondition {
  const type = 'Ready';
  const { accepted, message } = plan.acceptance;
  const deletion = deletionOf(plan.observed.cluster);
  if (deletion !== undefined)
    return { type, status: 'False', reason: 'Deleting', message: heldMessage(deletion) };
  if (redis.status !== 'True')
    return { type, status: 'False', reason: 'RedisNotReady', message: redis.message };
  const unready = unreadyShard(plan);
  if (unready !== undefined) return { type, status: 'False', reason: 'ShardNotReady', message: unready };
  const unreplicated = replicasBeforeReady(plan, replicated);
  if (unreplicated !== undefined)
    return { type, status: 'False', reason: 'ReplicasMissing', message: unreplicated };
  if (presence.status !== 'True')
    return { type, status: 'False', reason: 'PresenceNotReady', message: presence.message };
  if (!accepted) return { type, status: 'False', reason: 'NotAccepted', message };
  return { type, status: 'True', reason: 'Ready', message: 'Redis and the presence pods are ready.' };
}

function heldMessage({ since, finalizers }: Deletion): string {
  const by = finalizers.join(', ');
  return `Deleted at ${since}, and held by the finalizer ${by}: it is managed and serves until that is removed.`;
}

/** What no waiting cures: a person must change something. */
function stalledCondition(
  { acceptance, observed }: ReconcilePlan,
  { applied, dataIntact, reverted }: Findings,
  ready: ClusterCondition,
): ClusterCondition | undefined {
  const type = 'Stalled';
  const status = 'True';
  if (!acceptance.accepted) return { type, status, reason: 'NotAccepted', message: acceptance.message };
  if (applied.status === 'False') return { type, status, reason: 'ObjectsRefused', message: applied.message };
  if (dataIntact.reason === 'NoCopyLeft')
    return { type, status, reason: 'DataLost', message: dataIntact.message };
  if (reverted.status === 'True')
    return { type, status, reason: 'RolloutReverted', message: reverted.message };
  if (ready.status === 'False' && lastedMs(observed, 'Ready', 'False') >= STALLED_AFTER_MS)
    return { type, status, reason: 'ProgressDeadlineExceeded', message: ready.message };
  return undefined;
}

/** The spec is being brought about. Healing and the pods of a scale-out are no change of the spec, and a held change is none yet. */
function reconcilingCondition(plan: ReconcilePlan, ready: ClusterCondition): ClusterCondition | undefined {
  const type = 'Reconciling';
  const status = 'True';
  const { observed, decision, desired } = plan;
  const isFormed = observed.cluster.status?.redis?.formedAt !== undefined || decision.plan.state === 'Steady';
  if (ready.status === 'False' && (!isFormed || fleetState(plan).established === undefined))
    return { type, status, reason: 'Starting', message: ready.message };
  if (decision.plan.state === 'Moving')
    return { type, status, reason: 'MovingSlots', message: `Redis: ${decision.plan.reason}.` };
  const rolling = desired.revisions.filter(({ record }) => record.state === 'RollingOut');
  const isHeld = decision.rolloutHold.active || desired.workloads.some(({ held }) => held !== undefined);
  if (rolling.length === 0 || isHeld) return undefined;
  const names = rolling.map(({ component }) => component).join(' and ');
  return { type, status, reason: 'RollingOut', message: `The ${names} pods are being renewed.` };
}
