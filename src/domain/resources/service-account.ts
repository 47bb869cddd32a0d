import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { childName } from './child-names.ts';
import { childMetadata, type Manifest } from './manifest.ts';

/** A service account without rights and without a token: the pods never talk to the API server. */
export function serviceAccount(owner: PresenceCluster, component: 'redis' | 'presence'): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: childMetadata(owner, childName[component](owner.metadata.name), component),
    automountServiceAccountToken: false,
  };
}
