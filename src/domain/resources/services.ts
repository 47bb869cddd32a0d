import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import type { Component } from '../../api/v1alpha1/names.ts';
import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { childName } from './child-names.ts';
import { childMetadata, type Manifest, selectorLabels, standardLabels } from './manifest.ts';
import { PRESENCE_PORT, REDIS_PORT } from './ports.ts';

/**
 * Headless, and it publishes pods that are not ready: a new Redis pod must be reachable to be met, and clients
 * find the cluster by one DNS name instead of addresses that change.
 */
export function redisHeadlessService(owner: PresenceCluster, spec: PresenceClusterSpec): Manifest {
  return service(owner, childName.redis(owner.metadata.name), 'redis', {
    ...spec.redis.service,
    clusterIP: 'None',
    publishNotReadyAddresses: true,
    ports: [{ name: 'redis', port: REDIS_PORT, targetPort: 'redis' }],
  });
}

/** One address in front of the ready Redis pods, as a start node for people and tools. */
export function redisClientService(owner: PresenceCluster, spec: PresenceClusterSpec): Manifest {
  return service(owner, childName.redisClient(owner.metadata.name), 'redis', {
    ...spec.redis.service,
    type: 'ClusterIP',
    ports: [{ name: 'redis', port: REDIS_PORT, targetPort: 'redis' }],
  });
}

/** Labels of the operator win: the Service is found by them. */
export function presenceService(owner: PresenceCluster, spec: PresenceClusterSpec): Manifest {
  const { nodePort, labels = {}, annotations = {}, ...fields } = spec.presence.service;
  const made = service(owner, childName.presence(owner.metadata.name), 'presence', {
    ...fields,
    ports: [{ name: 'ws', port: PRESENCE_PORT, targetPort: 'ws', ...(nodePort ? { nodePort } : {}) }],
  });
  const notes = { ...made.metadata.annotations, ...annotations };
  return {
    ...made,
    metadata: {
      ...made.metadata,
      labels: { ...made.metadata.labels, ...labels, ...standardLabels(owner.metadata.name, 'presence') },
      ...(Object.keys(notes).length === 0 ? {} : { annotations: notes }),
    },
  };
}

function service(owner: PresenceCluster, name: string, component: Component, spec: object): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: childMetadata(owner, name, component),
    spec: { ...spec, selector: selectorLabels(owner.metadata.name, component) },
  };
}
