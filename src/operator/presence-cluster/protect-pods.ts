import { FIELD_MANAGER } from '../../api/v1alpha1/names.ts';
import { type AnnotationPatch, podDisruptionPatch } from '../../domain/resources/pod-disruption.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import { builtin } from '../../platform/kube/resource.ts';
import { dispositionOf } from '../../platform/runtime/disposition.ts';
import type { Pod } from '../cluster-state/pod.ts';
import type { Pass } from './plan/pass.ts';

/** A fleet of a thousand pods is patched over some passes; each patched pod asks for the next one by itself. */
const MOST_PODS_A_PASS = 100;

/** The pods whose protection from drains is not as the freeze wants it, with the patch for each; pure. */
export function podsToPatch({ observed, decision }: Pick<Pass, 'observed' | 'decision'>): {
  pod: Pod;
  annotations: AnnotationPatch;
}[] {
  return [...observed.redisPods, ...observed.presencePods]
    .filter(({ metadata, status }) => !metadata.deletionTimestamp && !isFinished(status?.phase))
    .flatMap((pod) => {
      const annotations = podDisruptionPatch(pod.metadata.annotations, decision.rollouts.active);
      return annotations === undefined ? [] : [{ pod, annotations }];
    });
}

function isFinished(phase: string | undefined): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

/** Marks live pods so that nobody drains them in a freeze, and takes the marks away after it; no pod is rolled. */
export async function protectPods(client: KubeClient, pass: Pass, signal: AbortSignal): Promise<void> {
  const work = podsToPatch(pass).slice(0, MOST_PODS_A_PASS);
  const results = await Promise.allSettled(
    work.map(({ pod: { metadata }, annotations }) =>
      client.patch(
        builtin.Pod,
        metadata.namespace,
        metadata.name,
        // With its uid: another pod of the same name has no such annotations yet.
        { metadata: { uid: metadata.uid, annotations } },
        { fieldManager: FIELD_MANAGER.freeze, signal },
      ),
    ),
  );
  signal.throwIfAborted();
  for (const result of results) {
    // A pod that went away meanwhile, or another one of its name, is looked at in the next pass.
    if (result.status === 'rejected' && !['gone', 'conflict'].includes(dispositionOf(result.reason))) {
      throw result.reason;
    }
  }
}
