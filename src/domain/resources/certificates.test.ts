import { describe, expect, it } from 'vitest';
import {
  type CertificateInUse,
  type CertificateServer,
  expiresSoon,
  isDueForRenewal,
  nextCertificateStep,
} from './certificates.ts';
import { FILES_SETTLE_MS, OLD_TAKEN_MS } from './credentials.ts';

const NOW = new Date('2027-06-05T12:00:00Z');
const DAY_MS = 24 * 3_600_000;
const later = (ms: number) => new Date(NOW.getTime() + ms);

/** Leaf `a1` is of authority `A`. */
function material(leaf: string, authorities: readonly string[] = [leaf.charAt(0).toUpperCase()]) {
  return {
    certificate: leaf,
    key: `key of ${leaf}`,
    authorities,
    fingerprint: leaf,
    validFrom: later(-DAY_MS),
    validUntil: later(89 * DAY_MS),
  };
}

const inUse = (leaf: string, more: Partial<CertificateInUse> = {}): CertificateInUse => ({
  ...material(leaf),
  changedAt: later(-DAY_MS),
  ...more,
});

const serving = (leaf: string, hasRead = true): CertificateServer[] =>
  ['redis-0-0', 'redis-0-1'].map((pod) => ({ pod, serves: leaf, hasRead }));

const step = (
  used: CertificateInUse,
  wanted: ReturnType<typeof material>,
  servers = serving(used.fingerprint),
  now = NOW,
) => {
  const next = nextCertificateStep({ inUse: used, wanted, servers, now });
  if (next.kind !== 'write') return next.kind;
  return `${next.material.fingerprint} of ${[...next.material.authorities].sort().join('')}`;
};

describe('nextCertificateStep', () => {
  it('is none when what is wanted is in use', () => {
    expect(step(inUse('a1'), material('a1'))).toBe('none');
  });

  it('serves another certificate of the same authority at once', () => {
    expect(step(inUse('a1', { changedAt: NOW }), material('a2'), [])).toBe('a2 of A');
  });

  it('has a new authority trusted before a certificate of it is served', () => {
    expect(step(inUse('a1'), material('b1'))).toBe('a1 of AB');
  });

  it('waits until the files have arrived and every server has read them', () => {
    const both = { authorities: ['B', 'A'], changedAt: later(-FILES_SETTLE_MS) };
    expect(step(inUse('a1', { ...both, changedAt: later(1 - FILES_SETTLE_MS) }), material('b1'))).toBe(
      'wait',
    );
    expect(step(inUse('a1', both), material('b1'), serving('a1', false))).toBe('wait');
    expect(step(inUse('a1', both), material('b1'))).toBe('b1 of AB');
  });

  it('trusts the old authority until every server serves the new certificate, and ten minutes more', () => {
    const both = { authorities: ['B', 'A'], changedAt: later(-OLD_TAKEN_MS) };
    expect(step(inUse('b1', { ...both, changedAt: later(1 - OLD_TAKEN_MS) }), material('b1'))).toBe('wait');
    expect(step(inUse('b1', both), material('b1'), serving('a1'))).toBe('wait');
    expect(step(inUse('b1', both), material('b1'))).toBe('b1 of B');
  });

  it('waits for nobody when what is in use has expired: nobody is let in by it', () => {
    const expired = inUse('a1', { validUntil: NOW });
    expect(step(expired, material('b1'), serving('a1', false))).toBe('b1 of AB');
    expect(step(expired, material('a1'))).toBe('none');
  });

  it('takes more authorities that its source names without another certificate', () => {
    expect(step(inUse('a1'), material('a1', ['A', 'C']))).toBe('a1 of AC');
    expect(step(inUse('a1', { authorities: ['A', 'C'] }), material('a1', ['A', 'C']))).toBe('none');
  });
});

describe('the life of a certificate', () => {
  const life = { validFrom: NOW, validUntil: later(90 * DAY_MS) };

  it('is renewed after two thirds', () => {
    expect(isDueForRenewal(life, later(60 * DAY_MS - 1))).toBe(false);
    expect(isDueForRenewal(life, later(60 * DAY_MS))).toBe(true);
  });

  it('is soon over in its last tenth', () => {
    expect(expiresSoon(life, later(81 * DAY_MS - 1))).toBe(false);
    expect(expiresSoon(life, later(81 * DAY_MS))).toBe(true);
  });
});
