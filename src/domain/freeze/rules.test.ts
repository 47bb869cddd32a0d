import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import type { freeze as freezeSchema } from '../../api/v1alpha1/freeze.ts';
import { presenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { type WeddingSpec, weddingSpec } from '../../api/v1alpha1/wedding.ts';
import { budgetFinding } from './budget-finding.ts';
import { safeWindowOnTheWire } from './next-safe-window.ts';
import { toRolloutFreezeWindows } from './rollout-freeze-windows.ts';
import { freezeWindows } from './windows.ts';

type FreezeInput = z.input<typeof freezeSchema>;
type Booking = Partial<WeddingSpec> & { name?: string; labels?: Record<string, string> };

/** Bookings: 14:30 to 01:00 in London on Saturday 5 June 2027 with ten people, unless told otherwise. */
function plan(bookings: Booking[], freeze: FreezeInput = {}, from = '2027-06-01T00:00:00Z', days = 90) {
  return freezeWindows({
    spec: presenceClusterSpec.parse({ timeZone: 'Europe/London', freeze }),
    weddings: bookings.map(({ name, labels, ...change }, index) => ({
      id: `w${index}`,
      name: name ?? `wedding-${index}`,
      labels,
      spec: weddingSpec.parse({
        date: '2027-06-05',
        timeZone: 'Europe/London',
        ceremony: '14:30',
        ends: '01:00',
        team: { catering: 10 },
        ...change,
      }),
    })),
    from: new Date(from),
    days,
  });
}

const spans = (...args: Parameters<typeof plan>) =>
  toRolloutFreezeWindows(plan(...args).windows).map(({ from, until }) => `${from} ${until}`);

const manual = (
  from: string,
  until: string,
  more: { name?: string; timeZone?: string; reason?: string } = {},
) => ({
  name: 'year-end',
  from,
  until,
  reason: 'nobody is in the office',
  ...more,
});

describe('which weddings count', () => {
  it('needs so many people at risk as well', () => {
    expect(spans([{}], { minPeopleAtRisk: 11 })).toEqual([]);
    expect(spans([{}, { ceremony: '16:00' }], { minPeopleAtRisk: 11 })).toEqual([
      '2027-06-05T09:00:00Z 2027-06-06T04:00:00Z',
    ]);
  });

  it('protects planned weddings when the spec says so', () => {
    expect(spans([{ state: 'Planned' }])).toEqual([]);
    expect(spans([{ state: 'Planned' }], { states: ['Planned', 'Confirmed'] })).toHaveLength(1);
    expect(spans([{}], { states: ['Planned'] })).toEqual([]);
  });

  it('passes over excluded weddings, by name and by labels', () => {
    const rehearsal = { name: 'rehearsal', labels: { kind: 'test', stage: 'dev' } };
    expect(spans([rehearsal], { exclude: { weddings: ['rehearsal'] } })).toEqual([]);
    expect(spans([rehearsal], { exclude: { matchLabels: { kind: 'test' } } })).toEqual([]);
    expect(spans([rehearsal], { exclude: { matchLabels: { kind: 'test', stage: 'prod' } } })).toHaveLength(1);
    expect(spans([rehearsal], { exclude: { weddings: ['other'] } })).toHaveLength(1);
    expect(spans([rehearsal], { exclude: {} })).toHaveLength(1);
  });

  it('protects a Thursday wedding until it is over at 02:00, and four hours more', () => {
    expect(spans([{ date: '2027-06-03', ends: '02:00' }], { days: ['Thursday'] })).toEqual([
      '2027-06-03T07:30:00Z 2027-06-04T05:00:00Z',
    ]);
  });
});

describe('manual windows and allow windows', () => {
  it('freezes in a manual window without any wedding, and says why', () => {
    const freeze = { windows: [manual('2027-12-24T18:00', '2028-01-03T08:00')] };
    expect(toRolloutFreezeWindows(plan([], freeze, '2027-12-01T00:00:00Z').windows)).toEqual([
      {
        from: '2027-12-24T18:00:00Z',
        until: '2028-01-03T08:00:00Z',
        reason: 'year-end: nobody is in the office',
        weddings: [],
      },
    ]);
  });

  it('freezes over New Year as one with the weddings of it', () => {
    const freeze = {
      days: ['Friday' as const, 'Saturday' as const],
      windows: [manual('2027-12-31T20:00', '2028-01-01T06:00')],
    };
    const party = { date: '2027-12-31', ends: '03:00' };
    const [window, ...others] = toRolloutFreezeWindows(plan([party], freeze, '2027-12-30T00:00:00Z').windows);
    expect(others).toEqual([]);
    expect(window).toEqual({
      from: '2027-12-31T08:30:00Z',
      until: '2028-01-01T07:00:00Z',
      reason: 'year-end: nobody is in the office, 1 wedding',
      weddings: ['w0'],
    });
  });

  it('opens the time before and after weddings in an allow window, never a wedding', () => {
    const allowWindows = [manual('2027-06-05T00:00', '2027-06-06T12:00', { name: 'patch' })];
    expect(spans([{}], { allowWindows })).toEqual(['2027-06-05T13:30:00Z 2027-06-06T00:00:00Z']);
  });

  it('lets a manual window beat an allow window', () => {
    const [allow, deny] = [
      manual('2027-06-07T08:00:00Z', '2027-06-07T18:00:00Z', { name: 'patch' }),
      manual('2027-06-07T12:00:00Z', '2027-06-07T13:00:00Z'),
    ];
    expect(spans([], { windows: [deny], allowWindows: [allow] })).toEqual([
      '2027-06-07T12:00:00Z 2027-06-07T13:00:00Z',
    ]);
  });

  it.each([
    // 02:00 to 03:00 is skipped on 28 March, 02:00 to 03:00 comes twice on 31 October.
    ['2027-03-28T01:30', '2027-03-28T03:00', '2027-03-28T01:30:00Z 2027-03-28T02:00:00Z'],
    ['2027-10-31T01:30', '2027-10-31T01:45', '2027-10-31T00:30:00Z 2027-10-31T01:45:00Z'],
    ['2027-03-28T01:50', '2027-03-28T02:10', '2027-03-28T01:50:00Z 2027-03-28T02:10:00Z'],
  ])('takes %s to %s on the night of a clock change', (from, until, expected) => {
    expect(spans([], { windows: [manual(from, until)] }, '2027-03-01T00:00:00Z', 300)).toEqual([expected]);
  });

  it('takes local times in the zone of the window', () => {
    const windows = [manual('2027-07-04T00:00', '2027-07-05T00:00', { timeZone: 'America/Los_Angeles' })];
    expect(spans([], { windows })).toEqual(['2027-07-04T07:00:00Z 2027-07-05T07:00:00Z']);
  });
});

describe('Auckland, London and Los Angeles on one cluster', () => {
  const around = ['Pacific/Auckland', 'Europe/London', 'America/Los_Angeles'].map((timeZone) => ({
    timeZone,
  }));

  it('joins the Saturdays of the three zones to one freeze from Friday to Sunday UTC', () => {
    const { windows } = plan(around);
    expect(toRolloutFreezeWindows(windows)).toEqual([
      {
        from: '2027-06-04T20:30:00Z',
        until: '2027-06-06T12:00:00Z',
        reason: '3 weddings',
        weddings: ['w0', 'w1', 'w2'],
      },
    ]);
  });

  it('keeps a clock change of each zone inside its own night', () => {
    // New Zealand goes back on 4 April 2027 at 03:00, Europe forward on 28 March, California forward on 14 March.
    const at = (timeZone: string, date: string) =>
      spans([{ timeZone, date, ends: '04:00' }], {}, '2027-03-01T00:00:00Z');
    expect(at('Pacific/Auckland', '2027-04-03')).toEqual(['2027-04-02T19:30:00Z 2027-04-03T20:00:00Z']);
    expect(at('Europe/London', '2027-03-27')).toEqual(['2027-03-27T08:30:00Z 2027-03-28T07:00:00Z']);
    expect(at('America/Los_Angeles', '2027-03-13')).toEqual(['2027-03-13T16:30:00Z 2027-03-14T15:00:00Z']);
  });
});

/** A wedding every day from 5 June, 06:00 to 05:00 on the next morning, with 4 h of margin between. */
const everyDay = (days: number, team: (day: number) => number = () => 10): Booking[] =>
  Array.from({ length: days }, (_, day) => ({
    date: new Date(Date.UTC(2027, 5, 5 + day)).toISOString().slice(0, 10),
    ceremony: '09:00',
    ends: '05:00',
    team: { catering: team(day) },
  }));
const EVERY_DAY: FreezeInput = {
  days: ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'],
  before: '6h',
  after: '4h',
};

describe('the freeze budget', () => {
  const finding = (...args: Parameters<typeof plan>) => budgetFinding(plan(...args).budget);

  it('is kept by Saturdays', () => {
    const saturdays = Array.from({ length: 12 }, (_, week) => ({
      date: new Date(Date.UTC(2027, 5, 5 + 7 * week)).toISOString().slice(0, 10),
    }));
    expect(finding(saturdays)).toMatchObject({ status: 'True', reason: 'WithinBudget' });
  });

  it('is exceeded by a wedding every day; says where, and proposes the time with the fewest people at risk', () => {
    const bookings = everyDay(20, (day) => (day < 3 ? 5 : 10));
    const { windows, budget, nextSafeWindow } = plan(bookings, EVERY_DAY, '2027-06-05T12:00:00Z');
    expect(windows).toHaveLength(1);
    expect(budgetFinding(budget)).toEqual({
      status: 'False',
      reason: 'TooLittleOpen',
      message:
        'From 2027-06-05T02:00:00Z to 2027-06-19T02:00:00Z only 0 h are open. ' +
        'The least risky time to open is 2027-06-06T04:00:00Z to 2027-06-06T08:00:00Z (2 weddings, 10 people at risk).',
    });
    expect(nextSafeWindow && safeWindowOnTheWire(nextSafeWindow)).toEqual({
      from: '2027-06-06T04:00:00Z',
      until: '2027-06-06T08:00:00Z',
      open: false,
      weddings: 2,
      people: 10,
    });
  });

  it('proposes nothing that is over', () => {
    const { budget } = plan(
      everyDay(20, (day) => (day < 3 ? 5 : 10)),
      EVERY_DAY,
      '2027-06-06T06:00:00Z',
    );
    expect(budget.proposal?.from).toBe(Date.parse('2027-06-06T04:00:00Z'));
    const later = plan(
      everyDay(20, (day) => (day < 3 ? 5 : 10)),
      EVERY_DAY,
      '2027-06-06T07:30:00Z',
    );
    expect(later.budget.proposal?.from).toBe(Date.parse('2027-06-07T04:00:00Z'));
  });

  it('is relaxed on request: 24 h of the time between weddings, the one with the fewest people first', () => {
    const freeze = { ...EVERY_DAY, budget: { behaviour: 'Relax' as const } };
    const { windows, budget } = plan(
      everyDay(20, (day) => (day < 3 ? 5 : 10)),
      freeze,
      '2027-06-04T12:00:00Z',
    );
    expect(budgetFinding(budget)).toMatchObject({ status: 'False', reason: 'Relaxed' });
    expect(budget.opened[0]).toMatchObject({ from: Date.parse('2027-06-05T02:00:00Z'), people: 5 });
    expect(budget.unmet).toBeUndefined();
    const ons = everyDay(20).map(({ date }) => Date.parse(`${date}T08:00:00Z`));
    for (const on of ons) {
      const isFrozen = windows.some(
        ({ from, until }) => from.getTime() <= on && on + 20 * 3_600_000 <= until.getTime(),
      );
      expect(isFrozen).toBe(true);
    }
  });

  it('does not close again what it has opened while that is on', () => {
    const freeze = { ...EVERY_DAY, budget: { behaviour: 'Relax' as const } };
    const { budget } = plan(everyDay(20), freeze, '2027-06-04T12:00:00Z');
    for (const { from, until } of budget.opened) {
      const middle = new Date((from + until) / 2);
      const later = plan(everyDay(20), freeze, middle.toISOString());
      expect(later.windows.some((window) => window.from <= middle && middle < window.until)).toBe(false);
    }
  });

  it('says when there is nothing to relax', () => {
    const windows = [manual('2027-06-02T00:00:00Z', '2027-06-30T00:00:00Z')];
    expect(finding([], { windows, budget: { behaviour: 'Relax' } })).toEqual({
      status: 'False',
      reason: 'CannotRelax',
      message:
        'From 2027-06-02T00:00:00Z to 2027-06-16T00:00:00Z only 0 h are open. Nothing more may be opened.',
    });
    expect(finding([], { windows }).message).toContain(
      'There is no time outside of weddings and manual windows',
    );
    expect(finding([], { windows, budget: { minOpen: '0s' } }).status).toBe('True');
  });
});

describe('the next safe window', () => {
  const next = (...args: Parameters<typeof plan>) => {
    const { nextSafeWindow } = plan(...args);
    return nextSafeWindow && safeWindowOnTheWire(nextSafeWindow);
  };

  it('is now until the next freeze', () => {
    expect(next([{}])).toEqual({ until: '2027-06-05T07:30:00Z', open: true, weddings: 0, people: 0 });
    expect(next([])).toEqual({ open: true, weddings: 0, people: 0 });
  });

  it('is after the freeze that is on, and not shorter than an hour', () => {
    expect(next([{}], {}, '2027-06-05T12:00:00Z')).toEqual({
      from: '2027-06-06T04:00:00Z',
      open: true,
      weddings: 0,
      people: 0,
    });
    expect(next([{}], {}, '2027-06-05T06:30:00Z')).toMatchObject({ until: '2027-06-05T07:30:00Z' });
    expect(next([{}], {}, '2027-06-05T06:30:01Z')).toMatchObject({ from: '2027-06-06T04:00:00Z' });
  });

  it('counts weddings that are not protected, too', () => {
    expect(next([{}, { date: '2027-06-03' }])).toMatchObject({ weddings: 1, people: 10 });
  });
});
