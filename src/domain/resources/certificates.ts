import { FILES_SETTLE_MS, OLD_TAKEN_MS } from './credentials.ts';

/** A certificate with its key, and the authorities by which the peers check it. All PEM. */
export interface CertificateMaterial {
  /** With the authorities between it and one of `authorities`, if there are any. */
  readonly certificate: string;
  readonly key: string;
  /** One certificate each, in one form, so that texts can be compared. */
  readonly authorities: readonly string[];
  /** SHA-256 of the certificate, as TLS shows it. */
  readonly fingerprint: string;
  readonly validFrom: Date;
  readonly validUntil: Date;
}

/** What the Secret says that the servers mount. */
export interface CertificateInUse extends CertificateMaterial {
  /** When what is trusted or served was last changed. */
  readonly changedAt: Date;
}

/** The observed state of one server. */
export interface CertificateServer {
  readonly pod: string;
  /** Fingerprint of what it serves; undefined when it could not be seen. */
  readonly serves?: string;
  /** It has read its files again after they had time to arrive. */
  readonly hasRead: boolean;
}

export type CertificateStep =
  | { readonly kind: 'none' }
  | { readonly kind: 'wait'; readonly because: string }
  /** The Secret is to be written; it then holds what is in use. */
  | { readonly kind: 'write'; readonly material: CertificateMaterial; readonly because: string };

export interface CertificateSituation {
  readonly inUse: CertificateInUse;
  /** What its source says now. */
  readonly wanted: CertificateMaterial;
  /** Every pod whose server may be running. */
  readonly servers: readonly CertificateServer[];
  readonly now: Date;
}

/**
 * One step from the material in use to the wanted material. Servers check each other, and files arrive at each pod in its own time, so a
 * new authority is trusted by all before the first certificate of it is served, and an old one until the last is gone.
 */
export function nextCertificateStep({ inUse, wanted, servers, now }: CertificateSituation): CertificateStep {
  const isServed = inUse.fingerprint === wanted.fingerprint;
  const authorities = [...new Set([...wanted.authorities, ...inUse.authorities])];
  const isTrusted = wanted.authorities.every((each) => inUse.authorities.includes(each));
  const agesMs = now.getTime() - inUse.changedAt.getTime();
  if (!isServed && inUse.validUntil <= now) {
    const because = 'the certificate in use has expired, and the new one is served at once';
    return { kind: 'write', material: { ...wanted, authorities }, because };
  }
  if (!isTrusted) {
    return {
      kind: 'write',
      material: { ...inUse, authorities },
      because: 'the new authority is trusted beside the old',
    };
  }
  if (!isServed) {
    const isRead = servers.every(({ hasRead }) => hasRead);
    const hasMore = inUse.authorities.length > wanted.authorities.length;
    // Without a new authority no server has to learn one first.
    if (hasMore && (agesMs < FILES_SETTLE_MS || !isRead)) {
      return {
        kind: 'wait',
        because: 'the new certificate is served when every server trusts its authority',
      };
    }
    return { kind: 'write', material: { ...wanted, authorities }, because: 'the new certificate is served' };
  }
  if (inUse.authorities.length === wanted.authorities.length) return { kind: 'none' };
  if (agesMs < OLD_TAKEN_MS || servers.some(({ serves }) => serves !== inUse.fingerprint)) {
    return { kind: 'wait', because: 'the old authority is trusted until the new certificate is everywhere' };
  }
  return { kind: 'write', material: wanted, because: 'the old authority is trusted no more' };
}

/** Part of its life after which a certificate is renewed, as cert-manager does it. */
const RENEW_AFTER = 2 / 3;
/** Part of its life before its end in which its issuer should have renewed it. */
const SOON = 1 / 10;

type Life = Pick<CertificateMaterial, 'validFrom' | 'validUntil'>;

export function isDueForRenewal(life: Life, now: Date): boolean {
  return elapsed(life, now) >= RENEW_AFTER;
}

export function expiresSoon(life: Life, now: Date): boolean {
  return elapsed(life, now) >= 1 - SOON;
}

function elapsed({ validFrom, validUntil }: Life, now: Date): number {
  return (now.getTime() - validFrom.getTime()) / (validUntil.getTime() - validFrom.getTime());
}
