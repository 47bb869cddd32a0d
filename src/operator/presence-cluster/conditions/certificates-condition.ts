import type { PresenceClusterStatus } from '../../../api/v1alpha1/presence-cluster-status.ts';
import { formatInstant } from '../../../domain/calendar/instant.ts';
import { expiresSoon, nextCertificateStep } from '../../../domain/resources/certificates.ts';
import type { Observed } from '../../cluster-state/observed.ts';
import type { ClusterCondition } from './cluster-condition.ts';

/** Whether every server serves the certificate that it should; nothing where neither clients nor the bus use TLS. Pure. */
export function certificatesCondition({ tls, certificateServers, now }: Observed): ClusterCondition[] {
  if (tls === undefined) return [];
  const condition = (
    status: 'True' | 'False',
    reason: Extract<ClusterCondition, { type: 'CertificatesCurrent' }>['reason'],
    message: string,
  ): ClusterCondition[] => [{ type: 'CertificatesCurrent', status, reason, message }];
  const { inUse, wanted, problem } = tls;
  if (inUse === undefined) {
    if (problem === undefined)
      return condition('False', 'Replacing', 'The first certificate is being issued.');
    // What a refusal means for the pods depends on what was refused, and is in its message.
    const until = problem.reason === 'SecretRefused' ? '' : ' No Redis pod starts until this is fixed.';
    return condition('False', problem.reason, `${problem.message}${until}`);
  }
  const until = formatInstant(inUse.validUntil);
  if (inUse.validUntil <= now) {
    const why = problem === undefined ? 'A new certificate is being issued.' : problem.message;
    return condition('False', 'Expired', `The certificate of the servers expired at ${until}. ${why}`);
  }
  if (problem !== undefined) {
    const goOn = `The servers keep their current certificate, valid until ${until}.`;
    return condition('False', problem.reason, `${problem.message} ${goOn}`);
  }
  // A pod that starts, or hangs, serves nothing: that is for other conditions.
  const seen = certificateServers.filter(({ serves }) => serves !== undefined);
  const current = seen.filter(({ serves }) => serves === inUse.fingerprint).length;
  if (current < seen.length) {
    const message = `${current} of ${seen.length} servers serve the certificate that is valid until ${until}.`;
    return condition('False', 'Replacing', message);
  }
  const step = wanted && nextCertificateStep({ inUse, wanted, servers: certificateServers, now });
  if (step?.kind === 'wait') return condition('False', 'Replacing', `Waiting: ${step.because}.`);
  if (step?.kind === 'write') return condition('False', 'Replacing', `In progress: ${step.because}.`);
  return expiresSoon(inUse, now)
    ? condition('True', 'ExpiresSoon', `The certificate is only valid until ${until}: renew it.`)
    : condition(
        'True',
        'Current',
        `All reachable Redis servers serve the certificate that is valid until ${until}.`,
      );
}

/** For status. */
export function certificateStatus({
  tls,
  certificateServers,
}: Observed): NonNullable<PresenceClusterStatus['redis']>['certificate'] {
  if (tls?.inUse === undefined) return undefined;
  const { fingerprint, validUntil } = tls.inUse;
  return {
    validUntil: formatInstant(validUntil),
    servedBy: certificateServers.filter(({ serves }) => serves === fingerprint).length,
  };
}
