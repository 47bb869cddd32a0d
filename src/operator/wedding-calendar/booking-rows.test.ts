import { describe, expect, it } from 'vitest';
import type { NamedBooking } from '../../domain/feed/booking.ts';
import { BookingDecoder, encodeBookings } from './booking-rows.ts';

const team = { planner: 2 };
const booking = (name: string, more: Partial<NamedBooking['spec']> = {}): NamedBooking => ({
  name,
  uid: `uid "${name}" ä`,
  recurrence: '2027-06-05T14:30',
  startsAt: 1,
  endsAt: 2,
  spec: {
    date: '2027-06-05',
    timeZone: 'Europe/London',
    ceremony: '14:30',
    ends: '23:00',
    state: 'Confirmed',
    team,
    ...more,
  },
});

describe('bookings on their way between threads', () => {
  it('arrive as they were', () => {
    const bookings = [
      booking('a'),
      booking('b', { team: { venue: 3 }, state: 'Cancelled' }),
      booking('c', { presenceClusterName: 'wedsync' }),
    ];
    expect(new BookingDecoder().decode(encodeBookings(bookings))).toEqual(bookings);
  });

  it('share their crews, over messages too', () => {
    const decoder = new BookingDecoder();
    const found = ['a', 'b'].flatMap((name) => decoder.decode(encodeBookings([booking(name)])));
    expect(found[0]?.spec.team).toBe(found[1]?.spec.team);
  });
});
