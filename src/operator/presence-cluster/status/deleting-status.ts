import type { PRESENCE_CLUSTER_CONDITIONS } from '../../../api/v1alpha1/conditions.ts';
import type { PresenceClusterStatus } from '../../../api/v1alpha1/presence-cluster-status.ts';
import { formatInstant } from '../../../domain/calendar/instant.ts';
import type { Deletion } from '../../cluster-state/deletion.ts';
import type { CachedState } from '../../cluster-state/observed.ts';
import { isReady } from '../../cluster-state/pod.ts';
import { podCause } from '../../cluster-state/pod-cause.ts';
import { stampConditions } from '../../objects/conditions.ts';

/**
 * The status of a PresenceCluster whose objects are being deleted, or stay without an owner: the message names what is left. Conditions about
 * serving are gone, because the operator does not maintain it any more; pure.
 */
export function deletingStatus(state: CachedState, deletion: Deletion): PresenceClusterStatus {
  const { cluster, now, redisPods, presencePods } = state;
  const { observedAt: _at, observedEverySeconds: _every, ...before } = cluster.status ?? {};
  const { generation } = cluster.metadata;
  const message = deletingMessage(state, deletion);
  return {
    ...before,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    presence: {
      ...before.presence,
      replicas: presencePods.length,
      readyReplicas: presencePods.filter(isReady).length,
    },
    ...(before.redis === undefined || redisPods.length > 0 ? {} : { redis: { ...before.redis, shards: [] } }),
    conditions: stampConditions<typeof PRESENCE_CLUSTER_CONDITIONS>(
      [
        { type: 'Ready', status: 'False', reason: 'Deleting', message },
        { type: 'Reconciling', status: 'True', reason: 'Deleting', message },
      ],
      before.conditions,
      generation,
      formatInstant(now),
    ),
  };
}

function deletingMessage(state: CachedState, { kind, since }: Deletion): string {
  if (kind === 'Orphan')
    return `Deleted at ${since} without its objects, which stay and are no longer managed.`;
  const { redisPods, presencePods, children } = state;
  const left = `${redisPods.length} Redis pods, ${presencePods.length} presence pods and ${children.size} other objects are left`;
  const held = [...redisPods, ...presencePods].flatMap((pod) => podCause(pod, state)?.message ?? []);
  const others = [...children.values()].flatMap(
    ({ kind: type, metadata: { name, finalizers, deletionTimestamp } }) =>
      deletionTimestamp === undefined || holding(finalizers).length === 0
        ? []
        : [`${type} ${name}: held by the finalizer ${holding(finalizers).join(', ')}`],
  );
  const [cause] = [...held, ...others];
  return `Deleted at ${since}: ${left}${cause === undefined ? '.' : `; ${cause}.`}`;
}

/** The garbage collector's own finalizer holds nothing up. */
function holding(finalizers: readonly string[] = []): string[] {
  return finalizers.filter((each) => each !== 'foregroundDeletion');
}
