import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Wedding } from '../../api/v1alpha1/kinds.ts';
import { ANNOTATION, LABEL } from '../../api/v1alpha1/names.ts';
import type { WeddingSpec } from '../../api/v1alpha1/wedding.ts';
import { weddingInterval } from '../calendar/wedding-interval.ts';
import type { NamedBooking } from './booking.ts';
import { pollDelay } from './next-poll.ts';
import { type ChangePlan, planChanges } from './plan-changes.ts';
import { weddingName } from './wedding-name.ts';

const now = new Date('2027-05-01T14:00:00Z');

function booking(name: string, date: string, ends = '23:00', ceremony = '14:30'): NamedBooking {
  const spec: WeddingSpec = {
    date,
    timeZone: 'Europe/London',
    ceremony,
    ends,
    state: 'Confirmed',
    team: { planner: 1 },
  };
  const { ceremony: start, ends: end } = weddingInterval(spec);
  return { uid: name, recurrence: '', name, spec, startsAt: start.getTime(), endsAt: end.getTime() };
}

function wedding({ name, uid, recurrence, spec }: NamedBooking, calendar = 'bookings'): Wedding {
  const metadata = {
    name,
    namespace: 'weddings',
    labels: { [LABEL.calendar]: calendar },
    annotations: { [ANNOTATION.feedUid]: recurrence === '' ? uid : `${uid} ${recurrence}` },
  };
  return { apiVersion: 'presence.wedsync.io/v1alpha1', kind: 'Wedding', metadata, spec };
}

function plan(
  bookings: NamedBooking[],
  there: Wedding[],
  acceptShrink?: number,
  unread: string[] = [],
): ChangePlan {
  const existing = new Map(there.map((each) => [each.metadata.name, each]));
  const ours = there.filter(({ metadata }) => metadata.labels?.[LABEL.calendar] === 'bookings');
  return planChanges({
    calendar: 'bookings',
    bookings,
    unread,
    existing: (name) => existing.get(name),
    ours,
    acceptShrink,
    now,
  });
}

function told(result: ChangePlan): string {
  if (result.kind === 'Hold') return 'held';
  const { apply, remove, problems } = result;
  const names = [apply.map(({ name }) => `+${name}`), remove.map(({ metadata }) => `-${metadata.name}`)];
  return [...names.flat(), ...problems.map(({ reason }) => reason)].join(' ');
}

