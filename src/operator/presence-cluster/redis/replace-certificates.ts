import { nextCertificateStep } from '../../../domain/resources/certificates.ts';
import { redisTlsSecret } from '../../../domain/resources/redis-tls.ts';
import { writeSecret } from '../../credentials/own-secret.ts';
import { EVENT_NOTES } from '../../objects/event-notes.ts';
import type { ReconcilePlan } from '../plan/reconcile-plan.ts';
import type { StageTools } from '../plan/stage.ts';

/**
 * A stage: takes the next step of replacing the certificates, if one is due. It interrupts no connection and restarts nothing, so
 * it does not wait for a freeze to end: a certificate that expires does not wait either.
 */
export function replaceCertificates(
  plan: Pick<ReconcilePlan, 'observed'>,
  tools: Pick<StageTools, 'client' | 'events' | 'memory' | 'signal'>,
): Promise<void> {
  return tools.memory.secrets.forgetAfterWrite(takeStep(plan, tools));
}

/** @returns whether the Secret was written */
async function takeStep(
  { observed: { tls, certificateServers, cluster, now } }: Pick<ReconcilePlan, 'observed'>,
  { client, events, signal }: Pick<StageTools, 'client' | 'events' | 'signal'>,
): Promise<boolean> {
  if (tls?.inUse === undefined) return false;
  for (const { pod, problem } of certificateServers) {
    if (problem === undefined) continue;
    events.record(cluster, 'RedisStepFailed', EVENT_NOTES.reloadFailed(pod, problem));
  }
  const reread = certificateServers.filter((server) => server.reread).map(({ pod }) => pod);
  if (reread.length > 0) {
    events.record(cluster, 'CertificatesReplaced', EVENT_NOTES.certificateServed(reread));
  }
  if (tls.wanted === undefined) return false;
  const { inUse, wanted } = tls;
  const step = nextCertificateStep({ inUse, wanted, servers: certificateServers, now });
  if (step.kind !== 'write') return false;
  await writeSecret({ client, signal }, redisTlsSecret(cluster, step.material, now), tls.resourceVersion);
  events.record(cluster, 'CertificatesReplaced', step.because);
  return true;
}
