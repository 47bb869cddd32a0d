import { describe, expect, it } from 'vitest';
import { presenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { freezeRemarks, refuseFreeze } from './accept-freeze.ts';

type Given = Record<string, unknown>;
const window = (name: string, from: string, until: string, more: Given = {}) => ({
  name,
  from,
  until,
  reason: 'closed',
  ...more,
});
const spec = (freeze: Given) => presenceClusterSpec.parse({ timeZone: 'Europe/London', freeze });

describe('refuseFreeze', () => {
  it.each([
    [[], undefined],
    [[window('a', '2027-12-20T00:00', '2028-01-05T00:00')], undefined],
    [[window('a', '2027-10-01T00:00', '2027-11-01T00:00')], undefined],
    [
      [window('a', '2027-02-30T00:00', '2027-03-05T00:00')],
      'InvalidFreezeWindow spec.freeze.windows[0] (a): 2027-02-30T00:00 is not a day of the calendar',
    ],
    [
      [window('a', '2027-02-01T00:00', '2027-02-30T00:00')],
      'InvalidFreezeWindow spec.freeze.windows[0] (a): 2027-02-30T00:00 is not a day of the calendar',
    ],
    [
      [window('a', '2027-03-01T00:00', '2027-03-02T00:00', { timeZone: 'Europe/Londn' })],
      'UnknownTimeZone spec.freeze.windows[0] (a): Europe/Londn is not an IANA time zone',
    ],
    [
      [window('a', '2027-03-01T00:00', '2028-03-02T00:00')],
      'InvalidFreezeWindow spec.freeze.windows[0] (a): it is 367 days long; at most 31 are taken',
    ],
    [
      [
        window('a', '2027-03-01T00:00', '2027-03-25T00:00'),
        window('b', '2027-03-25T00:00', '2027-04-10T00:00'),
        window('c', '2027-05-25T00:00', '2027-05-26T00:00'),
      ],
      'EndlessFreeze spec.freeze.windows: a, b join to a freeze of 40 days; at most 31 at a stretch leave time for patches',
    ],
  ])('%j', (windows, expected) => {
    const refusal = refuseFreeze(spec({ windows }));
    expect(refusal && `${refusal.reason} ${refusal.message}`).toBe(expected);
  });

  it('looks at allow windows as well', () => {
    const allowWindows = [window('a', '2027-02-30T00:00', '2027-03-05T00:00')];
    expect(refuseFreeze(spec({ allowWindows }))?.message).toContain('spec.freeze.allowWindows[0] (a)');
  });
});

describe('freezeRemarks', () => {
  it('names windows that overlap, and what holds', () => {
    const windows = [
      window('a', '2027-03-01T00:00', '2027-03-03T00:00'),
      window('b', '2027-03-02T00:00', '2027-03-04T00:00'),
      window('c', '2027-03-04T00:00', '2027-03-05T00:00'),
    ];
    const allowWindows = [window('patch', '2027-03-04T06:00', '2027-03-04T08:00')];
    expect(freezeRemarks(spec({ windows, allowWindows }))).toEqual([
      'spec.freeze.windows a and spec.freeze.windows b overlap; they act as one',
      'spec.freeze.windows c and spec.freeze.allowWindows patch overlap; where they do it is frozen',
    ]);
    expect(freezeRemarks(spec({}))).toEqual([]);
  });
});

describe('the schema', () => {
  it.each([
    ['inverted', [window('a', '2027-03-02T00:00', '2027-03-01T00:00')]],
    ['inverted instants', [window('a', '2027-03-02T00:00:00Z', '2027-03-02T01:00:00+02:00')]],
    ['empty', [window('a', '2027-03-02T00:00', '2027-03-02T00:00')]],
    ['without an end', [{ name: 'a', from: '2027-03-02T00:00', reason: 'closed' }]],
    ['mixed forms', [window('a', '2027-03-02T00:00', '2027-03-02T01:00:00Z')]],
    ['for ever', [window('a', '2027-03-02T00:00', '9999-12-31T00:00')]],
    ['too long', [window('a', '2027-03-01T00:00:00Z', '2027-04-01T00:00:01Z')]],
    ['without a reason', [{ name: 'a', from: '2027-03-02T00:00', until: '2027-03-03T00:00' }]],
    ['of one name', ['2027-03-02', '2027-03-05'].map((day) => window('a', `${day}T00:00`, `${day}T01:00`))],
  ])('refuses windows %s', (_, windows) => {
    expect(() => spec({ windows })).toThrow();
  });

  it.each([
    [{ before: '169h' }],
    [{ after: '169h' }],
    [{ budget: { minOpen: '336h' } }],
    [{ budget: { period: '23h' } }],
    [{ budget: { period: '2161h' } }],
    [{ exclude: { matchLabels: {} } }],
    [{ states: ['Done'] }],
  ])('refuses %j', (freeze) => {
    expect(() => spec(freeze)).toThrow();
  });
});
