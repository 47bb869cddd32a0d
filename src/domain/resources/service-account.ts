import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { childName } from './child-names.ts';
import { childMetadata, type Manifest } from './manifest.ts';

/**
 * A service account without rights and without a token: the pods never talk to the API server. Its annotations may name an identity
 * of a cloud.
 */
export function serviceAccount(
  owner: PresenceCluster,
  spec: PresenceClusterSpec,
  component: 'redis' | 'presence',
): Manifest {
  const { annotations } = spec[component].pods?.serviceAccount ?? {};
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: childMetadata(owner, childName[component](owner.metadata.name), component, { annotations }),
    automountServiceAccountToken: false,
  };
}
