import { API_VERSION } from '../../api/schema/group.ts';
import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { FIELD_MANAGER, LABEL } from '../../api/v1alpha1/names.ts';
import { childName } from '../../domain/resources/child-names.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import { builtin, type KubeObject } from '../../platform/kube/resource.ts';
import { type Learned, learnedFromData, learnedToData } from './learned.ts';

type ConfigMap = KubeObject & { data?: Record<string, string> };

/**
 * Reads what was learned of a PresenceCluster. It is a ConfigMap and not status, so that watchers of the PresenceCluster
 * do not get 40 kB with each change; it lacks the label of our caches, so that it costs no memory either.
 */
export async function readLearned(
  client: KubeClient,
  cluster: PresenceCluster,
  signal: AbortSignal,
): Promise<Learned | undefined> {
  const { namespace, name } = cluster.metadata;
  const found = await client.get<ConfigMap>(builtin.ConfigMap, namespace, childName.presenceHistory(name), {
    signal,
  });
  const isOurs = found?.metadata.ownerReferences?.some(({ uid }) => uid === cluster.metadata.uid) ?? false;
  return isOurs ? learnedFromData(found?.data) : undefined;
}

/** Writes it; the garbage collector deletes it with the PresenceCluster. */
export async function writeLearned(
  client: KubeClient,
  cluster: PresenceCluster,
  learned: Learned,
  signal: AbortSignal,
): Promise<void> {
  const { namespace, name, uid = '' } = cluster.metadata;
  const { labels, annotations } = cluster.spec.commonMetadata ?? {};
  const object: ConfigMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: childName.presenceHistory(name),
      namespace,
      labels: { ...labels, [LABEL.partOf]: 'wedsync', [LABEL.cluster]: name },
      ...(annotations === undefined ? {} : { annotations }),
      ownerReferences: [{ apiVersion: API_VERSION, kind: 'PresenceCluster', name, uid, controller: true }],
    },
    data: learnedToData(learned),
  };
  await client.apply(object, { fieldManager: FIELD_MANAGER.autoscaler, force: true, signal });
}
