import { X509Certificate } from 'node:crypto';
import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import {
  type CertificateInUse,
  type CertificateMaterial,
  isDueForRenewal,
} from '../../domain/resources/certificates.ts';
import { childName } from '../../domain/resources/child-names.ts';
import { redisCaSecret, redisDnsNames, redisServerName, TLS_KEYS } from '../../domain/resources/redis-tls.ts';
import { chainProblem, readCertificates } from '../../platform/tls/certificate-chain.ts';
import type { IssuedCertificate } from '../../platform/tls/issue-certificate.ts';
import type { Secret } from './acl-secret.ts';
import { loadIssuer } from './load-issuer.ts';
import { getOrCreateSecret, type OwnSecretOptions, writeSecret } from './own-secret.ts';
import { textsOf } from './tls-material.ts';

const DAY_MS = 24 * 3_600_000;
const AUTHORITY_LIFE_MS = 10 * 365 * DAY_MS;
/** Renewed after two thirds: a month is left in which a dead operator is noticed. */
const LEAF_LIFE_MS = 90 * DAY_MS;
/** Clocks of nodes differ; a node whose clock is late refuses a certificate that is valid from this second on. */
const BACKDATED_MS = 3_600_000;

/**
 * The material of the authority that the operator makes for one PresenceCluster: the material in use while it is good, else a new
 * certificate. The authority is kept, and replaced when it is due or cannot be read.
 */
export async function ownMaterial(
  options: OwnSecretOptions & { readonly now: Date },
  inUse: CertificateInUse | undefined,
): Promise<CertificateMaterial> {
  const { cluster, now } = options;
  const authority = await ensureAuthority(options);
  const parsed = new X509Certificate(authority.certificate);
  if (inUse !== undefined && isGood(cluster, inUse, parsed, now)) {
    return { ...inUse, authorities: [parsed.toString()] };
  }
  const issue = await loadIssuer();
  const life = lifeFrom(now, LEAF_LIFE_MS);
  const leaf = issue({
    kind: 'Peer',
    commonName: 'redis',
    dnsNames: redisDnsNames(cluster),
    authority,
    ...life,
  });
  const read = new X509Certificate(leaf.certificate);
  return {
    ...leaf,
    authorities: [parsed.toString()],
    fingerprint: read.fingerprint256,
    validFrom: read.validFromDate,
    validUntil: read.validToDate,
  };
}

function isGood(
  cluster: PresenceCluster,
  inUse: CertificateInUse,
  authority: X509Certificate,
  now: Date,
): boolean {
  const problem = chainProblem({
    certificates: readCertificates(inUse.certificate),
    key: inUse.key,
    authorities: [authority],
    serverName: redisServerName(cluster),
    now,
  });
  return problem === undefined && !isDueForRenewal(inUse, now);
}

async function ensureAuthority(
  options: OwnSecretOptions & { readonly now: Date },
): Promise<IssuedCertificate> {
  const { cluster, now } = options;
  const name = childName.redisCa(cluster.metadata.name);
  const make = async () => redisCaSecret(cluster, await newAuthority(cluster, now));
  const secret = await getOrCreateSecret(options, name, make);
  const found = readAuthority(secret, now);
  if (found !== undefined) return found;
  const manifest = await make();
  await writeSecret(options, manifest, secret.metadata.resourceVersion);
  const texts = manifest.stringData as Record<string, string>;
  return { certificate: texts[TLS_KEYS.certificate] ?? '', key: texts[TLS_KEYS.key] ?? '' };
}

function readAuthority(secret: Secret, now: Date): IssuedCertificate | undefined {
  const texts = textsOf(secret);
  const [certificate, key] = [texts[TLS_KEYS.certificate] ?? '', texts[TLS_KEYS.key] ?? ''];
  try {
    const [parsed] = readCertificates(certificate);
    if (parsed === undefined || key === '') return undefined;
    const life = { validFrom: parsed.validFromDate, validUntil: parsed.validToDate };
    return isDueForRenewal(life, now) ? undefined : { certificate, key };
  } catch {
    return undefined;
  }
}

async function newAuthority({ metadata }: PresenceCluster, now: Date): Promise<IssuedCertificate> {
  const issue = await loadIssuer();
  // OpenSSL looks an issuer up by its name: two authorities of one name could not be distinguished.
  const commonName = `presence-operator ${metadata.uid ?? ''} ${now.getTime()}`.slice(0, 64);
  return issue({ kind: 'Authority', commonName, ...lifeFrom(now, AUTHORITY_LIFE_MS) });
}

function lifeFrom(now: Date, lifeMs: number): { notBefore: Date; notAfter: Date } {
  const notBefore = new Date(now.getTime() - BACKDATED_MS);
  return { notBefore, notAfter: new Date(notBefore.getTime() + lifeMs) };
}
