import type { PRESENCE_CLUSTER_CONDITIONS } from '../../../api/v1alpha1/conditions.ts';
import type { PresenceCluster } from '../../../api/v1alpha1/kinds.ts';
import type { PresenceClusterStatus } from '../../../api/v1alpha1/presence-cluster-status.ts';
import type { ScalingCostStatus } from '../../../api/v1alpha1/scaling-status.ts';
import { formatInstant } from '../../../domain/calendar/instant.ts';
import { safeWindowOnTheWire } from '../../../domain/freeze/next-safe-window.ts';
import { selectorLabels } from '../../../domain/resources/manifest.ts';
import type { Acceptance } from '../../cluster-state/accepted-spec.ts';
import { withoutDefaults } from '../../cluster-state/without-defaults.ts';
import { scalingStatus } from '../../load/scaling-status.ts';
import { stampConditions } from '../../objects/conditions.ts';
import { certificateStatus } from '../conditions/certificates-condition.ts';
import type { ClusterCondition } from '../conditions/cluster-condition.ts';
import { accepted, clusterConditions } from '../conditions/conditions.ts';
import { fleetState } from '../conditions/presence-available.ts';
import { refusedConditions } from '../conditions/ready-conditions.ts';
import { dataLossOf } from '../conditions/redis-data-loss.ts';
import type { ClusterDecision } from '../plan/decide.ts';
import type { ReconcilePlan } from '../plan/reconcile-plan.ts';
import { capacityStatus } from '../plan/redis-capacity.ts';
import type { StageResults } from '../plan/stage.ts';
import { configStatus } from '../redis/configure-redis.ts';
import { revisionStatus } from '../rollout/revisions.ts';
import { costStatus } from './cost-status.ts';
import { sloStatus } from './slo-status.ts';

/** Limits of the schema. */
const MAX_MESSAGE = 1024;

/**
 * Conditions by which tools decide whether a change has arrived, with the generation of their own. The others are written with them, and
 * `kubectl wait` goes by `status.observedGeneration` where a condition has none.
 */
const GATES: ReadonlySet<string> = new Set<ClusterCondition['type']>([
  'Accepted',
  'Ready',
  'Reconciling',
  'Stalled',
]);

/**
 * The whole status of a PresenceCluster after one reconcile; pure.
 * @param results what the stages found out
 */
export function clusterStatus(
  plan: ReconcilePlan,
  results: StageResults = { refused: [] },
): PresenceClusterStatus {
  const { observed, acceptance, decision, desired } = plan;
  const { cluster } = observed;
  const fleet = fleetState(plan);
  const slo = sloStatus(observed.slo, cluster.status?.slo);
  return {
    ...(cluster.metadata.generation === undefined ? {} : { observedGeneration: cluster.metadata.generation }),
    conditions: stamp(clusterConditions(plan, results), cluster, observed.now),
    zoneData: observed.zoneData.version,
    presence: {
      replicas: observed.presencePods.length,
      readyReplicas: fleet.ready,
      ...(fleet.established === undefined ? {} : { establishedReplicas: fleet.established }),
      selector: Object.entries(selectorLabels(cluster.metadata.name, 'presence'))
        .map(([label, value]) => `${label}=${value}`)
        .join(','),
    },
    redis: redisStatus(plan),
    scaling: scalingStatus(decision.scaling, observed.demand, cluster.status?.scaling, costOf(plan)),
    freeze: freezeStatus(decision),
    ...(slo === undefined ? {} : { slo }),
    held: desired.workloads.flatMap(({ held }) =>
      held
        ? [
            {
              workload: held.workload,
              since: formatInstant(held.since),
              ...(held.until ? { until: formatInstant(held.until) } : {}),
              fields: held.fields,
            },
          ]
        : [],
    ),
    revisions: revisionStatus(desired.revisions),
    ...(acceptance.serving ? { acceptedSpec: withoutDefaults(acceptance.serving) } : {}),
  };
}

function costOf({ observed, acceptance }: ReconcilePlan): ScalingCostStatus | undefined {
  const { fleetCost } = observed;
  const { serving } = acceptance;
  return serving === undefined || fleetCost === undefined ? undefined : costStatus(serving, fleetCost);
}

/** The status of a PresenceCluster of which no spec was ever accepted. */
export function refusedStatus(
  cluster: PresenceCluster,
  acceptance: Acceptance,
  now: Date,
  zoneData: string,
): PresenceClusterStatus {
  const conditions: ClusterCondition[] = [accepted(acceptance), ...refusedConditions(acceptance)];
  return {
    ...(cluster.metadata.generation === undefined ? {} : { observedGeneration: cluster.metadata.generation }),
    conditions: stamp(conditions, cluster, now),
    zoneData,
  };
}

function stamp(
  conditions: ClusterCondition[],
  cluster: PresenceCluster,
  now: Date,
): PresenceClusterStatus['conditions'] {
  const stamped = stampConditions<typeof PRESENCE_CLUSTER_CONDITIONS>(
    conditions,
    cluster.status?.conditions,
    cluster.metadata.generation,
    formatInstant(now),
  );
  return stamped.map(({ observedGeneration, ...condition }) =>
    GATES.has(condition.type) && observedGeneration !== undefined
      ? { ...condition, observedGeneration }
      : condition,
  );
}

/** A new leader does not forget what the one before it wrote. */
function lastFailover({ cluster, lastFailover: last }: ReconcilePlan['observed']): RedisFailover | undefined {
  return last === undefined
    ? cluster.status?.redis?.lastFailover
    : { ...last, at: formatInstant(last.at), because: last.because.slice(0, MAX_MESSAGE) };
}

type RedisStatus = NonNullable<PresenceClusterStatus['redis']>;
type RedisFailover = NonNullable<RedisStatus['lastFailover']>;

function redisStatus(all: ReconcilePlan): RedisStatus {
  const { observed, decision } = all;
  const { plan } = decision;
  const before = observed.cluster.status?.redis;
  const last = lastFailover(observed);
  const certificate = certificateStatus(observed);
  const loss = dataLossOf(all) ?? before?.lastDataLoss;
  const formedAt = before?.formedAt ?? (plan.state === 'Steady' ? formatInstant(observed.now) : undefined);
  return {
    state: plan.state,
    message: plan.reason.slice(0, MAX_MESSAGE),
    slotsCovered: plan.slotsCovered,
    shards: plan.shards.map(({ index, primary, replicas, slots }) => ({
      index,
      ...(primary === undefined ? {} : { primary }),
      replicas: replicas.filter(({ linkUp }) => linkUp).map(({ pod }) => pod),
      slots,
    })),
    config: configStatus(all),
    ...(decision.capacity === undefined ? {} : { capacity: capacityStatus(decision.capacity) }),
    ...(certificate ? { certificate } : {}),
    ...(formedAt ? { formedAt } : {}),
    ...(last ? { lastFailover: last } : {}),
    ...(loss ? { lastDataLoss: loss } : {}),
  };
}

function freezeStatus({
  publishedFreeze: freeze,
  freezePlan: { nextSafeWindow: safe },
}: ClusterDecision): PresenceClusterStatus['freeze'] {
  return {
    active: freeze.active,
    ...(freeze.from ? { from: formatInstant(freeze.from) } : {}),
    ...(freeze.until ? { until: formatInstant(freeze.until) } : {}),
    ...(freeze.reason ? { reason: freeze.reason } : {}),
    weddings: freeze.weddings,
    ...(safe ? { nextSafeWindow: safeWindowOnTheWire(safe) } : {}),
  };
}
