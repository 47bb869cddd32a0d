import { FIELD_MANAGER } from '../../api/v1alpha1/names.ts';
import { type AnnotationPatch, podDisruptionPatch } from '../../domain/resources/pod-disruption.ts';
import { builtin } from '../../platform/kube/resource.ts';
import { dispositionOf } from '../../platform/runtime/disposition.ts';
import type { Pod } from '../cluster-state/pod.ts';
import type { ReconcilePlan } from './plan/reconcile-plan.ts';
import type { StageTools } from './plan/stage.ts';

/** A fleet of a thousand pods is patched over several reconciles; each patched pod enqueues the next one. */
const MAX_PODS_PER_RECONCILE = 100;

/** The pods whose protection from drains is not as the freeze wants it, with the patch for each; pure. */
export function podsToPatch({ observed, decision }: Pick<ReconcilePlan, 'observed' | 'decision'>): {
  pod: Pod;
  annotations: AnnotationPatch;
}[] {
  return [...observed.redisPods, ...observed.presencePods]
    .filter(({ metadata, status }) => !metadata.deletionTimestamp && !isFinished(status?.phase))
    .flatMap((pod) => {
      const annotations = podDisruptionPatch(pod.metadata.annotations, decision.effectiveFreeze.active);
      return annotations === undefined ? [] : [{ pod, annotations }];
    });
}

function isFinished(phase: string | undefined): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

/** A stage: annotates live pods so that they are not drained in a freeze, and removes the annotations after it. No pod is rolled. */
export async function protectPods(
  plan: Pick<ReconcilePlan, 'observed' | 'decision'>,
  { client, signal }: Pick<StageTools, 'client' | 'signal'>,
): Promise<void> {
  const work = podsToPatch(plan).slice(0, MAX_PODS_PER_RECONCILE);
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
    // A pod that was deleted or replaced meanwhile is handled by the next reconcile.
    if (result.status === 'rejected' && !['gone', 'conflict'].includes(dispositionOf(result.reason))) {
      throw result.reason;
    }
  }
}
