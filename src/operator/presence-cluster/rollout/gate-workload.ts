import { ANNOTATION, LABEL } from '../../../api/v1alpha1/names.ts';
import type { FreezeState } from '../../../domain/freeze/freeze-at.ts';
import { changedFields } from '../../../domain/freeze/template-diff.ts';
import { decideRelease, type HeldTemplate } from '../../../domain/freeze/template-release.ts';
import { canonicalJson } from '../../../domain/resources/canonical-json.ts';
import type { Manifest } from '../../../domain/resources/manifest.ts';
import type { RevisionVerdict } from '../../../domain/rollout/evaluate-revision.ts';
import { childKey, type Observed, type Workload } from '../../cluster-state/observed.ts';
import {
  goodOfSiblings,
  goodTemplate,
  type OfSiblings,
  releasedOfSiblings,
  releasedTemplate,
  type Template,
} from '../../cluster-state/released-template.ts';
import { textHash } from '../../objects/content-hash.ts';

/** A workload with the pod template that may go out now. */
export interface GatedWorkload {
  manifest: Manifest;
  /** Set while a newer template waits; the manifest then carries the released one. */
  held?: HeldTemplate;
  /** A newer template is released by this reconcile. */
  released: boolean;
}

/**
 * Puts the last good template in the place of one that failed, the released one in the place of both while a freeze is on,
 * and keeps the pods of a StatefulSet that should have fewer then. The rest of the workload is still applied:
 * growing and healing never wait.
 *
 * A shard that is new gets what its siblings have or come back to, never what failed in them or waits for a freeze to end.
 *
 * @param revision what was judged of the revision that the spec wants
 * @param siblings the workloads of the component that are there
 */
export function gateWorkload(
  manifest: Manifest,
  observed: Observed,
  freeze: FreezeState,
  revision: Partial<RevisionVerdict> = {},
  siblings: readonly Workload[] = [],
): GatedWorkload {
  const workload = childKey(manifest);
  const live = observed.children.get(workload) as Workload | undefined;
  const { template } = manifest.spec as { template: unknown };
  const text = canonicalJson(template);
  const spec = { hash: textHash(text), template, text };
  const ofSiblings = { siblings, shard: manifest.metadata.labels[LABEL.shard] ?? '' };
  if (live === undefined) {
    const first = firstTemplate(spec, { freeze, revision, ofSiblings });
    return { manifest: withTemplate(manifest, first, undefined, revision), released: false };
  }
  const released = releasedTemplate(live, spec);
  const good = revision.record?.state === 'Ready' ? undefined : goodTemplate(live);
  const isBack = released.hash !== spec.hash;
  const back = good ?? (isBack ? released : undefined);
  const target = revision.target === 'Good' ? (back ?? goodOfSiblings(ofSiblings, spec.hash) ?? spec) : spec;
  const shrinksFrom = replicasToKeep(manifest, live);
  const since = observed.cluster.status?.held?.find((entry) => entry.workload === workload)?.since;
  const isNew = released.hash !== target.hash;
  const verdict = decideRelease({
    workload,
    desiredHash: shrinksFrom === undefined ? target.hash : `${target.hash} with fewer pods`,
    releasedHash: released.hash,
    changedFields: [
      ...(isNew ? changedFields(released.template, target.template) : []),
      ...(shrinksFrom === undefined ? [] : ['replicas']),
    ],
    freeze,
    since: since === undefined ? undefined : new Date(since),
    now: observed.now,
  });
  if (verdict.release) {
    const kept = isNew && revision.releasedIsGood ? released : good;
    return { manifest: withTemplate(manifest, target, kept, revision), released: isNew };
  }
  return {
    manifest: withReplicas(withTemplate(manifest, released, good, revision), shrinksFrom),
    held: verdict.held,
    released: false,
  };
}

/** Of a workload that is not there yet. */
function firstTemplate(
  spec: Template,
  {
    freeze,
    revision,
    ofSiblings,
  }: { freeze: FreezeState; revision: Partial<RevisionVerdict>; ofSiblings: OfSiblings },
): Template {
  if (revision.target === 'Good') return goodOfSiblings(ofSiblings, spec.hash) ?? spec;
  return (freeze.active ? releasedOfSiblings(ofSiblings) : undefined) ?? spec;
}

/** The number of pods there is when fewer are wanted. The presence Deployment has its number from the autoscaler. */
function replicasToKeep(manifest: Manifest, live: Workload | undefined): number | undefined {
  const { replicas: wanted } = manifest.spec as { replicas?: number };
  const current = live?.spec.replicas;
  return wanted !== undefined && current !== undefined && wanted < current ? current : undefined;
}

function withReplicas(manifest: Manifest, replicas: number | undefined): Manifest {
  if (replicas === undefined) return manifest;
  return { ...manifest, spec: { ...(manifest.spec as object), replicas } };
}

function withTemplate(
  manifest: Manifest,
  template: Template,
  good: Template | undefined,
  revision: Partial<RevisionVerdict>,
): Manifest {
  const annotations = {
    ...manifest.metadata.annotations,
    [ANNOTATION.templateHash]: template.hash,
    [ANNOTATION.releasedTemplate]: canonicalJson(template.template),
    ...memory(template, good, revision),
  };
  return {
    ...manifest,
    metadata: { ...manifest.metadata, annotations },
    spec: { ...(manifest.spec as object), template: template.template },
  };
}

/** What goes with the template, so that neither is there without the other. */
function memory(
  { hash }: Template,
  good: Template | undefined,
  { record, target }: Partial<RevisionVerdict>,
): Record<string, string> {
  const isBack = record?.state === 'Reverted' && target === 'Good';
  return {
    ...(good === undefined || good.hash === hash
      ? {}
      : { [ANNOTATION.goodTemplate]: canonicalJson(good.template) }),
    ...(isBack ? { [ANNOTATION.revertedRevision]: JSON.stringify(record) } : {}),
  };
}

/**
 * Pauses a Deployment whose rolling update is in flight when a freeze begins, until the freeze ends. A paused
 * Deployment still replaces lost pods and scales; a rollout that is complete is left alone.
 * Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#pausing-and-resuming-a-deployment
 */
export function pauseInFlight(manifest: Manifest, observed: Observed, freeze: FreezeState): Manifest {
  const live = observed.children.get(childKey(manifest)) as Workload | undefined;
  if (manifest.kind !== 'Deployment' || !freeze.active || live === undefined) return manifest;
  if (!live.spec.paused && !isInFlight(live)) return manifest;
  return { ...manifest, spec: { ...(manifest.spec as object), paused: true } };
}

export function isPaused(manifest: Manifest): boolean {
  return (manifest.spec as { paused?: boolean }).paused === true;
}

/** Pods of an older template are still there. */
function isInFlight({ status }: Workload): boolean {
  return (status?.updatedReplicas ?? 0) < (status?.replicas ?? 0);
}
