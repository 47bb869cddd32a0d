import { describe, expect, it } from 'vitest';
import { leaseState } from './lease-state.ts';

const NOON = new Date('2027-06-05T12:00:00Z');
const LEASE = 'kube-system/kube-controller-manager';
const state = (renewTime: string | undefined) => leaseState(LEASE, renewTime, NOON);

describe('leaseState', () => {
  it.each([
    ['renewed a moment ago', '2027-06-05T11:59:58.123456Z', 'Renewed'],
    ['while another leader takes over', '2027-06-05T11:59:20.000000Z', 'Renewed'],
    ['renewed by a clock that is a little ahead', '2027-06-05T12:00:03.000000Z', 'Renewed'],
    ['not renewed any more', '2027-06-05T11:59:19.000000Z', 'LeaseStale'],
    ['of a clock that is too far ahead', '2027-06-05T12:00:03.001000Z', 'LeaseAhead'],
    ['never renewed', undefined, 'LeaseStale'],
    ['with a time that is none', 'soon', 'LeaseStale'],
  ])('%s', (_what, renewTime, expected) => {
    const found = state(renewTime);
    expect(found.kind === 'Unusable' ? found.reason : found.kind).toBe(expected);
  });
});
