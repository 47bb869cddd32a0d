import type { RedisPicture, ShardMember } from '../../api/dashboard/cluster-page.ts';
import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import type { PlacedPod } from '../objects/placed-pod.ts';

/** The shards with the roles that the operator saw, each pod on its node. Undefined before the operator wrote about Redis. */
export function redisPicture(
  { status }: PresenceCluster,
  pods: ReadonlyMap<string, PlacedPod>,
): RedisPicture | undefined {
  if (status?.redis === undefined) return undefined;
  const { state, message, slotsCovered, shards, lastFailover } = status.redis;
  const member = (pod: string, role: ShardMember['role']): ShardMember => {
    const placed = pods.get(pod);
    const found: ShardMember = { pod, role };
    if (placed?.nodeName !== undefined) found.node = placed.nodeName;
    if (placed !== undefined) found.ready = placed.isReady;
    return found;
  };
  const picture: RedisPicture = {
    state,
    message,
    slotsCovered,
    shards: shards.map(({ index, slots, primary, replicas }) => ({
      index,
      slots,
      members: [
        ...(primary === undefined ? [] : [member(primary, 'Primary')]),
        ...replicas.map((pod) => member(pod, 'Replica')),
      ],
    })),
  };
  if (lastFailover !== undefined) {
    const { at, shard, from, to, because, milliseconds } = lastFailover;
    picture.lastFailover = { at, shard, from, to, because };
    if (milliseconds !== undefined) picture.lastFailover.milliseconds = milliseconds;
  }
  return picture;
}
