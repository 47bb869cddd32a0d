import { claimPrefix } from '../../../domain/resources/redis-claims.ts';
import type { Claim } from '../../../domain/volumes/claim.ts';
import type { KubeObject } from '../../../platform/kube/resource.ts';

/**
 * Claims of the StatefulSets that are deleted because their shard has left the Redis Cluster. Such a shard owns no slot any more and
 * all nodes agree on that, so its volumes hold no key; a shard that is added later must not start with their old nodes.conf. They
 * are deleted before the StatefulSet is: were it the other way round, a crash in between would leave them.
 */
export function claimsOfLeftShards(unwanted: readonly KubeObject[], claims: readonly Claim[]): Claim[] {
  const prefixes = unwanted
    .filter(({ kind }) => kind === 'StatefulSet')
    .map(({ metadata }) => claimPrefix(metadata.name));
  return claims.filter(({ name }) => prefixes.some((prefix) => name.startsWith(prefix)));
}
