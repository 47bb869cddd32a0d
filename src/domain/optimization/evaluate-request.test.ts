import { describe, expect, it } from 'vitest';
import type { PresenceOptimizationSpec } from '../../api/v1alpha1/presence-optimization.ts';
import { evaluateRequest, type RequestContext } from './evaluate-request.ts';
import { MAX_REVOCATIONS } from './revocation-list.ts';

const AT = new Date('2027-06-05T12:00:00Z');
const scaling = { mode: 'Multipliers', maxReplicas: 60 } as const;

function judge(change: Partial<PresenceOptimizationSpec>, context: Partial<RequestContext> = {}) {
  const spec = {
    presenceClusterName: 'wedsync',
    requestedBy: 'ada',
    type: 'RefreshTopology',
    ...change,
  } as const;
  return evaluateRequest(spec, {
    taken: [],
    at: AT,
    now: AT,
    cluster: { scaling },
    disconnects: 0,
    ...context,
  });
}

const hold = (replicas: number) => ({ type: 'HoldReplicas', holdReplicas: { replicas, for: '2h' } }) as const;
const disconnect = (more: object = {}) =>
  ({ type: 'Disconnect', disconnect: { subject: 'u-17', ...more } }) as const;
const frozen = { cluster: { scaling, frozenUntil: new Date('2027-06-06T04:00:00Z') } };

describe('evaluateRequest', () => {
  it('takes what can be done, also in a freeze', () => {
    expect(judge({}, frozen)).toMatchObject({ kind: 'accepted' });
    expect(judge(hold(12), frozen)).toEqual({
      kind: 'accepted',
      message: 'At least 12 presence pods until 2027-06-05T14:00:00Z.',
      until: new Date('2027-06-05T14:00:00Z'),
    });
  });

  it('takes a Disconnect, also in a freeze: for 24 h unless told otherwise', () => {
    expect(judge(disconnect(), frozen)).toEqual({
      kind: 'accepted',
      message: 'Presence pods refuse the person until 2027-06-06T12:00:00Z.',
      until: new Date('2027-06-06T12:00:00Z'),
    });
    const later = { until: '2027-06-05T23:00:00+02:00', tokens: 'IssuedBefore', wedding: 'ada' };
    expect(judge(disconnect(later))).toEqual({
      kind: 'accepted',
      message:
        'Presence pods refuse the person with tokens issued before 2027-06-05T12:00:00Z until 2027-06-05T21:00:00Z in wedding ada.',
      until: new Date('2027-06-05T21:00:00Z'),
    });
    expect(judge(disconnect({ for: '720h' }), { disconnects: MAX_REVOCATIONS - 1 })).toMatchObject({
      kind: 'accepted',
      until: new Date('2027-07-05T12:00:00Z'),
    });
  });

  it('says that a hold is cut', () => {
    expect(judge(hold(80)).message).toContain('limited to 60 by maxReplicas');
  });

  it.each<[string, Partial<PresenceOptimizationSpec>, Partial<RequestContext>, string]>([
    ['the eleventh of a minute', {}, { taken: Array(10).fill(AT.getTime()) }, 'RateLimited'],
    ['another PresenceCluster', {}, { cluster: undefined }, 'UnknownCluster'],
    ['Prewarm', { type: 'Prewarm' }, {}, 'NotAvailable'],
    ['Prewarm in a freeze', { type: 'Prewarm' }, frozen, 'NotAvailable'],
    ['Rebalance', { type: 'Rebalance' }, {}, 'NotAvailable'],
    ['Rebalance in a freeze', { type: 'Rebalance' }, frozen, 'Frozen'],
    ['a hold in mode Off', hold(5), { cluster: { scaling: { ...scaling, mode: 'Off' } } }, 'NotAvailable'],
    ['a hold that is over', hold(5), { now: new Date('2027-06-05T14:00:00Z') }, 'TooLate'],
    ['a Disconnect that is over', disconnect({ until: '2027-06-05T12:00:00Z' }), {}, 'TooLate'],
    ['a Disconnect of months', disconnect({ until: '2027-07-05T12:00:01Z' }), {}, 'TooLong'],
    ['one Disconnect more than pods take', disconnect(), { disconnects: MAX_REVOCATIONS }, 'TooMany'],
  ])('refuses %s', (_what, change, context, reason) => {
    expect(judge(change, context)).toMatchObject({ kind: 'refused', reason });
  });

  it('says when to retry, where that is known', () => {
    const flood = { taken: Array(10).fill(AT.getTime() - 20_000) };
    expect(judge({}, flood)).toMatchObject({ retryAfter: new Date('2027-06-05T12:00:40Z') });
    expect(judge({ type: 'Rebalance' }, frozen)).toMatchObject({ retryAfter: frozen.cluster.frozenUntil });
  });
});