describe('a copy', () => {
  const [a, b, c] = [
    booking('a', '2027-06-05'),
    booking('b', '2027-06-12'),
    booking('c', '2027-06-19'),
  ] as const;

  it('makes, changes and removes what differs, and nothing else', () => {
    expect(told(plan([a, b], []))).toBe('+a +b');
    expect(told(plan([a, b], [wedding(a), wedding(b)]))).toBe('');
    expect(told(plan([booking('a', '2027-06-06'), b], [wedding(a), wedding(b), wedding(c)]))).toBe('+a -c');
  });

  it('keeps what has begun, and removes what has been over for 30 days', () => {
    const on = booking('on', '2027-05-01', '13:00');
    const over = booking('over', '2027-04-10');
    const longOver = booking('long-over', '2027-03-01');
    expect(told(plan([a], [wedding(a), wedding(on), wedding(over), wedding(longOver)]))).toBe('-long-over');
  });

  it('leaves alone what another made, and takes the first of two of a name', () => {
    expect(told(plan([a], [wedding(a, 'other')]))).toBe('NameTaken');
    expect(told(plan([a, booking('a', '2027-06-06')], []))).toBe('+a Duplicate');
  });

  it('in which more than half of the future weddings is gone is held, unless so few are accepted', () => {
    const there = [a, b, c].map((each) => wedding(each));
    expect(told(plan([a, b], there))).toBe('-c');
    expect(told(plan([a], there))).toBe('held');
    expect(told(plan([], there))).toBe('held');
    expect(told(plan([a], there, 2))).toBe('held');
    expect(told(plan([a], there, 1))).toBe('-b -c');
    // As many others: the wrong calendar.
    expect(
      told(
        plan(
          ['x', 'y', 'z'].map((name) => booking(name, '2027-06-05')),
          there,
        ),
      ),
    ).toBe('held');
    expect(plan([a], there)).toMatchObject({
      message: expect.stringContaining('set spec.acceptShrink to 1'),
    });
  });

  it('with new UIDs at the same times is no loss, and the Weddings stay', () => {
    const there = [a, b, c].map((each) => wedding(each));
    const renamed = [a, b, c].map((each) => ({ ...each, uid: `new-${each.uid}`, name: `new-${each.name}` }));
    expect(told(plan(renamed, there))).toBe('');
    const longer = [booking('new-a', '2027-06-05', '23:30'), ...renamed.slice(1)];
    expect(told(plan(longer, there))).toBe('+new-a -a');
  });

  it('with new UIDs leaves what has begun as it is', () => {
    const on = booking('on', '2027-05-01', '23:00', '13:00');
    expect(told(plan([{ ...on, uid: 'new', name: 'new' }, a], [wedding(on), wedding(a)]))).toBe('');
  });

  it('of a series that was moved by half an hour keeps its Weddings; moved by weeks it makes others, and is no loss', () => {
    const series = (ceremony: string, days: readonly string[]): NamedBooking[] =>
      days.map((date) => ({
        ...booking(`s ${date} ${ceremony}`, date, '23:00', ceremony),
        uid: 'a series',
        recurrence: `${date}T${ceremony}`,
      }));
    const days = ['2027-06-05', '2027-06-12', '2027-06-19'];
    const there = series('14:30', days).map((each) => wedding(each));
    expect(told(plan(series('15:00', days), there))).toBe(days.map((date) => `+s ${date} 14:30`).join(' '));
    const later = series('14:30', ['2027-07-03', '2027-07-10', '2027-07-17']);
    expect(plan(later, there)).toMatchObject({ kind: 'Apply', apply: { length: 3 }, remove: { length: 3 } });
    expect(plan(later.slice(0, 1), there)).toMatchObject({ kind: 'Hold' });
  });

  it('leaves the Weddings of events that cannot be read', () => {
    const there = [a, b, { ...c, recurrence: '2027-06-19T14:30' }].map((each) => wedding(each));
    expect(told(plan([], there, undefined, ['a', 'b', 'c']))).toBe('');
    expect(told(plan([a], there, undefined, ['c']))).toBe('-b');
  });

  it('changes nothing the second time', () => {
    const bookings = fc.uniqueArray(
      fc
        .nat(60)
        .map((day) =>
          booking(`w${day}`, new Date(Date.UTC(2027, 2, 20 + day * 2)).toISOString().slice(0, 10)),
        ),
      {
        selector: ({ name }) => name,
      },
    );
    fc.assert(
      fc.property(bookings, bookings, (before, after) => {
        const first = plan(
          after,
          before.map((each) => wedding(each)),
          0,
        );
        if (first.kind === 'Hold') throw new Error('was accepted');
        const there = new Map(before.map((each) => [each.name, wedding(each)]));
        for (const each of first.apply) there.set(each.name, wedding(each));
        for (const { metadata } of first.remove) there.delete(metadata.name);
        expect(told(plan(after, [...there.values()], 0))).toBe('');
      }),
    );
  });
});

describe('the name of a Wedding', () => {
  /** Keeps the text, so that different texts have different names. */
  const digest = (text: string): string =>
    Array.from(text, (each) => each.codePointAt(0)?.toString(16)).join('.');

  it('depends on UID and occurrence alone, and tells them apart', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string(),
        fc.string(),
        fc.string(),
        (uid, recurrence, otherUid, otherRecurrence) => {
          const texts: string[] = [];
          const seen = (text: string): string => {
            texts.push(text);
            return digest(text);
          };
          expect(weddingName('c', { uid, recurrence }, seen)).toBe(
            weddingName('c', { uid, recurrence }, seen),
          );
          weddingName('c', { uid: otherUid, recurrence: otherRecurrence }, seen);
          expect(texts[0] === texts[2]).toBe(uid === otherUid && recurrence === otherRecurrence);
        },
      ),
    );
  });
});

describe('the next poll', () => {
  it('comes at the interval, or after a minute that doubles up to an hour', () => {
    const minutes = (interval: number, failures: number, retryAfter = 0): number =>
      pollDelay(interval * 60_000, failures, retryAfter * 60_000) / 60_000;
    expect([0, 1, 2, 3, 4, 9, 1000].map((failures) => minutes(15, failures))).toEqual([
      15, 1, 2, 4, 8, 60, 60,
    ]);
    expect([0, 1, 99].map((failures) => minutes(120, failures))).toEqual([120, 1, 120]);
    expect([minutes(15, 1, 30), minutes(15, 1, 1e9)]).toEqual([30, 60]);
  });
});
