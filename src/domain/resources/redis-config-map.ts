import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { childMetadata, type Manifest } from './manifest.ts';
import { REDIS_CONFIG_FILE } from './redis-paths.ts';

/** The server configuration. Immutable, one object a content: see `childName.redisConfig`. */
export function redisConfigMap(owner: PresenceCluster, name: string, config: string): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: childMetadata(owner, name, 'redis'),
    immutable: true,
    data: { [REDIS_CONFIG_FILE]: config },
  };
}
