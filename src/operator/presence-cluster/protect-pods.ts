import { FIELD_MANAGER } from '../../api/v1alpha1/names.ts';
import { type AnnotationPatch, podDisruptionPatch } from '../../domain/resources/pod-disruption.ts';
import { builtin } from '../../platform/kube/resource.ts';
import type { Pod } from '../cluster-state/pod.ts';
import { contentHash } from '../objects/content-hash.ts';
import type { ReconcilePlan } from './plan/reconcile-plan.ts';
import { retryOf, sendOrReport } from './plan/send-requests.ts';
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
  tools: Pick<StageTools, 'client' | 'memory' | 'clock' | 'events' | 'results' | 'signal'>,
): Promise<void> {
  const { client, signal } = tools;
  const { cluster } = plan.observed;
  const requests = podsToPatch(plan)
    .slice(0, MAX_PODS_PER_RECONCILE)
    .map(({ pod: { metadata }, annotations }) => ({
      key: `annotations of Pod/${metadata.name}`,
      request: contentHash([metadata.uid, annotations, retryOf(cluster)]),
      send: async (): Promise<void> => {
        // With its uid: another pod of the same name has no such annotations yet.
        const patch = { metadata: { uid: metadata.uid, annotations } };
        const options = { fieldManager: FIELD_MANAGER.freeze, signal };
        await client.patch(builtin.Pod, metadata.namespace, metadata.name, patch, options);
      },
    }));
  await sendOrReport(cluster, requests, tools);
}
