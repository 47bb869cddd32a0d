import { ANNOTATION } from '../../../api/v1alpha1/names.ts';
import type { PresenceClusterSpec } from '../../../api/v1alpha1/presence-cluster.ts';
import type { PresenceClusterStatus } from '../../../api/v1alpha1/presence-cluster-status.ts';
import { formatInstant } from '../../../domain/calendar/instant.ts';
import { canonicalJson } from '../../../domain/resources/canonical-json.ts';
import type { Manifest } from '../../../domain/resources/manifest.ts';
import {
  evaluateRevision,
  type RevisionRecord,
  type RevisionVerdict,
  type RolloutProgress,
} from '../../../domain/rollout/evaluate-revision.ts';
import { findCause } from '../../cluster-state/find-cause.ts';
import { childKey, type Observed, type Workload } from '../../cluster-state/observed.ts';
import { isReady, type Pod } from '../../cluster-state/pod.ts';
import { type CauseContext, podCause } from '../../cluster-state/pod-cause.ts';
import { goodTemplate, parseTemplate, releasedTemplate } from '../../cluster-state/released-template.ts';
import { textHash } from '../../objects/content-hash.ts';
import { REVISION_LABEL } from './roll-redis.ts';

/** One kind of pods whose revision goes out, and comes back, as a whole. */
export type RevisedComponent = 'redis' | 'presence';

/** Whether a component gets the templates of the spec or the last good ones, and what status remembers of it. */
export interface Revision extends RevisionVerdict {
  readonly component: RevisedComponent;
}

const MAX_BECAUSE = 512;

/** @param workloads all of the component, as the spec wants them; of Redis by shard */
export function evaluateComponent(
  component: RevisedComponent,
  workloads: readonly Manifest[],
  { observed, spec, frozen }: { observed: Observed; spec: PresenceClusterSpec; frozen: boolean },
): Revision {
  const { now } = observed;
  const wanted = templateHash(workloads[0]);
  const live = workloads.map((manifest) => observed.children.get(childKey(manifest)) as Workload | undefined);
  const record =
    live.map((each) => revertedRecord(each, wanted)).find((each) => each !== undefined) ??
    recordOf(component, observed);
  const since = record?.since ?? now;
  const { progressDeadlineSeconds } = spec[component].update;
  const progress =
    component === 'redis'
      ? redisProgress(live, progressDeadlineSeconds, { pods: observed.redisPods, since, observed })
      : presenceProgress(live[0], progressDeadlineSeconds, { pods: observed.presencePods, since, observed });
  const verdict = evaluateRevision({
    wanted,
    record,
    progress,
    frozen,
    now,
    released: releasedHash(workloads, live),
    hasGood: workloads.some((manifest, index) => {
      const good = goodTemplate(live[index]);
      return good !== undefined && good.hash !== templateHash(manifest);
    }),
  });
  return { component, ...verdict };
}

/**
 * Hash of the template that is released to the first workload that exists: a workload that is new or was deleted has none. A hash
 * that the spec asks for is replaced by that of the first workload, which names the revision.
 */
function releasedHash(
  workloads: readonly Manifest[],
  live: readonly (Workload | undefined)[],
): string | undefined {
  const index = live.findIndex((each) => each !== undefined);
  const [found, manifest] = [live[index], workloads[index]];
  if (found === undefined || manifest === undefined) return undefined;
  const text = templateText(manifest);
  const wanted = textHash(text);
  const { hash } = releasedTemplate(found, { hash: wanted, template: undefined, text });
  return hash === wanted ? templateHash(workloads[0]) : hash;
}

function templateHash(manifest: Manifest | undefined): string {
  return textHash(templateText(manifest));
}

function templateText(manifest: Manifest | undefined): string {
  return canonicalJson((manifest?.spec as { template?: unknown } | undefined)?.template);
}

/** What the workload remembers, where status does not yet, or no more. */
function revertedRecord(live: Workload | undefined, wanted: string): RevisionRecord | undefined {
  const entry = parseTemplate(live?.metadata.annotations?.[ANNOTATION.revertedRevision]);
  if (entry === undefined) return undefined;
  const { revision, since, pod, because } = entry as Record<string, unknown>;
  if (revision !== wanted) return undefined;
  return {
    revision,
    state: 'Reverted',
    since: new Date(String(since)),
    because: String(because),
    ...(typeof pod === 'string' ? { pod } : {}),
  };
}

