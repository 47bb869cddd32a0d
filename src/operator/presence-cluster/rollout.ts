import { ANNOTATION } from '../../api/v1alpha1/names.ts';
import type { FreezeState } from '../../domain/freeze/freeze-at.ts';
import { decideRollout, type HeldRollout } from '../../domain/freeze/rollout.ts';
import { changedFields } from '../../domain/freeze/template-diff.ts';
import { canonicalJson } from '../../domain/resources/canonical-json.ts';
import type { Manifest } from '../../domain/resources/manifest.ts';
import { contentHash } from '../content-hash.ts';
import { childKey, type Observed } from './observed.ts';

/** A workload with the pod template that may go out now. */
export interface GatedWorkload {
  manifest: Manifest;
  /** Set while a newer template waits; the manifest then carries the released one. */
  held?: HeldRollout;
  /** A newer template goes out with this pass. */
  released: boolean;
}

/**
 * Puts the released template in the place of the wanted one while a freeze is on. The rest of the workload is
 * applied all the same: scaling and healing never wait.
 */
export function gateRollout(manifest: Manifest, observed: Observed, freeze: FreezeState): GatedWorkload {
  const workload = childKey(manifest);
  const wanted = (manifest.spec as { template: unknown }).template;
  const desiredHash = contentHash(wanted);
  const released = releasedTemplate(observed, workload);
  const since = observed.cluster.status?.held?.find((entry) => entry.workload === workload)?.since;
  const verdict = decideRollout({
    workload,
    desiredHash,
    releasedHash: released?.hash,
    changedFields: released ? changedFields(released.template, wanted) : [],
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
    manifest: withTemplate(manifest, released.hash, released.template),
    held: verdict.held,
    released: false,
  };
}

function releasedTemplate(
  observed: Observed,
  workload: string,
): { hash: string; template: unknown } | undefined {
  const annotations = observed.children.get(workload)?.metadata.annotations ?? {};
  const text = annotations[ANNOTATION.releasedTemplate];
  if (text === undefined) return undefined;
  try {
    const template: unknown = JSON.parse(text);
    return { hash: contentHash(template), template };
  } catch {
    // Somebody edited the annotation: there is nothing to compare with, as for a workload that is new.
    return undefined;
  }
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
