import { describe, expect, it } from 'vitest';
import { presenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { rolloutFreezeSpec } from '../../api/v1alpha1/rollout-freeze.ts';
import { weddingSpec } from '../../api/v1alpha1/wedding.ts';
import { freezeAt } from './freeze-at.ts';
import { toRolloutFreezeWindows } from './rollout-freeze-windows.ts';
import { weddingId } from './wedding-id.ts';
import { freezeWindows } from './windows.ts';

type Change = Record<string, unknown>;

function wedding(change: Change = {}) {
  return weddingSpec.parse({
    date: '2027-06-05',
    timeZone: 'Europe/London',
    ceremony: '14:30',
    ends: '01:00',
    team: { photographer: 1 },
    ...change,
  });
}

function plan(changes: Change[], freeze: Change = {}, from = '2027-05-01T00:00:00Z', days = 90) {
  const { windows, skipped } = freezeWindows({
    spec: presenceClusterSpec.parse({ timeZone: 'UTC', freeze }),
    weddings: changes.map((change, index) => ({
      id: `w${index}`,
      name: `wedding-${index}`,
      spec: wedding(change),
    })),
    from: new Date(from),
    days,
  });
  return { windows: toRolloutFreezeWindows(windows), skipped, raw: windows };
}

const spans = (...args: Parameters<typeof plan>) =>
  plan(...args).windows.map(({ from, until }) => [from, until]);

describe('freezeWindows', () => {
  it('protects a Saturday wedding from 6 h before to 4 h after, past midnight', () => {
    const { windows } = plan([{}]);
    expect(windows).toEqual([
      { from: '2027-06-05T07:30:00Z', until: '2027-06-06T04:00:00Z', reason: '1 wedding', weddings: ['w0'] },
    ]);
    expect(rolloutFreezeSpec.parse({ windows })).toMatchObject({ windows });
  });

  it.each(['Planned', 'Done', 'Cancelled'])('does not protect a %s wedding', (state) => {
    expect(spans([{ state }])).toEqual([]);
  });

  it('protects the part of a Friday wedding that is Saturday in its own zone', () => {
    expect(spans([{ date: '2027-06-04' }])).toEqual([['2027-06-04T23:00:00Z', '2027-06-05T04:00:00Z']]);
    expect(spans([{ date: '2027-06-04', timeZone: 'Pacific/Auckland' }])).toEqual([
      ['2027-06-04T12:00:00Z', '2027-06-04T17:00:00Z'],
    ]);
  });

  it('protects the evening before an early Sunday wedding', () => {
    expect(spans([{ date: '2027-06-06', ceremony: '03:00', ends: '12:00' }])).toEqual([
      ['2027-06-05T20:00:00Z', '2027-06-05T23:00:00Z'],
    ]);
  });

  it('passes over other days, and protects nothing without days', () => {
    expect(spans([{ date: '2027-06-08' }])).toEqual([]);
    expect(spans([{}], { days: [] })).toEqual([]);
    expect(spans([{ date: '2027-06-08' }], { days: ['Tuesday'] })).toHaveLength(1);
  });

  it('takes Saturday from the zone of the wedding', () => {
    expect(spans([{ timeZone: 'Pacific/Auckland' }])).toEqual([
      ['2027-06-04T20:30:00Z', '2027-06-05T17:00:00Z'],
    ]);
  });

  it('follows clock changes inside the night', () => {
    expect(spans([{ date: '2027-10-30', ends: '01:30' }], {}, '2027-10-01T00:00:00Z')).toEqual([
      ['2027-10-30T07:30:00Z', '2027-10-31T05:30:00Z'],
    ]);
  });

  it('merges weddings that overlap or touch, and lists them', () => {
    const { windows } = plan([{}, { ceremony: '12:00', ends: '18:00' }, { date: '2027-06-12' }]);
    expect(windows).toEqual([
      {
        from: '2027-06-05T05:00:00Z',
        until: '2027-06-06T04:00:00Z',
        reason: '2 weddings',
        weddings: ['w0', 'w1'],
      },
      { from: '2027-06-12T07:30:00Z', until: '2027-06-13T04:00:00Z', reason: '1 wedding', weddings: ['w2'] },
    ]);
    const touching = [
      { ceremony: '06:00', ends: '08:00' },
      { ceremony: '18:00', ends: '20:00' },
    ];
    expect(spans(touching)).toEqual([['2027-06-04T23:00:00Z', '2027-06-05T23:00:00Z']]);
  });

  it('counts weddings that are on at once', () => {
    const two = [
      { ceremony: '10:00', ends: '12:00' },
      { ceremony: '14:00', ends: '16:00' },
    ];
    expect(spans(two, { minActiveWeddings: 2 })).toEqual([['2027-06-05T07:00:00Z', '2027-06-05T15:00:00Z']]);
    expect(spans(two, { minActiveWeddings: 3 })).toEqual([]);
  });

  it('keeps the start of a window that is on, and forgets what is over or far away', () => {
    const half = '2027-06-05T12:00:00Z';
    expect(spans([{}], {}, half)).toEqual([['2027-06-05T07:30:00Z', '2027-06-06T04:00:00Z']]);
    expect(spans([{}], {}, '2027-06-06T04:00:00Z')).toEqual([]);
    expect(spans([{}], {}, '2027-03-07T07:30:00Z')).toEqual([]);
    expect(spans([{}], {}, '2027-03-07T07:30:01Z')).toHaveLength(1);
  });

  it('passes over weddings it cannot place, and reports them', () => {
    const { windows, skipped } = plan([{ date: '2027-02-30' }, { timeZone: 'Europe/Londn' }, {}]);
    expect(windows).toHaveLength(1);
    expect(skipped.map(({ id, reason }) => [id, reason])).toEqual([
      ['w0', 'InvalidDate'],
      ['w1', 'UnknownTimeZone'],
    ]);
  });

  it('lists 20 weddings and counts all', () => {
    const { windows } = plan(Array.from({ length: 60 }, () => ({})));
    expect(windows[0]?.weddings).toHaveLength(20);
    expect(windows[0]?.notListed).toBe(40);
    expect(windows[0]?.reason).toBe('60 weddings');
    expect(() => rolloutFreezeSpec.parse({ windows })).not.toThrow();
  });
});

describe('freezeAt', () => {
  const { raw } = plan([{}, { date: '2027-06-12' }]);
  it.each([
    ['2027-06-05T07:29:59Z', false, '2027-06-05T07:30:00.000Z'],
    ['2027-06-05T07:30:00Z', true, '2027-06-05T07:30:00.000Z'],
    ['2027-06-06T03:59:59Z', true, '2027-06-05T07:30:00.000Z'],
    ['2027-06-06T04:00:00Z', false, '2027-06-12T07:30:00.000Z'],
    ['2027-06-13T04:00:00Z', false, undefined],
  ])('%s', (now, active, from) => {
    const state = freezeAt(raw, new Date(now));
    expect([state.active, state.from?.toISOString()]).toEqual([active, from]);
  });
});

describe('weddingId', () => {
  it('is a part of the digest of namespace and name', () => {
    expect(weddingId('weddings', 'ada', (text) => `${text}-digest-that-is-long`)).toBe('weddings/ada-dig');
  });
});
