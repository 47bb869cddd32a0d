import { describe, expect, it } from 'vitest';
import { chainProblem, readCertificates } from './certificate-chain.ts';
import { type CertificateRequest, issueCertificate } from './issue-certificate.ts';

const NOW = new Date('2027-06-05T12:00:00Z');
const DAY_MS = 24 * 3_600_000;
const later = (days: number) => new Date(NOW.getTime() + days * DAY_MS);
const life = { notBefore: later(-1), notAfter: later(90) };

const authority = issueCertificate({ kind: 'Authority', commonName: 'one', ...life });
const other = issueCertificate({ kind: 'Authority', commonName: 'two', ...life });

function peer(more: Partial<Extract<CertificateRequest, { kind: 'Peer' }>> = {}) {
  const dnsNames = ['redis.weddings.svc', '*.redis.weddings.svc'];
  return issueCertificate({ kind: 'Peer', commonName: 'redis', dnsNames, authority, ...life, ...more });
}

function problem(
  issued = peer(),
  more: { key?: string; ca?: string; serverName?: string; now?: Date } = {},
): string | undefined {
  return chainProblem({
    certificates: readCertificates(issued.certificate),
    key: more.key ?? issued.key,
    authorities: readCertificates(more.ca ?? authority.certificate),
    serverName: more.serverName ?? 'redis.weddings.svc',
    now: more.now ?? NOW,
  });
}

describe('chainProblem', () => {
  it('has none with what is issued here, also beside other authorities', () => {
    expect(problem()).toBeUndefined();
    expect(problem(peer(), { ca: other.certificate + authority.certificate })).toBeUndefined();
    expect(problem(peer(), { serverName: 'redis-0-0.redis.weddings.svc' })).toBeUndefined();
  });

  it('tells of a key of another certificate, and of none', () => {
    expect(problem(peer(), { key: peer().key })).toContain('key');
    expect(problem(peer(), { key: 'no key' })).toContain('key');
  });

  it('tells of another name, with those that it has', () => {
    expect(problem(peer({ dnsNames: ['db.weddings.svc'] }))).toMatch(
      /redis\.weddings\.svc.*db\.weddings\.svc/,
    );
  });

  it('tells of an authority that is another, or has expired', () => {
    expect(problem(peer(), { ca: other.certificate })).toContain('authority');
    const old = issueCertificate({
      kind: 'Authority',
      commonName: 'old',
      notBefore: later(-2),
      notAfter: later(-1),
    });
    expect(problem(peer({ authority: old }), { ca: old.certificate })).toContain('authority');
    // The name alone does not make an authority.
    const twin = issueCertificate({ kind: 'Authority', commonName: 'one', ...life });
    expect(problem(peer(), { ca: twin.certificate })).toContain('authority');
  });

  it('tells of one that is not valid yet, and of files without certificates', () => {
    expect(problem(peer({ notBefore: later(1) }))).toContain('not valid before');
    expect(problem({ certificate: '', key: '' })).toContain('tls.crt');
    expect(problem(peer(), { ca: 'nothing' })).toContain('ca.crt');
  });

  it('tells of one that may not be used by both sides', () => {
    // An authority itself: usable for any purpose, but for no name.
    expect(problem(authority)).toContain('name');
  });
});

describe('issueCertificate', () => {
  it('gives whole seconds, both uses, and another serial number each time', () => {
    const [one] = readCertificates(peer().certificate);
    const [two] = readCertificates(peer().certificate);
    expect([one?.validFromDate, one?.validToDate]).toEqual([life.notBefore, life.notAfter]);
    expect(one?.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    expect(one?.ca).toBe(false);
    expect(readCertificates(authority.certificate)[0]?.ca).toBe(true);
    expect(one?.serialNumber).not.toBe(two?.serialNumber);
  });
});
