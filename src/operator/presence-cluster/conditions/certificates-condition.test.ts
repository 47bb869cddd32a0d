import { describe, expect, it } from 'vitest';
import { NOON, observed } from '../../../../test/support/presence-cluster-builder.ts';
import type { Observed } from '../../cluster-state/observed.ts';
import { certificateStatus, certificatesCondition } from './certificates-condition.ts';

const DAY_MS = 24 * 3_600_000;
const later = (days: number) => new Date(NOON.getTime() + days * DAY_MS);
const material = {
  certificate: 'leaf',
  key: 'key',
  authorities: ['ca'],
  fingerprint: 'AA',
  validFrom: later(-10),
  validUntil: later(80),
};
const inUse = { ...material, changedAt: later(-1) };
const server = (serves: string) => ({ pod: 'redis-0-0', serves, hasRead: true, reread: false });

function told(more: Partial<Pick<Observed, 'tls' | 'certificateServers'>>): string {
  const [condition] = certificatesCondition(observed({ certificateServers: [server('AA')], ...more }));
  return `${condition?.status} ${condition?.reason}: ${condition?.message}`;
}

describe('certificatesCondition', () => {
  it('is silent without TLS', () => {
    expect(certificatesCondition(observed())).toEqual([]);
    expect(certificateStatus(observed())).toBeUndefined();
  });

  it('says until when every server serves what', () => {
    const tls = { inUse, wanted: material };
    expect(told({ tls })).toMatch(/^True Current: .*2027-08-24T11:00:00Z/);
    expect(certificateStatus(observed({ tls, certificateServers: [server('AA'), server('BB')] }))).toEqual({
      validUntil: '2027-08-24T11:00:00Z',
      servedBy: 1,
    });
  });

  it('counts the servers that do not yet, and tells what is waited for', () => {
    const tls = { inUse, wanted: material };
    expect(told({ tls, certificateServers: [server('AA'), server('BB')] })).toContain(
      'False Replacing: 1 of 2',
    );
    const silent = { pod: 'redis-0-1', hasRead: false, reread: false };
    expect(told({ tls, certificateServers: [server('AA'), silent] })).toContain('True Current');
    expect(told({ tls: { inUse, wanted: { ...material, fingerprint: 'BB' } } })).toContain('False Replacing');
    const both = { ...inUse, authorities: ['ca', 'old'], changedAt: NOON };
    expect(told({ tls: { inUse: both, wanted: material } })).toContain(
      'Waiting: the old authority is trusted until',
    );
  });

  it('tells a problem with what goes on, or with what does not start', () => {
    const problem = { reason: 'KeyMissing' as const, message: 'Secret ours lacks ca.crt: put it there.' };
    expect(told({ tls: { inUse, problem } })).toMatch(/^False KeyMissing: .*servers keep .*2027-08-24/);
    expect(told({ tls: { problem } })).toMatch(/^False KeyMissing: .*No Redis pod starts/);
  });

  it('tells of the end, and before it', () => {
    const late = { ...inUse, validFrom: later(-100), validUntil: later(5) };
    expect(told({ tls: { inUse: late, wanted: late } })).toContain('True ExpiresSoon');
    const over = { ...inUse, validFrom: later(-100), validUntil: NOON };
    const problem = {
      reason: 'Expired' as const,
      message: 'The certificate in Secret ours expired: renew it.',
    };
    expect(told({ tls: { inUse: over, problem } })).toMatch(/^False Expired: .*renew it/);
  });
});
