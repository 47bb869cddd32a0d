import type { ContainerResources } from '../../../api/schema/container-resources.ts';
import type { PresenceClusterSpec } from '../../../api/v1alpha1/presence-cluster.ts';
import { DEFAULT_PRESENCE_RESOURCES, quantityToNumber } from '../../resources/container-resources.ts';

const BYTES_A_GIB = 2 ** 30;

/**
 * What one presence pod costs an hour: its requests × prices. Kubernetes takes a limit for the request that is left out.
 * Undefined without prices.
 */
export function podHourPrice({ scaling, presence }: PresenceClusterSpec): number | undefined {
  if (scaling.cost === undefined) return undefined;
  const resources: ContainerResources = presence.resources ?? DEFAULT_PRESENCE_RESOURCES;
  const { requests, limits } = resources;
  const cpus = quantityToNumber(requests?.cpu ?? limits?.cpu ?? '0');
  const gibs = quantityToNumber(requests?.memory ?? limits?.memory ?? '0') / BYTES_A_GIB;
  return cpus * scaling.cost.cpuHour + gibs * scaling.cost.memoryGibHour;
}
