import { ANNOTATION } from '../../../api/v1alpha1/names.ts';
import type { PresenceClusterSpec } from '../../../api/v1alpha1/presence-cluster.ts';
import type { PresenceClusterStatus } from '../../../api/v1alpha1/presence-cluster-status.ts';
import { formatInstant } from '../../../domain/calendar/instant.ts';
import { canonicalJson } from '../../../domain/resources/canonical-json.ts';
import type { Manifest } from '../../../domain/resources/manifest.ts';
import {
  judgeRevision,
  type RevisionRecord,
  type RevisionVerdict,
} from '../../../domain/rollout/judge-revision.ts';
import { childKey, type Observed, type Workload } from '../../cluster-state/observed.ts';
import { goodTemplate, parseTemplate, releasedTemplate } from '../../cluster-state/released-template.ts';
import { textHash } from '../../objects/content-hash.ts';
import { presenceProgress, redisProgress } from './rollout-progress.ts';

/** One kind of pods whose revision goes out, and comes back, as a whole. */
export type RevisedComponent = 'redis' | 'presence';

/** Whether a component gets the templates of the spec or the last good ones, and what status remembers of it. */
export interface Revision extends RevisionVerdict {
  readonly component: RevisedComponent;
}

const MAX_BECAUSE = 512;

/** @param workloads all of the component, as the spec wants them; of Redis by shard */
export function judgeComponent(
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
      ? redisProgress(live, progressDeadlineSeconds, { pods: observed.redisPods, since, now })
      : presenceProgress(live[0], progressDeadlineSeconds, { pods: observed.presencePods, since, now });
  const verdict = judgeRevision({
    ...{ wanted, record, progress, frozen, now },
    released: releasedHash(workloads, live),
    hasGood: workloads.some((manifest, index) => {
      const good = goodTemplate(live[index]);
      return good !== undefined && good.hash !== templateHash(manifest);
    }),
  });
  return { component, ...verdict };
}

/**
 * Of the first workload that is there: one that is new, or that somebody deleted, says nothing of what is out. In the
 * place of a hash that the spec asks for is the first workload's, by which the revision is known.
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
    ...{ revision, state: 'Reverted', since: new Date(String(since)), because: String(because) },
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
    ...{ component, revision: record.revision, state: record.state, since: formatInstant(record.since) },
    ...(record.state === 'Reverted' && record.pod !== undefined ? { pod: record.pod } : {}),
    ...(record.state === 'Reverted' ? { because: record.because.slice(0, MAX_BECAUSE) } : {}),
  }));
}
