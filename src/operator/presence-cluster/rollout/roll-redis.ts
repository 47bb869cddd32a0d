import type { PresenceClusterSpec } from '../../../api/v1alpha1/presence-cluster.ts';
import { childName } from '../../../domain/resources/child-names.ts';
import type { TopologyPlan } from '../../../domain/topology/plan.ts';
import { type LonePrimary, nextRollStep, type RollStep } from '../../../domain/topology/roll.ts';
import type { Observed, Workload } from '../../cluster-state/observed.ts';
import { isReady, type Pod } from '../../cluster-state/pod.ts';
import { shardOf } from '../../cluster-state/pod-identity.ts';

/** Label that the StatefulSet controller puts on its pods. */
export const REVISION_LABEL = 'controller-revision-hash';

/** What renewing the Redis pods needs next; StatefulSets are `OnDelete`, so no controller of Kubernetes renews them. */
export function redisRollStep(observed: Observed, plan: TopologyPlan, lonePrimary?: LonePrimary): RollStep {
  const outdated = observed.redisPods.filter((pod) => isOutdated(pod, observed));
  return nextRollStep({
    observed: observed.topology,
    plan,
    ...(lonePrimary === undefined ? {} : { lonePrimary }),
    outdated: new Set(outdated.map((pod) => pod.metadata.name)),
    notReady: observed.redisPods.filter((pod) => !isReady(pod)).map((pod) => pod.metadata.name),
    stuck: outdated
      .filter((pod) => !isReady(pod) && pod.metadata.deletionTimestamp === undefined)
      .map((pod) => ({ pod: pod.metadata.name, shard: shardOf(pod), neverStarted: neverStarted(pod) })),
  });
}

/** A shard that stops serving for a restart must not do so at a peak; a freeze stops every renewal anyway. */
export function lonePrimaryOf({ redis }: PresenceClusterSpec, peak: number): LonePrimary | undefined {
  if (redis.replicasPerShard > 0) return undefined;
  if (redis.storage.type !== 'Claim') return { kind: 'Keep' };
  return peak > 1 ? { kind: 'Wait', because: `a peak of factor ${peak} is on` } : { kind: 'Renew' };
}

/** The kubelet reports it; a pod without a report may run. */
function neverStarted({ status }: Pod): boolean {
  const all = status?.containerStatuses ?? [];
  // A sidecar may run while the server never has.
  const servers = all.filter(({ name }) => name === 'redis');
  const containers = servers.length > 0 ? servers : all;
  return (
    containers.length > 0 &&
    containers.every(
      ({ restartCount, state, lastState }) =>
        restartCount === 0 && state?.waiting !== undefined && lastState?.terminated === undefined,
    )
  );
}

function isOutdated(pod: Pod, { children, cluster }: Observed): boolean {
  const name = childName.redisShard(cluster.metadata.name, shardOf(pod));
  const statefulSet = children.get(`StatefulSet/${name}`) as Workload | undefined;
  const { updateRevision, observedGeneration } = statefulSet?.status ?? {};
  // Until the StatefulSet controller has seen the newest template, its revision speaks of an older one.
  if (updateRevision === undefined || observedGeneration !== statefulSet?.metadata.generation) return false;
  return pod.metadata.labels?.[REVISION_LABEL] !== updateRevision;
}
