import type { issueCertificate } from '../../platform/tls/issue-certificate.ts';

/** The bundle of the operator has this one beside it, as the source has. */
const ISSUER_URL = new URL(
  import.meta.url.endsWith('.ts') ? '../../platform/tls/issue-certificate.ts' : './issue-certificate.js',
  import.meta.url,
);

/** Loads what writes certificates, which only operators of clusters with certificates of their own need. */
export async function loadIssuer(): Promise<typeof issueCertificate> {
  const module = (await import(ISSUER_URL.href)) as { issueCertificate: typeof issueCertificate };
  return module.issueCertificate;
}
