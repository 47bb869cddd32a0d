import { createPrivateKey, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  id_kp_clientAuth,
  id_kp_serverAuth,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509';

/** A certificate and its private key, as PEM. */
export interface IssuedCertificate {
  readonly certificate: string;
  readonly key: string;
}

export interface Lifetime {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export type CertificateRequest = Lifetime &
  (
    | { readonly kind: 'Authority'; readonly commonName: string }
    /** For servers that are clients of each other as well. */
    | {
        readonly kind: 'Peer';
        readonly commonName: string;
        readonly dnsNames: readonly string[];
        readonly authority: IssuedCertificate;
      }
  );

/** RFC 5480: ecdsa-with-SHA256; its parameters are left out. */
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const ID_COMMON_NAME = '2.5.4.3';
/** RFC 5280 section 4.1.2.2 allows 20 octets; half of them are random enough. */
const SERIAL_BYTES = 16;

/**
 * Makes a key on the curve P-256 and a certificate of it (RFC 5280), signed by itself or by the authority. Lives in a bundle of
 * its own, because Node can read certificates and not write them, and most processes never need to.
 */
export function issueCertificate(request: CertificateRequest): IssuedCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const authority = request.kind === 'Peer' ? request.authority : undefined;
  const subject = nameOf(request.commonName);
  const tbs = new TBSCertificate({
    version: Version.v3,
    serialNumber: serialNumber(),
    signature: signatureAlgorithm(),
    issuer: authority === undefined ? subject : subjectOf(authority.certificate),
    validity: new Validity({
      notBefore: toSeconds(request.notBefore),
      notAfter: toSeconds(request.notAfter),
    }),
    subject,
    subjectPublicKeyInfo: AsnConvert.parse(
      publicKey.export({ type: 'spki', format: 'der' }),
      SubjectPublicKeyInfo,
    ),
    extensions: new Extensions(
      request.kind === 'Peer' ? peerExtensions(request.dnsNames) : authorityExtensions(),
    ),
  });
  const signer = authority === undefined ? privateKey : createPrivateKey(authority.key);
  const certificate = new Certificate({
    tbsCertificate: tbs,
    signatureAlgorithm: signatureAlgorithm(),
    signatureValue: bytes(sign('sha256', Buffer.from(AsnConvert.serialize(tbs)), signer)),
  });
  return { certificate: new X509Certificate(Buffer.from(AsnConvert.serialize(certificate))).toString(), key };
}

function authorityExtensions(): Extension[] {
  return [
    extension(id_ce_basicConstraints, new BasicConstraints({ cA: true, pathLenConstraint: 0 })),
    extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign)),
  ];
}

function peerExtensions(dnsNames: readonly string[]): Extension[] {
  const names = dnsNames.map((dNSName) => new GeneralName({ dNSName }));
  return [
    extension(id_ce_basicConstraints, new BasicConstraints({ cA: false })),
    extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.digitalSignature)),
    extension(id_ce_extKeyUsage, new ExtendedKeyUsage([id_kp_serverAuth, id_kp_clientAuth]), false),
    extension(id_ce_subjectAltName, new SubjectAlternativeName(names), false),
  ];
}

function extension(extnID: string, value: unknown, critical = true): Extension {
  return new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });
}

function signatureAlgorithm(): AlgorithmIdentifier {
  return new AlgorithmIdentifier({ algorithm: ECDSA_WITH_SHA256 });
}

function nameOf(commonName: string): Name {
  const value = new AttributeValue({ utf8String: commonName });
  return new Name([
    new RelativeDistinguishedName([new AttributeTypeAndValue({ type: ID_COMMON_NAME, value })]),
  ]);
}

function subjectOf(pem: string): Name {
  return AsnConvert.parse(new X509Certificate(pem).raw, Certificate).tbsCertificate.subject;
}

/** RFC 5280 section 4.1.2.5: there are no fractions of seconds. */
function toSeconds(at: Date): Date {
  return new Date(Math.floor(at.getTime() / 1000) * 1000);
}

/** Positive, and with no leading zero octet that DER would not have. */
function serialNumber(): ArrayBuffer {
  const serial = randomBytes(SERIAL_BYTES);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return bytes(serial);
}

function bytes(buffer: Buffer): ArrayBuffer {
  return new Uint8Array(buffer).buffer;
}
