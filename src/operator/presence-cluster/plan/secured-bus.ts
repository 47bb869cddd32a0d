import type { PresenceClusterSpec } from '../../../api/v1alpha1/presence-cluster.ts';
import { childName } from '../../../domain/resources/child-names.ts';
import { REDIS_LIVE_CONFIG_FILE } from '../../../domain/resources/redis-paths.ts';
import { securesBusAlone } from '../../../domain/resources/redis-tls.ts';
import { CERTIFICATES_VOLUME } from '../../../domain/resources/redis-workload.ts';
import { BUS_PARAMETER, CERTIFICATE_PARAMETER } from '../../../domain/topology/live-config.ts';
import { childKey, type Observed, type Workload } from '../../cluster-state/observed.ts';
import { isReady } from '../../cluster-state/pod.ts';
import { goodTemplate, releasedTemplate, type Template } from '../../cluster-state/released-template.ts';

/**
 * Whether the bus of the Redis Cluster takes connections with a certificate of ours only, while clients connect in the clear.
 * `Never`: clients use TLS, and so does the bus, or the engine cannot. `Later`: not every server has certificates yet.
 */
export type SecuredBus = 'Never' | 'Later' | 'Now';

/**
 * A server with a secured bus and one without do not hear each other, so all change at once, when each has certificates; never
 * back. A server without certificates does not even start with it, so no template may be left that could come back without.
 * The decision is in the ConfigMap that servers start with, where a new leader finds it. Pure.
 */
export function securedBus(observed: Observed, spec: PresenceClusterSpec): SecuredBus {
  if (!securesBusAlone(spec)) return 'Never';
  const { children, cluster, redisPods, runningConfig } = observed;
  const name = childName.redisLiveConfig(cluster.metadata.name);
  const live = children.get(childKey({ kind: 'ConfigMap', metadata: { name } }));
  const text = (live?.data as Record<string, string> | undefined)?.[REDIS_LIVE_CONFIG_FILE] ?? '';
  if (text.includes(`${BUS_PARAMETER} yes`)) return 'Now';
  const shards = [...children.values()].filter(({ kind }) => kind === 'StatefulSet') as Workload[];
  const canStart = shards.every((shard) =>
    [releasedTemplate(shard), goodTemplate(shard)].every(
      (each) => each === undefined || mountsCertificates(each),
    ),
  );
  const haveAll = redisPods.every(
    (pod) => isReady(pod) && Boolean(runningConfig.get(pod.metadata.name)?.[CERTIFICATE_PARAMETER]),
  );
  return canStart && haveAll ? 'Now' : 'Later';
}

function mountsCertificates({ template }: Template): boolean {
  const { volumes } = (template as { spec?: { volumes?: { name: string }[] } }).spec ?? {};
  return volumes?.some(({ name }) => name === CERTIFICATES_VOLUME) ?? false;
}
