import type { CertificateInUse, CertificateMaterial } from '../../domain/resources/certificates.ts';
import { TLS_CHANGED_KEY, TLS_KEYS } from '../../domain/resources/redis-tls.ts';
import { chainProblem, readCertificates } from '../../platform/tls/certificate-chain.ts';
import type { Secret } from './acl-secret.ts';

/** A problem of a certificate or of its source, for people. */
export interface CertificateProblem {
  readonly reason:
    | 'SecretMissing'
    | 'SecretRefused'
    | 'KeyMissing'
    | 'Unusable'
    | 'Expired'
    | 'CertManagerMissing'
    | 'NotIssued';
  readonly message: string;
}

export type MaterialReading =
  | { readonly material: CertificateMaterial; readonly problem?: undefined }
  | { readonly material?: undefined; readonly problem: CertificateProblem };

/** What a Secret with certificate, key and authorities holds, or why servers cannot use it. */
export function readMaterial(secret: Secret, serverName: string, now: Date): MaterialReading {
  const { name } = secret.metadata;
  const texts = textsOf(secret);
  const missing = Object.values(TLS_KEYS).filter((key) => !texts[key]);
  if (missing.length > 0) {
    const hint = missing.includes(TLS_KEYS.authorities)
      ? ' ca.crt has the certificates of the authorities by which tls.crt is checked.'
      : '';
    const message = `Secret ${name} lacks ${missing.join(', ')}: put it there.${hint}`;
    return { problem: { reason: 'KeyMissing', message } };
  }
  try {
    const material = parse(texts);
    if (material.validUntil <= now) {
      const message = `The certificate in Secret ${name} expired at ${material.validUntil.toISOString()}: renew it.`;
      return { problem: { reason: 'Expired', message } };
    }
    const problem = chainProblem({
      certificates: readCertificates(material.certificate),
      key: material.key,
      authorities: readCertificates(material.authorities.join('')),
      serverName,
      now,
    });
    if (problem === undefined) return { material };
    return { problem: { reason: 'Unusable', message: `Secret ${name}: it ${problem}.` } };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { problem: { reason: 'Unusable', message: `Secret ${name}: it cannot be read: ${why}.` } };
  }
}

/** What the servers were given, usable or not any more; undefined when it cannot be read at all. */
export function readInUse(secret: Secret): CertificateInUse | undefined {
  const texts = textsOf(secret);
  try {
    const changedAt = new Date(texts[TLS_CHANGED_KEY] ?? 0);
    return { ...parse(texts), changedAt: Number.isNaN(changedAt.getTime()) ? new Date(0) : changedAt };
  } catch {
    return undefined;
  }
}

/** @throws Error when a certificate cannot be read */
function parse(texts: Readonly<Record<string, string>>): CertificateMaterial {
  const chain = readCertificates(texts[TLS_KEYS.certificate] ?? '');
  const authorities = readCertificates(texts[TLS_KEYS.authorities] ?? '').map((each) => each.toString());
  const [leaf] = chain;
  if (leaf === undefined) throw new Error('tls.crt holds no certificate');
  return {
    certificate: chain.map((each) => each.toString()).join(''),
    key: texts[TLS_KEYS.key] ?? '',
    authorities: [...new Set(authorities)],
    fingerprint: leaf.fingerprint256,
    validFrom: leaf.validFromDate,
    validUntil: leaf.validToDate,
  };
}

export function textsOf(secret: Secret): Record<string, string> {
  return Object.fromEntries(
    Object.entries(secret.data ?? {}).map(([key, value]) => [
      key,
      Buffer.from(value, 'base64').toString('utf8'),
    ]),
  );
}
