import { describe, expect, it } from 'vitest';
import { changeFreezeSpec } from '../../api/v1alpha1/change-freeze.ts';
import { weddingSpec } from '../../api/v1alpha1/wedding.ts';
import { formatInstant } from '../calendar/instant.ts';
import type { FreezeWedding } from '../freeze/protected-weddings.ts';
import { toRolloutFreezeWindows } from '../freeze/rollout-freeze-windows.ts';
import { HORIZON_DAYS, planChangeFreeze } from './change-freeze-plan.ts';
import { changeFreezeText } from './change-freeze-text.ts';

const NOW = new Date('2027-06-01T10:30:00Z');
const selector = { matchLabels: { team: 'payments' } };
const weekend = {
  name: 'weekend',
  start: '2027-01-08T17:00',
  rule: 'FREQ=WEEKLY;BYDAY=FR',
  duration: '63h',
  reason: 'the office is closed',
};
const sale = { name: 'sale', from: '2027-06-05T00:00', until: '2027-06-09T00:00', reason: 'the sale' };
const wedding = (name: string, labels = {}): FreezeWedding => ({
  id: name,
  name,
  labels,
  spec: weddingSpec.parse({
    date: '2027-06-12',
    timeZone: 'UTC',
    ceremony: '14:00',
    ends: '22:00',
    team: { planner: 1 },
  }),
});
const plan = (more: object, weddings: FreezeWedding[] = [], now = NOW) => {
  const found = planChangeFreeze(changeFreezeSpec.parse({ selector, ...more }), weddings, now);
  if (!found.accepted) return found;
  return found.windows.map(
    ({ from, until, reason }) => `${formatInstant(from)}/${formatInstant(until)} ${reason}`,
  );
};

describe('planChangeFreeze', () => {
  it('joins windows of all kinds that meet, with all their reasons', () => {
    expect(plan({ windows: [sale], recurring: [weekend] })).toEqual([
      '2027-06-04T17:00:00Z/2027-06-09T00:00:00Z weekend: the office is closed, sale: the sale',
      '2027-06-11T17:00:00Z/2027-06-14T08:00:00Z weekend: the office is closed',
      '2027-06-18T17:00:00Z/2027-06-21T08:00:00Z weekend: the office is closed',
      '2027-06-25T17:00:00Z/2027-06-28T08:00:00Z weekend: the office is closed',
    ]);
  });

  it('freezes around the weddings that are selected', () => {
    const weddings = [wedding('a', { kind: 'rehearsal' }), wedding('b')];
    expect(plan({ weddings: {} }, weddings)).toEqual([
      '2027-06-12T08:00:00Z/2027-06-13T02:00:00Z 2 weddings',
    ]);
    const not = { matchExpressions: [{ key: 'kind', operator: 'DoesNotExist' }] };
    expect(plan({ weddings: { selector: not, before: '1h' } }, weddings)).toEqual([
      '2027-06-12T13:00:00Z/2027-06-13T02:00:00Z 1 wedding',
    ]);
    expect(plan({ windows: [sale] }, weddings)).toHaveLength(1);
  });

  it('knows whole days, so that it does not change with every look', () => {
    const spec = changeFreezeSpec.parse({ selector, recurring: [weekend] });
    const at = (text: string) => planChangeFreeze(spec, [], new Date(text));
    const first = at('2027-06-01T00:00:00Z');
    expect(at('2027-06-01T23:59:59Z')).toEqual(first);
    expect(first).toMatchObject({ knownUntil: new Date('2027-06-29T00:00:00Z') });
    expect(HORIZON_DAYS).toBe(28);
  });

  it.each([
    [
      { windows: [{ ...sale, from: '2027-06-31T00:00', until: '2027-07-02T00:00' }] },
      'InvalidFreezeWindow',
      'spec.windows[0] (sale)',
    ],
    [{ windows: [{ ...sale, until: '2027-08-01T00:00' }] }, 'InvalidFreezeWindow', 'at most 31'],
    [{ windows: [sale], timeZone: 'Not/AZone' }, 'UnknownTimeZone', 'Not/AZone'],
    [{ recurring: [{ ...weekend, rule: 'FREQ=NEVER' }] }, 'InvalidRecurrence', 'spec.recurring[0] (weekend)'],
  ])('says what cannot be used, and where: %j', (more, reason, text) => {
    expect(plan(more)).toMatchObject({ accepted: false, reason, message: expect.stringContaining(text) });
  });
});

describe('changeFreezeText', () => {
  it('has what is frozen and when, one fact per line', () => {
    const spec = changeFreezeSpec.parse({
      selector: {
        matchLabels: { team: 'payments' },
        matchExpressions: [
          { key: 'tier', operator: 'NotIn', values: ['batch', ''] },
          { key: 'example.com/critical', operator: 'Exists' },
          { key: 'canary', operator: 'DoesNotExist' },
        ],
      },
      kinds: ['Deployment', 'CronJob'],
      customResources: [{ group: 'postgresql.cnpg.io', resource: 'clusters' }],
      timeZone: 'Europe/London',
      windows: [sale],
    });
    const found = planChangeFreeze(spec, [], new Date('2027-06-06T00:00:00Z'));
    const windows = found.accepted ? toRolloutFreezeWindows(found.windows) : [];
    expect(changeFreezeText(spec, windows, [], new Date('2027-06-06T00:00:00Z'))).toEqual({
      windows: [
        'seen=2027-06-04T23:00:00Z floor=0',
        'kinds=,deployments.apps,cronjobs.batch,clusters.postgresql.cnpg.io,',
        'In team =payments',
        'NotIn tier =batch =',
        'Exists example.com/critical',
        'DoesNotExist canary',
        'local 2027-06-04T23:00:00Z 2027-06-05 00:00 Europe/London',
        '2027-06-04T23:00:00Z/2027-06-08T23:00:00Z sale: the sale',
      ].join('\n'),
      overrides: null,
    });
  });
});
