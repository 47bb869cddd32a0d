import { type Component, LABEL } from '../../api/v1alpha1/names.ts';
import { childName } from '../../domain/resources/child-names.ts';
import { standardLabels } from '../../domain/resources/manifest.ts';
import type { Pod } from './pod.ts';

/** Label by which a ReplicaSet knows its pods, beside those of its Deployment. */
const TEMPLATE_HASH_LABEL = 'pod-template-hash';

/** What a pod of a PresenceCluster is for. */
export type PodIdentity = { component: 'presence' } | { component: 'redis'; shard: number };

/**
 * What a pod is for: by its controller, then by its name, then by its labels. Labels come last because a user may have changed
 * them; then the ReplicaSet or StatefulSet has given the pod up, and only its name is left.
 *
 * @returns undefined for a pod that is none of ours
 */
export function identityOf(pod: Pod, cluster: string): PodIdentity | undefined {
  const { ownerReferences = [], name, labels = {} } = pod.metadata;
  const owner = ownerReferences.find(({ controller }) => controller === true);
  if (owner?.kind === 'StatefulSet')
    return redisOf(owner.name, `${childName.redis(cluster)}-`, /^(\d+)$/) ?? byLabels(labels);
  const presence = `${childName.presence(cluster)}-`;
  if (owner?.kind === 'ReplicaSet' && owner.name.startsWith(presence)) return { component: 'presence' };
  if (owner !== undefined) return byLabels(labels);
  const byName = redisOf(name, `${childName.redis(cluster)}-`, /^(\d+)-\d+$/);
  if (byName !== undefined) return byName;
  return (
    byLabels(labels) ??
    (pod.metadata.generateName?.startsWith(presence) ? { component: 'presence' } : undefined)
  );
}

/** The shard of a Redis pod from the caches. */
export function shardOf(pod: Pod): number {
  const identity = identityOf(pod, pod.metadata.labels?.[LABEL.cluster] ?? '');
  return identity?.component === 'redis' ? identity.shard : Number.NaN;
}

/** Whether no ReplicaSet and no StatefulSet owns the pod: its labels no longer fit, and another pod is made in its place. */
export function isOrphan({ metadata }: Pod): boolean {
  return metadata.ownerReferences?.some(({ controller }) => controller === true) !== true;
}

/** The labels of a pod that are not as they should be, with the values that they should have. */
export function lostLabels(pod: Pod, cluster: string): Record<string, string> {
  const identity = identityOf(pod, cluster);
  if (identity === undefined) return {};
  const { labels = {} } = pod.metadata;
  return Object.fromEntries(
    Object.entries(wantedLabels(pod, cluster, identity)).filter(([key, value]) => labels[key] !== value),
  );
}

function wantedLabels(pod: Pod, cluster: string, identity: PodIdentity): Record<string, string> {
  const standard = standardLabels(cluster, identity.component);
  if (identity.component === 'redis') return { ...standard, [LABEL.shard]: String(identity.shard) };
  const hash = isOrphan(pod) ? templateHashOf(pod, cluster) : undefined;
  return hash === undefined ? standard : { ...standard, [TEMPLATE_HASH_LABEL]: hash };
}

/** A ReplicaSet names its pods `NAME-presence-HASH-` and five random characters. */
function templateHashOf({ metadata }: Pod, cluster: string): string | undefined {
  const rest = metadata.generateName?.slice(`${childName.presence(cluster)}-`.length);
  return /^([a-z0-9]+)-$/.exec(rest ?? '')?.[1];
}

function redisOf(name: string, prefix: string, form: RegExp): PodIdentity | undefined {
  const shard = name.startsWith(prefix) ? form.exec(name.slice(prefix.length))?.[1] : undefined;
  return shard === undefined ? undefined : { component: 'redis', shard: Number(shard) };
}

function byLabels(labels: Record<string, string>): PodIdentity | undefined {
  const component = labels[LABEL.component] as Component | undefined;
  if (component === 'presence') return { component };
  return component === 'redis' ? { component, shard: Number(labels[LABEL.shard]) } : undefined;
}
