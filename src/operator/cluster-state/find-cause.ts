import { type Component, LABEL } from '../../api/v1alpha1/names.ts';
import type { Observed, Workload } from './observed.ts';
import { isReady, type Pod } from './pod.ts';
import { CAUSE_REASONS, type Cause, podCause, shortened } from './pod-cause.ts';
import { shardOf } from './pod-identity.ts';

/** Which pods are asked about. */
export interface CauseScope {
  readonly component: Exclude<Component, 'operator'>;
  /** Of these shards only, all when absent: a pod of another shard explains nothing. */
  readonly shards?: ReadonlySet<number>;
}

type Known = Pick<Observed, 'now' | 'children' | 'redisPods' | 'presencePods' | 'warnings'>;

/**
 * Why pods are missing or not ready: the one place that every condition and message takes it from. Of several causes the most
 * telling one; undefined when Kubernetes reports none (yet). Pure.
 */
export function findCause(known: Known, scope: CauseScope): Cause | undefined {
  return findCauses(known, scope)[0];
}

/** All causes, the most telling first. */
export function findCauses(known: Known, scope: CauseScope): Cause[] {
  const pods = scope.component === 'redis' ? known.redisPods : known.presencePods;
  const causes = [
    ...workloadsOf(known, scope).flatMap((workload) => refusal(workload, known) ?? []),
    ...pods
      .filter((pod) => isOfShards(pod, scope) && !isReady(pod) && !isReplaced(pod, pods))
      .flatMap((pod) => podCause(pod, known) ?? []),
  ];
  return causes.sort((a, b) => CAUSE_REASONS.indexOf(a.reason) - CAUSE_REASONS.indexOf(b.reason));
}

/** The Deployment or the StatefulSets whose pods are asked about. */
export function workloadsOf({ children }: Pick<Observed, 'children'>, scope: CauseScope): Workload[] {
  const kind = scope.component === 'redis' ? 'StatefulSet' : 'Deployment';
  return [...children.values()].filter(
    (child): child is Workload => child.kind === kind && isInScope(child, scope),
  );
}

/** Fewer pods exist than the workload is to have. */
export function lacksPods({ spec, status, metadata }: Workload): boolean {
  return status?.observedGeneration === metadata.generation && (status?.replicas ?? 0) < (spec.replicas ?? 1);
}

/** By identity: a pod may have lost its labels. */
function isOfShards(pod: Pod, { shards }: CauseScope): boolean {
  return shards === undefined || shards.has(shardOf(pod));
}

/** A presence pod that has failed stays until Kubernetes collects it, and one that was made later is in its place. */
function isReplaced(pod: Pod, pods: readonly Pod[]): boolean {
  if (pod.status?.phase !== 'Failed') return false;
  const made = pod.metadata.creationTimestamp ?? '';
  return pods.some(
    ({ metadata, status }) => status?.phase !== 'Failed' && (metadata.creationTimestamp ?? '') > made,
  );
}

function isInScope(
  { metadata }: { metadata: { labels?: Record<string, string> } },
  { component, shards }: CauseScope,
): boolean {
  const { labels } = metadata;
  if (labels?.[LABEL.component] !== component) return false;
  return shards === undefined || shards.has(Number(labels[LABEL.shard]));
}

/**
 * A Deployment says it in its status; of a StatefulSet only an event does.
 * Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#failed-deployment
 */
function refusal(workload: Workload, { warnings }: Known): Cause | undefined {
  if (!lacksPods(workload)) return undefined;
  const { kind, metadata, status } = workload;
  const failure = status?.conditions?.find(
    ({ type, status: is }) => type === 'ReplicaFailure' && is === 'True',
  );
  const event = warnings?.get(`${kind}/${metadata.name}`);
  const why = failure?.message ?? (event?.reason === 'FailedCreate' ? event.message : undefined);
  if (why === undefined) return undefined;
  return {
    reason: 'PodsRefused',
    message: shortened(`pods of ${kind} ${metadata.name} are refused: ${why}`),
  };
}