function recordOf(component: RevisedComponent, { cluster }: Observed): RevisionRecord | undefined {
  const entry = cluster.status?.revisions?.find((each) => each.component === component);
  if (entry === undefined) return undefined;
  const { revision, state, pod, because = '' } = entry;
  const since = new Date(entry.since);
  return state === 'Reverted'
    ? { revision, state, since, because, ...(pod === undefined ? {} : { pod }) }
    : { revision, state, since };
}

/** `status.revisions`. */
export function revisionStatus(revisions: readonly Revision[]): PresenceClusterStatus['revisions'] {
  return revisions.map(({ component, record }) => ({
    component,
    revision: record.revision,
    state: record.state,
    since: formatInstant(record.since),
    ...(record.state === 'Reverted' && record.pod !== undefined ? { pod: record.pod } : {}),
    ...(record.state === 'Reverted' ? { because: record.because.slice(0, MAX_BECAUSE) } : {}),
  }));
}

interface ProgressInput {
  readonly pods: readonly Pod[];
  /** When the revision went out; what happened before is not its doing. */
  readonly since: Date;
  readonly observed: Observed;
}

/** How the Redis pods fare with the newest templates of their StatefulSets, of all shards together. */
function redisProgress(
  statefulSets: readonly (Workload | undefined)[],
  deadlineSeconds: number,
  { pods, since, observed }: ProgressInput,
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
    return observed.now.getTime() - Math.max(since.getTime(), unreadySince(pod)) >= deadlineSeconds * 1000;
  });
  return late === undefined ? { kind: 'Progressing' } : stuck(late, deadlineSeconds, observed);
}

/** Of the newest template; undefined until the StatefulSet controller has seen it. */
function newestRevision({ status, metadata }: Workload): string | undefined {
  return status?.observedGeneration === metadata.generation ? status?.updateRevision : undefined;
}

/**
 * How the presence pods fare, in the words of the Deployment controller, which applies `spec.progressDeadlineSeconds`.
 * Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status
 */
function presenceProgress(
  deployment: Workload | undefined,
  deadlineSeconds: number,
  { pods, since, observed }: ProgressInput,
): RolloutProgress {
  const { observedGeneration, replicas = 0, ...counts } = deployment?.status ?? {};
  if (deployment === undefined || observedGeneration !== deployment.metadata.generation)
    return { kind: 'Progressing' };
  const { updatedReplicas, readyReplicas, availableReplicas } = counts;
  const reached = deployment.spec.minReadySeconds ? availableReplicas : readyReplicas;
  const isWhole = [updatedReplicas, reached, deployment.spec.replicas].every((n) => n === replicas);
  // Without pods it is unknown whether they would become ready.
  if (replicas > 0 && isWhole) return { kind: 'Complete' };
  const given = counts.conditions?.find(({ type }) => type === 'Progressing');
  const isLate = given?.status === 'False' && given.reason === 'ProgressDeadlineExceeded';
  // A time-out of the revision before does not count.
  if (!isLate || Date.parse(given.lastTransitionTime ?? '') < since.getTime()) return { kind: 'Progressing' };
  const newest = pods
    .filter((pod) => !isReady(pod) && pod.metadata.deletionTimestamp === undefined)
    .sort((a, b) => createdMs(b) - createdMs(a))[0];
  return newest === undefined
    ? { kind: 'Stuck', because: noPod(observed, deadlineSeconds) }
    : stuck(newest, deadlineSeconds, observed);
}

function noPod(observed: Observed, deadlineSeconds: number): string {
  const cause = findCause(observed, { component: 'presence' });
  return `no pod was ready within ${deadlineSeconds} s${cause === undefined ? '' : `: ${cause.message}`}`;
}

function stuck(pod: Pod, deadlineSeconds: number, context: CauseContext): RolloutProgress {
  const { name } = pod.metadata;
  const cause = podCause(pod, context)?.message ?? `pod ${name}: not ready`;
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
