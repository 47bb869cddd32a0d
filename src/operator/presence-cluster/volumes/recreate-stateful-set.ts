import { FIELD_MANAGER } from '../../../api/v1alpha1/names.ts';
import { builtin } from '../../../platform/kube/resource.ts';
import { EVENT_NOTES } from '../../objects/event-notes.ts';
import type { ReconcilePlan } from '../plan/reconcile-plan.ts';
import type { StageTools } from '../plan/stage.ts';

/** The garbage collector takes its pods and claims away from it within a second or two. */
const GONE_WITHIN_MS = 15_000;
const LOOK_AGAIN_MS = 200;

/**
 * A stage: deletes one StatefulSet without its pods and recreates it with the claim templates of the spec, which Kubernetes never
 * changes in place. The new one takes the pods over as they are. Should the process die in between, the next reconcile makes it.
 */
export async function recreateStatefulSet(
  { observed, desired }: ReconcilePlan,
  {
    client,
    memory,
    events,
    clock,
    signal,
  }: Pick<StageTools, 'client' | 'memory' | 'events' | 'clock' | 'signal'>,
): Promise<void> {
  const { cluster, children } = observed;
  const { namespace } = cluster.metadata;
  const { name, withPods } = desired.volumes.recreate ?? {};
  const live = children.get(`StatefulSet/${name}`);
  const manifest = desired.workloads.find(({ manifest: each }) => each.metadata.name === name)?.manifest;
  if (name === undefined || live === undefined || manifest === undefined) return;
  const { uid } = live.metadata;
  const propagationPolicy = withPods === true ? 'Background' : 'Orphan';
  await client.delete(builtin.StatefulSet, namespace, name, { uid, propagationPolicy, signal });
  memory.applied.forgetChild(`StatefulSet/${name}`);
  const giveUpMs = clock.monotonicMs() + GONE_WITHIN_MS;
  while ((await client.get(builtin.StatefulSet, namespace, name, { signal })) !== undefined) {
    if (clock.monotonicMs() > giveUpMs)
      throw new Error(`StatefulSet ${name} waits for the garbage collector to take its pods from it`);
    await clock.sleep(LOOK_AGAIN_MS, signal);
  }
  await client.apply({ ...manifest }, { fieldManager: FIELD_MANAGER.operator, force: true, signal });
  events.record(cluster, 'RedisVolume', EVENT_NOTES.claimTemplateReplaced(name));
}
