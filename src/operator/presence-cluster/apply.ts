import { ANNOTATION, FIELD_MANAGER } from '../../api/v1alpha1/names.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import type { KubeObject, ResourceType } from '../../platform/kube/resource.ts';
import { keyOf } from '../../platform/runtime/object-key.ts';
import { childKey, type Observed } from '../cluster-state/observed.ts';
import { CHILD_TYPES } from '../objects/kinds.ts';
import { isControlledBy, isOurs, NameTakenError } from '../objects/name-taken.ts';
import type { AppliedMemory } from './applied-memory.ts';
import type { Desired } from './plan/build.ts';

export interface Applier {
  client: KubeClient;
  applied: AppliedMemory;
  /** Every kind a child may be of, by kind. */
  types: ReadonlyMap<string, ResourceType>;
}

export interface ApplyResult {
  /** `Kind/name` of what was sent and accepted. */
  accepted: Set<string>;
  refused: Error[];
}

/**
 * Applies what differs from what was applied before, or was changed by somebody else since. Server-side apply with
 * force, on our own objects only, so that drift in our fields is undone and other managers' fields stay. An object
 * that is refused does not hold up the others.
 */
export async function applyDesired(
  { client, applied }: Applier,
  observed: Observed,
  desired: Desired,
  signal: AbortSignal,
): Promise<ApplyResult> {
  const cluster = keyOf(observed.cluster);
  const work = [
    ...desired.manifests.map((manifest) => ({ manifest, fieldManager: FIELD_MANAGER.operator })),
    { manifest: desired.freeze, fieldManager: FIELD_MANAGER.freeze },
  ];
  const pending = work.filter(({ manifest }) => {
    const live = observed.children.get(childKey(manifest));
    return live === undefined || !applied.isCurrent(cluster, manifest, live);
  });
  const accepted = new Set<string>();
  const refused = await refusals(signal, pending, async ({ manifest, fieldManager }) => {
    const object = manifest as unknown as KubeObject;
    await refuseForeign(client, observed, object, signal);
    applied.remember(cluster, manifest, await client.apply(object, { fieldManager, force: true, signal }));
    accepted.add(childKey(manifest));
  });
  return { accepted, refused };
}

/**
 * An object that our caches do not know is either new or somebody else's: it is looked up before it is written to for
 * the first time.
 * @throws NameTakenError
 */
async function refuseForeign(
  client: KubeClient,
  { children, cluster }: Observed,
  wanted: KubeObject,
  signal: AbortSignal,
): Promise<void> {
  const type = CHILD_TYPES.find(({ kind }) => kind === wanted.kind);
  const known = children.get(childKey(wanted));
  // With our labels and without any owner it is ours, and somebody has taken the owner away.
  if (type === undefined || (known !== undefined && isOurs(known, cluster))) return;
  const { namespace, name } = wanted.metadata;
  const found = known ?? (await client.get(type, namespace, name, { signal }));
  if (found !== undefined && !isControlledBy(found, cluster)) throw new NameTakenError(found);
}

/**
 * Deletes children that are no longer wanted; a configuration that a released template or a running pod still names
 * stays. What cannot be deleted does not hold up the others.
 */
export async function prune(
  { client, types, applied }: Applier,
  observed: Observed,
  desired: Desired,
  signal: AbortSignal,
): Promise<Error[]> {
  return refusals(signal, unwanted(observed, desired), async (child) => {
    const { name, namespace, uid } = child.metadata;
    const type = types.get(child.kind);
    if (type === undefined) return;
    await client.delete(type, namespace, name, { ...(uid ? { uid } : {}), signal });
    applied.forgetChild(keyOf(observed.cluster), childKey(child));
  });
}

function unwanted(observed: Observed, desired: Desired): KubeObject[] {
  const wanted = new Set([...desired.manifests, desired.freeze].map(childKey));
  const { uid } = observed.cluster.metadata;
  return [...observed.children].flatMap(([key, child]) => {
    if (wanted.has(key)) return [];
    const isOurs = child.metadata.ownerReferences?.some((owner) => owner.uid === uid) ?? false;
    return isOurs && !isInUse(child, observed, desired) ? [child] : [];
  });
}

/** A ConfigMap that a pod, or the template of one to come, still names. */
function isInUse(child: KubeObject, { redisPods }: Observed, { workloads }: Desired): boolean {
  if (child.kind !== 'ConfigMap') return false;
  const specs = [...workloads.map(({ manifest }) => manifest.spec), ...redisPods.map(({ spec }) => spec)];
  const quoted = `"${child.metadata.name}"`;
  // What may be put back must find it as well.
  const isKept = workloads.some(({ manifest }) =>
    manifest.metadata.annotations?.[ANNOTATION.goodTemplate]?.includes(quoted),
  );
  return isKept || specs.some((spec) => JSON.stringify(spec).includes(quoted));
}

/** Does the same with each item at once and gives the errors back; an aborted signal still throws. */
async function refusals<T>(
  signal: AbortSignal,
  items: readonly T[],
  act: (item: T) => Promise<void>,
): Promise<Error[]> {
  const results = await Promise.allSettled(items.map(act));
  signal.throwIfAborted();
  return results.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []));
}
