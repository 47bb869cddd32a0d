import type { RolloutProgress } from '../../../domain/rollout/judge-revision.ts';
import type { Workload } from '../../cluster-state/observed.ts';
import { isReady, type Pod, podProblem } from '../../cluster-state/pod.ts';
import { REVISION_LABEL } from './roll-redis.ts';

interface ProgressInput {
  readonly pods: readonly Pod[];
  /** When the revision went out; what happened before is not its doing. */
  readonly since: Date;
  readonly now: Date;
}

/** How the Redis pods fare with the newest templates of their StatefulSets, of all shards together. */
export function redisProgress(
  statefulSets: readonly (Workload | undefined)[],
  deadlineSeconds: number,
  { pods, since, now }: ProgressInput,
): RolloutProgress {
  const seen = statefulSets.flatMap((each) => (each !== undefined && newestRevision(each) ? [each] : []));
  const revisions = new Set(seen.map(newestRevision));
  const wanted = seen.reduce((sum, { spec }) => sum + (spec.replicas ?? 1), 0);
  const newest = pods.filter(({ metadata }) => revisions.has(metadata.labels?.[REVISION_LABEL]));
  const isWhole = seen.length === statefulSets.length && newest.length === wanted && pods.length === wanted;
  if (wanted > 0 && isWhole && newest.every(isReady)) return { kind: 'Complete' };
  // One that is not there yet, or cannot be made, holds up no judgement of those that are.
  const late = newest.find((pod) => {
    if (pod.metadata.deletionTimestamp !== undefined || isReady(pod)) return false;
    return now.getTime() - Math.max(since.getTime(), unreadySince(pod)) >= deadlineSeconds * 1000;
  });
  return late === undefined ? { kind: 'Progressing' } : stuck(late, deadlineSeconds);
}

/** Of the newest template; undefined until the StatefulSet controller has seen it. */
function newestRevision({ status, metadata }: Workload): string | undefined {
  return status?.observedGeneration === metadata.generation ? status?.updateRevision : undefined;
}

/**
 * How the presence pods fare, in the words of the Deployment controller, which applies `spec.progressDeadlineSeconds`.
 * Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status
 */
export function presenceProgress(
  deployment: Workload | undefined,
  deadlineSeconds: number,
  { pods, since }: ProgressInput,
): RolloutProgress {
  const { observedGeneration, replicas = 0, ...counts } = deployment?.status ?? {};
  if (deployment === undefined || observedGeneration !== deployment.metadata.generation)
    return { kind: 'Progressing' };
  const { updatedReplicas, readyReplicas } = counts;
  const isWhole = [updatedReplicas, readyReplicas, deployment.spec.replicas].every((n) => n === replicas);
  // Of no pods, nobody knows whether they would be ready.
  if (replicas > 0 && isWhole) return { kind: 'Complete' };
  const given = counts.conditions?.find(({ type }) => type === 'Progressing');
  const isLate = given?.status === 'False' && given.reason === 'ProgressDeadlineExceeded';
  // A time-out of the revision before does not count.
  if (!isLate || Date.parse(given.lastTransitionTime ?? '') < since.getTime()) return { kind: 'Progressing' };
  const newest = pods
    .filter((pod) => !isReady(pod) && pod.metadata.deletionTimestamp === undefined)
    .sort((a, b) => createdMs(b) - createdMs(a))[0];
  return newest === undefined
    ? { kind: 'Stuck', because: `no pod was ready within ${deadlineSeconds} s` }
    : stuck(newest, deadlineSeconds);
}

function stuck(pod: Pod, deadlineSeconds: number): RolloutProgress {
  const { name } = pod.metadata;
  const cause = podProblem(pod)?.message ?? `pod ${name}: not ready`;
  return { kind: 'Stuck', pod: name, because: `${cause} for ${deadlineSeconds} s` };
}

function unreadySince(pod: Pod): number {
  const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready');
  const changed = Date.parse(ready?.lastTransitionTime ?? '');
  return Math.max(createdMs(pod), Number.isNaN(changed) ? 0 : changed);
}

function createdMs({ metadata }: Pod): number {
  const created = Date.parse(metadata.creationTimestamp ?? '');
  return Number.isNaN(created) ? 0 : created;
}
