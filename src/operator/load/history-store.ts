import { API_VERSION } from '../../api/schema/group.ts';
import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { LABEL } from '../../api/v1alpha1/names.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import { builtin, type KubeObject } from '../../platform/kube/resource.ts';

type ConfigMap = KubeObject & { data?: Record<string, string> };

/**
 * Reads what was kept of a PresenceCluster. It is a ConfigMap and not status, so that watchers of the PresenceCluster
 * do not get 40 kB with each change; it lacks the label of our caches, so that it costs no memory either.
 *
 * @returns undefined when there is none, or it is of an earlier PresenceCluster of the name
 */
export async function readKept(
  client: KubeClient,
  { metadata: { namespace, uid } }: PresenceCluster,
  name: string,
  signal: AbortSignal,
): Promise<Record<string, string> | undefined> {
  const found = await client.get<ConfigMap>(builtin.ConfigMap, namespace, name, { signal });
  const isOurs = found?.metadata.ownerReferences?.some((owner) => owner.uid === uid) ?? false;
  return isOurs ? found?.data : undefined;
}

/** Writes it; the garbage collector deletes it with the PresenceCluster. */
export async function writeKept(
  client: KubeClient,
  cluster: PresenceCluster,
  { name, data, fieldManager }: { name: string; data: Record<string, string>; fieldManager: string },
  signal: AbortSignal,
): Promise<void> {
  const { namespace, name: owner, uid = '' } = cluster.metadata;
  const { labels, annotations } = cluster.spec.commonMetadata ?? {};
  const object: ConfigMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name,
      namespace,
      labels: { ...labels, [LABEL.partOf]: 'wedsync', [LABEL.cluster]: owner },
      ...(annotations === undefined ? {} : { annotations }),
      ownerReferences: [
        { apiVersion: API_VERSION, kind: 'PresenceCluster', name: owner, uid, controller: true },
      ],
    },
    data,
  };
  await client.apply(object, { fieldManager, force: true, signal });
}
