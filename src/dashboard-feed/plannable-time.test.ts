import { expect, it } from 'vitest';
import { plannableDay, plannableTime } from './plannable-time.ts';

it('reads local times of the zone, instants and days', () => {
  expect(plannableTime('2027-06-05T18:30', 'Europe/London').toISOString()).toBe('2027-06-05T17:30:00.000Z');
  expect(plannableTime('2027-06-05T18:30:00Z', 'Europe/London').toISOString()).toBe(
    '2027-06-05T18:30:00.000Z',
  );
  expect(plannableDay('1970-01-02'.replace('1970', '2000'))).toBe(10_958);
});

it.each(['', 'soon', '9999-06-05T18:30', '1970-01-01T00:00:00Z'])('refuses the time "%s"', (text) => {
  expect(() => plannableTime(text, 'Europe/London')).toThrow('at:');
});

it.each(['', '2027-02-30', '2100-01-01', '1999-12-31', '20270605'])('refuses the day "%s"', (text) => {
  expect(() => plannableDay(text)).toThrow('day:');
});
