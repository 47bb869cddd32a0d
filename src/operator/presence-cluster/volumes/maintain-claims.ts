import { FIELD_MANAGER } from '../../../api/v1alpha1/names.ts';
import type { ClaimChange } from '../../../domain/volumes/plan-volumes.ts';
import { KubeError } from '../../../platform/kube/errors.ts';
import { builtin } from '../../../platform/kube/resource.ts';
import { contentHash } from '../../objects/content-hash.ts';
import { EVENT_NOTES } from '../../objects/event-notes.ts';
import type { ReconcilePlan } from '../plan/reconcile-plan.ts';
import { retryOf, sendOrReport } from '../plan/send-requests.ts';
import type { StageTools } from '../plan/stage.ts';

/** The admission plugin PersistentVolumeClaimResize: the storage class does not allow it. */
const FORBIDDEN = 403;

type Tools = Pick<StageTools, 'client' | 'memory' | 'events' | 'clock' | 'results' | 'signal'>;

/**
 * A stage: gives the claims their size, labels and annotations, and deletes those that have no volume and can never be as wanted.
 * It interrupts nothing, and more room is never held by a freeze.
 */
export async function maintainClaims({ observed, desired }: ReconcilePlan, tools: Tools): Promise<void> {
  const { client, events, signal } = tools;
  const { cluster } = observed;
  const { change, replace } = desired.volumes;
  await sendOrReport(
    cluster,
    [
      ...change.map((each) => ({
        key: `size and metadata of PersistentVolumeClaim/${each.claim.name}`,
        request: contentHash([each.claim.uid, each.size, each.labels, each.annotations, retryOf(cluster)]),
        send: () => changeClaim(cluster, tools, each),
      })),
      ...replace.map(({ name, uid }) => ({
        key: `PersistentVolumeClaim/${name}`,
        request: `delete ${uid} ${retryOf(cluster)}`,
        send: async (): Promise<void> => {
          const { namespace } = cluster.metadata;
          await client.delete(builtin.PersistentVolumeClaim, namespace, name, { uid, signal });
          events.record(cluster, 'RedisVolume', EVENT_NOTES.claimReplaced(name));
        },
      })),
    ],
    tools,
  );
}

/** Labels and annotations that the spec no longer has stay on claims that are there. */
async function changeClaim(
  cluster: ReconcilePlan['observed']['cluster'],
  { client, memory, events, clock, signal }: Tools,
  { claim, size, labels, annotations }: ClaimChange,
): Promise<void> {
  const { name, uid } = claim;
  const { namespace } = cluster.metadata;
  const patch = {
    metadata: { uid, labels, annotations },
    ...(size === undefined ? {} : { spec: { resources: { requests: { storage: size } } } }),
  };
  const options = { fieldManager: FIELD_MANAGER.operator, signal };
  try {
    await client.patch(builtin.PersistentVolumeClaim, namespace, name, patch, options);
    if (size !== undefined)
      events.record(cluster, 'RedisVolume', EVENT_NOTES.claimGrows(name, claim.size, size));
  } catch (error) {
    if (!(error instanceof KubeError) || error.code !== FORBIDDEN || size === undefined) throw error;
    memory.refusedGrowth.note(claim, size, error.message, clock.monotonicMs());
  }
}
