import { ANNOTATION } from '../../api/v1alpha1/names.ts';
import type { FreezeState } from '../../domain/freeze/freeze-at.ts';
import { decideRollout, type HeldRollout } from '../../domain/freeze/rollout.ts';
import { changedFields } from '../../domain/freeze/template-diff.ts';
import { canonicalJson } from '../../domain/resources/canonical-json.ts';
import type { Manifest } from '../../domain/resources/manifest.ts';
import { contentHash, textHash } from '../content-hash.ts';
import { childKey, type Observed, type Workload } from './observed.ts';
import { parseTemplate } from './released-template.ts';

interface Template {
  hash: string;
  template: unknown;
}

/** A workload with the pod template that may go out now. */
export interface GatedWorkload {
  manifest: Manifest;
  /** Set while a newer template waits; the manifest then carries the released one. */
  held?: HeldRollout;
  /** A newer template goes out with this pass. */
  released: boolean;
}

/**
 * Puts the released template in the place of the wanted one while a freeze is on, and keeps the pods of a StatefulSet
 * that should have fewer. The rest of the workload is applied all the same: growing and healing never wait.
 */
export function gateRollout(manifest: Manifest, observed: Observed, freeze: FreezeState): GatedWorkload {
  const workload = childKey(manifest);
  const wanted = (manifest.spec as { template: unknown }).template;
  const text = canonicalJson(wanted);
  const desiredHash = textHash(text);
  const released = releasedTemplate(observed, workload, { hash: desiredHash, template: wanted, text });
  const shrinksFrom = replicasToKeep(manifest, observed);
  const since = observed.cluster.status?.held?.find((entry) => entry.workload === workload)?.since;
  const verdict = decideRollout({
    workload,
    desiredHash: shrinksFrom === undefined ? desiredHash : `${desiredHash} with fewer pods`,
    releasedHash: released?.hash,
    changedFields: [
      ...(released && released.hash !== desiredHash ? changedFields(released.template, wanted) : []),
      ...(shrinksFrom === undefined ? [] : ['replicas']),
    ],
    freeze,
    since: since === undefined ? undefined : new Date(since),
    now: observed.now,
  });
  if (verdict.release || released === undefined) {
    return {
      manifest: withTemplate(manifest, desiredHash, wanted),
      released: released !== undefined && released.hash !== desiredHash,
    };
  }
  return {
    manifest: withReplicas(withTemplate(manifest, released.hash, released.template), shrinksFrom),
    held: verdict.held,
    released: false,
  };
}

/** The number of pods there is when fewer are wanted. The presence Deployment has its number from the autoscaler. */
function replicasToKeep(manifest: Manifest, observed: Observed): number | undefined {
  const { replicas: wanted } = manifest.spec as { replicas?: number };
  const live = observed.children.get(childKey(manifest)) as Workload | undefined;
  const current = live?.spec.replicas;
  return wanted !== undefined && current !== undefined && wanted < current ? current : undefined;
}

function withReplicas(manifest: Manifest, replicas: number | undefined): Manifest {
  if (replicas === undefined) return manifest;
  return { ...manifest, spec: { ...(manifest.spec as object), replicas } };
}

/**
 * What was released last, undefined for a workload that is new. When somebody took the annotation away or broke it,
 * what runs is in its place: a freeze must hold also then.
 */
function releasedTemplate(
  observed: Observed,
  workload: string,
  wanted: Template & { text: string },
): Template | undefined {
  const live = observed.children.get(workload) as Workload | undefined;
  if (live === undefined) return undefined;
  const { [ANNOTATION.releasedTemplate]: text, [ANNOTATION.templateHash]: hash } =
    live.metadata.annotations ?? {};
  // Almost always; saves reading it.
  if (text === wanted.text) return wanted;
  const template = parseTemplate(text);
  if (template !== undefined) return { hash: contentHash(template), template };
  return { hash: hash ?? contentHash(live.spec.template), template: live.spec.template };
}

function withTemplate(manifest: Manifest, hash: string, template: unknown): Manifest {
  return {
    ...manifest,
    metadata: {
      ...manifest.metadata,
      annotations: {
        ...manifest.metadata.annotations,
        [ANNOTATION.templateHash]: hash,
        [ANNOTATION.releasedTemplate]: canonicalJson(template),
      },
    },
    spec: { ...(manifest.spec as object), template },
  };
}
