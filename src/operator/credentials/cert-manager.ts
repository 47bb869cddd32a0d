import { FIELD_MANAGER } from '../../api/v1alpha1/names.ts';
import type { RedisTls } from '../../api/v1alpha1/redis-tls.ts';
import { childName } from '../../domain/resources/child-names.ts';
import { redisCertificate } from '../../domain/resources/redis-tls.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import { KubeError } from '../../platform/kube/errors.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { CERTIFICATE_TYPE } from '../objects/kinds.ts';
import { isControlledBy, isOurs, OwnershipConflictError } from '../objects/ownership-conflict.ts';
import type { OwnSecretOptions } from './own-secret.ts';
import { isRefusal } from './secret-refused.ts';
import type { CertificateProblem } from './tls-material.ts';

/**
 * Asks cert-manager for the certificate of the servers, by a Certificate of our own.
 *
 * @returns why it cannot be asked
 */
export async function askCertManager(
  options: OwnSecretOptions,
  issuerRef: RedisTls['issuerRef'],
): Promise<CertificateProblem | undefined> {
  if (issuerRef === undefined) return undefined;
  const { client, cluster, signal } = options;
  const manifest = redisCertificate(cluster, issuerRef) as unknown as KubeObject;
  try {
    const found = await findCertificate(options);
    if (found !== undefined && !isOurs(found, cluster)) {
      return { reason: 'NotIssued', message: `${new OwnershipConflictError(found).message}.` };
    }
    await client.apply(manifest, { fieldManager: FIELD_MANAGER.operator, force: true, signal });
    return undefined;
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    if (error.code === 404) {
      const message =
        'The API server does not know Certificates of cert-manager.io/v1: install cert-manager, or choose another spec.redis.tls.source.';
      return { reason: 'CertManagerMissing', message };
    }
    if (!isRefusal(error)) throw error;
    options.onRefused?.(error);
    return { reason: 'NotIssued', message: `The certificate cannot be asked for: ${error.message}.` };
  }
}

/**
 * The Certificate that is left of source CertManager, when the certificates come from elsewhere now. One of another
 * owner is not ours to remove, and neither is one whose Secret the spec goes on using by its name.
 */
export async function obsoleteCertificate(
  options: OwnSecretOptions,
  { source, secretName }: RedisTls,
): Promise<KubeObject | undefined> {
  const { metadata } = options.cluster;
  const isInUse = source === 'Secret' && secretName === childName.redisCertificate(metadata.name);
  if (source === 'CertManager' || isInUse) return undefined;
  try {
    const found = await findCertificate(options);
    return found !== undefined && isControlledBy(found, options.cluster) ? found : undefined;
  } catch (error) {
    // Who may not read Certificates has made none.
    if (isRefusal(error)) return undefined;
    throw error;
  }
}

/**
 * Removes the Certificate that is obsolete, never a Secret: cert-manager's stays as well, for clients that may still use it.
 *
 * @returns whether there was one
 */
export async function removeObsoleteCertificate(
  client: KubeClient,
  obsolete: KubeObject | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  if (obsolete === undefined) return false;
  const { namespace, name, uid } = obsolete.metadata;
  await client.delete(CERTIFICATE_TYPE, namespace, name, { ...(uid ? { uid } : {}), signal });
  return true;
}

function findCertificate({ client, cluster, signal }: OwnSecretOptions): Promise<KubeObject | undefined> {
  const { namespace, name } = cluster.metadata;
  return client.get(CERTIFICATE_TYPE, namespace, childName.redisCertificate(name), { signal });
}
