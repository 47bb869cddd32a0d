import { nextCertificateStep } from '../../../domain/resources/certificates.ts';
import { redisTlsSecret } from '../../../domain/resources/redis-tls.ts';
import { writeSecret } from '../../credentials/own-secret.ts';
import type { Pass } from '../plan/pass.ts';
import type { RedisTools } from './maintain-redis.ts';

/**
 * Takes the next step of the exchange of certificates, if one is due. It stops nobody and restarts nothing, so it waits for no
 * freeze: a certificate that expires does not wait either.
 *
 * @returns whether the Secret was written
 */
export async function replaceCertificates(
  { client, announcer }: Pick<RedisTools, 'client' | 'announcer'>,
  { observed: { tls, certificateServers = [], cluster, now } }: Pick<Pass, 'observed'>,
  signal: AbortSignal,
): Promise<boolean> {
  if (tls?.inUse === undefined) return false;
  for (const { pod, problem } of certificateServers) {
    if (problem === undefined) continue;
    announcer.event(cluster, 'RedisStepFailed', `while ${pod} reads its certificate again: ${problem}`);
  }
  const reread = certificateServers.filter((server) => server.reread).map(({ pod }) => pod);
  if (reread.length > 0) {
    announcer.event(cluster, 'CertificatesReplaced', `serve the new certificate: ${reread.join(', ')}`);
  }
  if (tls.wanted === undefined) return false;
  const { inUse, wanted } = tls;
  const step = nextCertificateStep({ inUse, wanted, servers: certificateServers, now });
  if (step.kind !== 'write') return false;
  await writeSecret({ client, signal }, redisTlsSecret(cluster, step.material, now), tls.resourceVersion);
  announcer.event(cluster, 'CertificatesReplaced', step.because);
  return true;
}
