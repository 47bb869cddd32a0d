import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import type { RedisTls } from '../../api/v1alpha1/redis-tls.ts';
import { ENGINE_NAME, ENGINES } from '../topology/engine.ts';
import type { CertificateMaterial } from './certificates.ts';
import { childName } from './child-names.ts';
import { childMetadata, type Manifest } from './manifest.ts';

/** Keys of a Secret of type kubernetes.io/tls, as cert-manager writes them, and file names where it is mounted. */
export const TLS_KEYS = { certificate: 'tls.crt', key: 'tls.key', authorities: 'ca.crt' } as const;
/** When what the servers trust or serve was last changed; mounted nowhere. */
export const TLS_CHANGED_KEY = 'changed-at';

/** Whether the bus is to take connections with a certificate of ours only, although clients connect in the clear. */
export function securesBusAlone({ redis }: Pick<PresenceClusterSpec, 'redis'>): boolean {
  return redis.tls === undefined && ENGINES[ENGINE_NAME[redis.engine]].securesBusAlone;
}

/** The name that clients check, because addresses change: the headless Service, `NAME-redis.NAMESPACE.svc`. */
export function redisServerName({
  metadata: { name, namespace },
}: Pick<PresenceCluster, 'metadata'>): string {
  return `${childName.redis(name)}.${namespace}.svc`;
}

/** Every name that a certificate of the servers is for. */
export function redisDnsNames(cluster: Pick<PresenceCluster, 'metadata'>): string[] {
  const { name, namespace } = cluster.metadata;
  const headless = redisServerName(cluster);
  return [headless, `*.${headless}`, `${childName.redisClient(name)}.${namespace}.svc`, 'localhost'];
}

/** The Secret that the pods mount. */
export function redisTlsSecret(
  owner: PresenceCluster,
  material: CertificateMaterial,
  changedAt: Date,
): Manifest {
  return tlsSecret(owner, childName.redisTls(owner.metadata.name), {
    [TLS_KEYS.certificate]: material.certificate,
    [TLS_KEYS.key]: material.key,
    [TLS_KEYS.authorities]: material.authorities.join(''),
    [TLS_CHANGED_KEY]: changedAt.toISOString(),
  });
}

/** The Secret with the operator's own certificate authority; mounted nowhere. */
export function redisCaSecret(
  owner: PresenceCluster,
  authority: { certificate: string; key: string },
): Manifest {
  return tlsSecret(owner, childName.redisCa(owner.metadata.name), {
    [TLS_KEYS.certificate]: authority.certificate,
    [TLS_KEYS.key]: authority.key,
  });
}

function tlsSecret(owner: PresenceCluster, name: string, stringData: Record<string, string>): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: childMetadata(owner, name, 'redis'),
    type: 'kubernetes.io/tls',
    stringData,
  };
}

/** The Certificate by which cert-manager is asked (https://cert-manager.io/docs/reference/api-docs/). */
export function redisCertificate(
  owner: PresenceCluster,
  issuerRef: NonNullable<RedisTls['issuerRef']>,
): Manifest {
  const name = childName.redisCertificate(owner.metadata.name);
  return {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: childMetadata(owner, name, 'redis'),
    spec: {
      secretName: name,
      dnsNames: redisDnsNames(owner),
      issuerRef: { ...issuerRef },
      // The servers are clients of each other on the bus of the cluster.
      usages: ['digital signature', 'key encipherment', 'server auth', 'client auth'],
      privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
    },
  };
}
