import { ANNOTATION } from '../../api/v1alpha1/names.ts';
import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import type { PresenceClusterStatus } from '../../api/v1alpha1/presence-cluster-status.ts';
import { formatInstant } from '../../domain/calendar/instant.ts';
import { canonicalJson } from '../../domain/resources/canonical-json.ts';
import type { Manifest } from '../../domain/resources/manifest.ts';
import {
  judgeRevision,
  type RevisionRecord,
  type RevisionVerdict,
} from '../../domain/rollout/judge-revision.ts';
import { textHash } from '../content-hash.ts';
import { childKey, type Observed, type Workload } from './observed.ts';
import { goodTemplate, parseTemplate, releasedTemplate } from './released-template.ts';
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
  const text = canonicalJson((workloads[0]?.spec as { template?: unknown } | undefined)?.template);
  const wanted = textHash(text);
  const live = workloads.map((manifest) => observed.children.get(childKey(manifest)) as Workload | undefined);
  const record = revertedRecord(live[0], wanted) ?? recordOf(component, observed);
  const since = record?.since ?? now;
  const { progressDeadlineSeconds } = spec[component].update;
  const progress =
    component === 'redis'
      ? redisProgress(live, progressDeadlineSeconds, { pods: observed.redisPods, since, now })
      : presenceProgress(live[0], progressDeadlineSeconds, { pods: observed.presencePods, since, now });
  const verdict = judgeRevision({
    ...{ wanted, record, progress, frozen, now },
    released: live[0] && releasedTemplate(live[0], { hash: wanted, template: undefined, text }).hash,
    hasGood: workloads.some((manifest, index) => {
      const good = goodTemplate(live[index]);
      return good !== undefined && good.hash !== hashOf(manifest);
    }),
  });
  return { component, ...verdict };
}

function hashOf({ spec }: Manifest): string {
  return textHash(canonicalJson((spec as { template: unknown }).template));
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
