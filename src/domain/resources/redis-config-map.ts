import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import { childName } from './child-names.ts';
import { childMetadata, type Manifest } from './manifest.ts';
import { REDIS_CONFIG_FILE, REDIS_LIVE_CONFIG_FILE } from './redis-paths.ts';

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

/** The part of the configuration that running servers take without a restart. Its name stays, so that no template changes with it. */
export function redisLiveConfigMap(owner: PresenceCluster, config: string): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: childMetadata(owner, childName.redisLiveConfig(owner.metadata.name), 'redis'),
    data: { [REDIS_LIVE_CONFIG_FILE]: config },
  };
}
