import { createPrivateKey, X509Certificate } from 'node:crypto';

const PEM_BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

/** The certificates of a PEM text. @throws Error when one cannot be read. */
export function readCertificates(pem: string): X509Certificate[] {
  return (pem.match(PEM_BLOCK) ?? []).map((block) => new X509Certificate(block));
}

export interface ChainToCheck {
  /** The certificate, then those between it and an authority. */
  readonly certificates: readonly X509Certificate[];
  /** PEM. */
  readonly key: string;
  readonly authorities: readonly X509Certificate[];
  /** Name that clients will check. */
  readonly serverName: string;
  readonly now: Date;
}

/**
 * Why servers that are each other's clients cannot use this, in words that go on after "it"; undefined when they can. That it
 * has expired is not looked at.
 */
export function chainProblem({
  certificates,
  key,
  authorities,
  serverName,
  now,
}: ChainToCheck): string | undefined {
  const [leaf] = certificates;
  if (leaf === undefined) return 'holds no certificate in tls.crt';
  if (authorities.length === 0) return 'holds no certificate in ca.crt';
  if (!fits(leaf, key))
    return 'has a key (tls.key) that is not that of the certificate (tls.crt), or cannot be read';
  if (leaf.validFromDate > now) return `is not valid before ${leaf.validFromDate.toISOString()}`;
  if (leaf.checkHost(serverName) === undefined) {
    return `is not for the name ${serverName}, but for ${leaf.subjectAltName ?? 'no name'}`;
  }
  // Absent means any use (RFC 5280 section 4.2.1.12).
  const uses = leaf.keyUsage as readonly string[] | undefined;
  if (uses !== undefined && !(uses.includes(SERVER_AUTH) && uses.includes(CLIENT_AUTH))) {
    return 'may not be used for both server and client authentication, which the servers need among themselves';
  }
  return isIssuedBy(leaf, certificates.slice(1), authorities, now)
    ? undefined
    : 'does not lead to a valid authority in ca.crt';
}

function fits(leaf: X509Certificate, key: string): boolean {
  try {
    return leaf.checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

function isIssuedBy(
  subject: X509Certificate,
  between: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
  now: Date,
): boolean {
  const isIssuer = (issuer: X509Certificate): boolean =>
    issuer.validFromDate <= now &&
    issuer.validToDate > now &&
    subject.checkIssued(issuer) &&
    subject.verify(issuer.publicKey);
  if (authorities.some((each) => each.fingerprint256 === subject.fingerprint256 || isIssuer(each)))
    return true;
  return between.some(
    (issuer, index) =>
      isIssuer(issuer) &&
      isIssuedBy(
        issuer,
        between.filter((_, other) => other !== index),
        authorities,
        now,
      ),
  );
}
