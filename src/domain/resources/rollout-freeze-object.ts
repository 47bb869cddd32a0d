import { API_VERSION } from '../../api/schema/group.ts';
import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import type { RolloutFreezeSpec } from '../../api/v1alpha1/rollout-freeze.ts';
import { childMetadata, type Manifest } from './manifest.ts';

/** The RolloutFreeze of a PresenceCluster, of the same name: what the admission policies read. */
export function rolloutFreezeObject(owner: PresenceCluster, spec: RolloutFreezeSpec): Manifest {
  return {
    apiVersion: API_VERSION,
    kind: 'RolloutFreeze',
    metadata: childMetadata(owner, owner.metadata.name, 'operator'),
    spec,
  };
}
