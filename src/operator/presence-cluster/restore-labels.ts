import { FIELD_MANAGER, LABEL } from '../../api/v1alpha1/names.ts';
import { childName } from '../../domain/resources/child-names.ts';
import { selectorLabels } from '../../domain/resources/manifest.ts';
import { builtin, type ResourceType } from '../../platform/kube/resource.ts';
import type { Workload } from '../cluster-state/observed.ts';
import type { Pod } from '../cluster-state/pod.ts';
import { identityOf, isOrphan, lostLabels } from '../cluster-state/pod-identity.ts';
import { contentHash } from '../objects/content-hash.ts';
import type { ReconcilePlan } from './plan/reconcile-plan.ts';
import { retryOf, sendOrReport } from './plan/send-requests.ts';
import type { StageTools } from './plan/stage.ts';

type Seen = Pick<ReconcilePlan, 'observed' | 'decision'>;
type Tools = Pick<StageTools, 'client' | 'memory' | 'clock' | 'events' | 'results' | 'signal'>;

/** Labels that are missing or changed on an object that the operator does not apply. */
export interface LostLabels {
  type: ResourceType;
  name: string;
  /** Another object of the same name is left alone; undefined where the object was not read. */
  uid?: string;
  labels: Record<string, string>;
}

/** A fleet of a thousand pods gets its labels over several reconciles; each patched pod enqueues the next one. */
const MAX_PATCHES_PER_RECONCILE = 100;

/** A StatefulSet that is younger has pods that are not made yet. */
const MIN_AGE_MS = 30_000;

/**
 * Pods and claims of the caches whose labels are not as they should be; pure.
 *
 * A presence pod that its ReplicaSet gave up waits until a freeze or a pause is over: with its labels the ReplicaSet owns it again, has one
 * pod too many and ends one, whose clients have to move.
 */
export function labelsToRestore({ observed, decision }: Seen): LostLabels[] {
  const { cluster, redisPods, presencePods } = observed;
  const { name } = cluster.metadata;
  const waits = (pod: Pod) => (decision.effectiveFreeze.active || decision.pause.active) && isOrphan(pod);
  const pods = [...redisPods, ...presencePods.filter((pod) => !waits(pod))]
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map((pod) => lostOf(pod, name));
  return [...pods, ...redisPods.flatMap((pod) => lostOfClaim(pod, observed))].filter(
    ({ labels }) => Object.keys(labels).length > 0,
  );
}

function lostOf(pod: Pod, cluster: string): LostLabels {
  const { name, uid } = pod.metadata;
  return { type: builtin.Pod, name, uid, labels: lostLabels(pod, cluster) };
}

/** The claims of a Redis pod have the labels that its StatefulSet selects by; the StatefulSet makes them before the pod. */
function lostOfClaim(pod: Pod, { cluster, claims }: Seen['observed']): LostLabels[] {
  const identity = identityOf(pod, cluster.metadata.name);
  if (identity?.component !== 'redis') return [];
  const wanted = {
    ...selectorLabels(cluster.metadata.name, 'redis'),
    [LABEL.shard]: String(identity.shard),
  };
  return claimNames(pod).map((name) => {
    const found = claims.find((claim) => claim.name === name)?.labels ?? {};
    const labels = Object.fromEntries(Object.entries(wanted).filter(([key, value]) => found[key] !== value));
    return { type: builtin.PersistentVolumeClaim, name, labels };
  });
}

function claimNames({ spec }: Pod): string[] {
  return (spec.volumes ?? []).flatMap(({ persistentVolumeClaim }) => {
    const { claimName } = (persistentVolumeClaim ?? {}) as { claimName?: string };
    return claimName === undefined ? [] : [claimName];
  });
}

/** Names of the Redis pods that StatefulSets should have and the cache does not have; pure. */
export function missingRedisPods({ cluster, children, redisPods, now }: Seen['observed']): string[] {
  const known = new Set(redisPods.map(({ metadata }) => metadata.name));
  const prefix = `${childName.redis(cluster.metadata.name)}-`;
  return [...children.values()]
    .filter(({ kind, metadata }) => kind === 'StatefulSet' && metadata.name.startsWith(prefix))
    .filter(({ metadata }) => now.getTime() - Date.parse(metadata.creationTimestamp ?? '') >= MIN_AGE_MS)
    .flatMap(({ metadata, spec }) => {
      const { replicas = 1 } = spec as Workload['spec'];
      return Array.from({ length: replicas }, (_, ordinal) => `${metadata.name}-${ordinal}`);
    })
    .filter((name) => !known.has(name));
}

/**
 * A stage: puts our labels back on pods and claims, which no one else does. The objects that the operator applies get theirs by that.
 * A Redis pod without the label of its PresenceCluster is given up by its StatefulSet, which then cannot make another of the same name:
 * it is found by that name.
 */
export async function restoreLabels(plan: Seen, tools: Tools): Promise<void> {
  const { observed } = plan;
  const { client, memory, clock, signal } = tools;
  const { name: cluster, namespace } = observed.cluster.metadata;
  const due = memory.podSearch.due(missingRedisPods(observed), clock.monotonicMs());
  const found = await Promise.all(due.map((name) => findPod(name, observed.cluster.metadata, tools)));
  const lost = [
    ...found.flatMap((pods) => pods.map((pod) => lostOf(pod, cluster))),
    ...labelsToRestore(plan),
  ];
  const requests = lost.slice(0, MAX_PATCHES_PER_RECONCILE).map(({ type, name, uid, labels }) => ({
    key: `labels of ${type.kind}/${name}`,
    request: contentHash([uid, labels, retryOf(observed.cluster)]),
    send: async (): Promise<void> => {
      const metadata = { ...(uid === undefined ? {} : { uid }), labels };
      await client.patch(
        type,
        namespace,
        name,
        { metadata },
        { fieldManager: FIELD_MANAGER.operator, signal },
      );
    },
  }));
  await sendOrReport(observed.cluster, requests, tools);
}

/** A pod of that name that runs as our Redis pods do and belongs to no other workload. */
async function findPod(
  name: string,
  { name: cluster, namespace }: { name: string; namespace: string },
  { client, signal }: Tools,
): Promise<Pod[]> {
  const { items } = await client.list<Pod>(builtin.Pod, {
    namespace,
    fieldSelector: `metadata.name=${name}`,
    signal,
  });
  return items.filter(
    (pod) =>
      pod.metadata.deletionTimestamp === undefined &&
      pod.spec.serviceAccountName === childName.redis(cluster) &&
      (isOrphan(pod) || isOwnedByShard(pod, cluster)),
  );
}

function isOwnedByShard({ metadata }: Pod, cluster: string): boolean {
  const prefix = `${childName.redis(cluster)}-`;
  return (
    metadata.ownerReferences?.some(({ kind, name }) => kind === 'StatefulSet' && name.startsWith(prefix)) ===
    true
  );
}
