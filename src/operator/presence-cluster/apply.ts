import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { FIELD_MANAGER } from '../../api/v1alpha1/names.ts';
import { childName } from '../../domain/resources/child-names.ts';
import type { Manifest } from '../../domain/resources/manifest.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import { builtin, type KubeObject, type ResourceType } from '../../platform/kube/resource.ts';
import { contentHash } from '../content-hash.ts';
import type { Desired } from './build.ts';
import { childKey, type Observed, type Workload } from './observed.ts';

/** What was applied last: the content, and the version of the object that came of it. */
export type AppliedMemory = Map<string, { hash: string; version: string }>;

export interface Applier {
  client: KubeClient;
  applied: AppliedMemory;
  /** Every kind a child may be of, by kind. */
  types: ReadonlyMap<string, ResourceType>;
}

/**
 * Applies what differs from what was applied before, or was changed by somebody else since. Server-side apply with
 * force, on our own objects only, so that drift in our fields is undone and other managers' fields stay. An object
 * that is refused does not hold up the others; the errors come back.
 */
export async function applyDesired(
  { client, applied }: Applier,
  observed: Observed,
  desired: Desired,
  signal: AbortSignal,
): Promise<Error[]> {
  const work = [
    ...desired.manifests.map((manifest) => ({ manifest, fieldManager: FIELD_MANAGER.operator })),
    { manifest: desired.freeze, fieldManager: FIELD_MANAGER.freeze },
  ];
  const pending = work.filter(({ manifest }) => !isCurrent(applied, observed, manifest));
  const results = await Promise.allSettled(
    pending.map(async ({ manifest, fieldManager }) => {
      const object = manifest as unknown as KubeObject;
      const result = await client.apply(object, { fieldManager, force: true, signal });
      applied.set(memoryKey(manifest), { hash: contentHash(manifest), version: versionOf(result) });
    }),
  );
  signal.throwIfAborted();
  return results.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []));
}

function isCurrent(applied: AppliedMemory, observed: Observed, manifest: Manifest): boolean {
  const live = observed.children.get(childKey(manifest));
  const last = applied.get(memoryKey(manifest));
  return live !== undefined && last?.version === versionOf(live) && last.hash === contentHash(manifest);
}

function memoryKey(manifest: Manifest): string {
  return `${manifest.metadata.ownerReferences[0]?.uid}/${childKey(manifest)}`;
}

/** Status changes do not count: `generation` moves with the spec only. Kinds without it change by people only. */
function versionOf(object: KubeObject): string {
  const { uid, generation, resourceVersion } = object.metadata;
  return `${uid}/${generation ?? resourceVersion}`;
}

/** Writes the number of presence pods, alone and under its own manager. Returns the number it replaced. */
export async function applyReplicas(
  client: KubeClient,
  observed: Observed,
  replicas: number | undefined,
  signal: AbortSignal,
): Promise<number | undefined> {
  if (replicas === undefined) return undefined;
  const { name, namespace } = observed.cluster.metadata;
  const deployment = childName.presence(name);
  const current = (observed.children.get(`Deployment/${deployment}`) as Workload | undefined)?.spec.replicas;
  if (current === replicas) return undefined;
  await client.applyScale(builtin.Deployment, namespace, deployment, replicas, {
    fieldManager: FIELD_MANAGER.autoscaler,
    force: true,
    signal,
  });
  return current;
}

/** Deletes children that are no longer wanted; a configuration that a released template still names stays. */
export async function prune(
  { client, types }: Applier,
  observed: Observed,
  desired: Desired,
  signal: AbortSignal,
): Promise<void> {
  const wanted = new Set([...desired.manifests, desired.freeze].map(childKey));
  const templates = JSON.stringify(desired.workloads.map(({ manifest }) => manifest.spec));
  for (const [key, child] of observed.children) {
    const { name, namespace, uid } = child.metadata;
    const inUse =
      child.kind === 'ConfigMap' && (templates.includes(`"${name}"`) || isMounted(observed, name));
    const type = types.get(child.kind);
    if (wanted.has(key) || inUse || !type || !isOwned(child, observed.cluster)) continue;
    await client.delete(type, namespace, name, { ...(uid ? { uid } : {}), signal });
  }
}

function isMounted({ redisPods }: Observed, configMap: string): boolean {
  return redisPods.some((pod) => JSON.stringify(pod.spec).includes(`"${configMap}"`));
}

function isOwned(child: KubeObject, cluster: PresenceCluster): boolean {
  return child.metadata.ownerReferences?.some(({ uid }) => uid === cluster.metadata.uid) ?? false;
}
