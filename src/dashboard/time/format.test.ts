import { expect, it } from 'vitest';
import { addDays, firstOfMonth, longDay, mondayOf, monthName } from './calendar-date.ts';
import { clockTime, dayAndTime, knownZone, lengthOf, localDateTime, shortTime } from './format.ts';

const AT = Date.parse('2027-06-05T17:30:00Z');
const NOW = Date.parse('2027-06-05T09:00:00Z');

it('shows an instant on the clocks of a zone', () => {
  expect(clockTime(AT, 'Europe/London')).toBe('18:30');
  expect(dayAndTime(AT, 'Pacific/Auckland', NOW)).toBe('Sun 6 Jun 05:30');
  expect(dayAndTime(AT, 'Europe/London', Date.parse('2026-12-01T00:00:00Z'))).toBe('Sat 5 Jun 2027 18:30');
  expect(shortTime(AT, 'Europe/London', NOW)).toBe('18:30');
  expect(shortTime(AT, 'Pacific/Auckland', Date.parse('2027-06-05T00:00:00Z'))).toBe('Sun 6 Jun 05:30');
  expect(localDateTime(AT, 'Europe/London')).toBe('2027-06-05T18:30');
  expect(clockTime(Date.parse('2027-06-05T23:00:00Z'), 'Europe/London')).toBe('00:00');
});

it('shows UTC for a zone that the browser does not know', () => {
  expect(knownZone('Europe/Londn')).toBe('UTC');
  expect(clockTime(AT, '<img src=x>')).toBe('17:30');
});

it.each([
  [-5, '0 s'],
  [59_000, '59 s'],
  [4 * 60_000, '4 min'],
  [3 * 3_600_000, '3 h'],
  [200 * 60_000, '3 h 20 min'],
  [3 * 86_400_000, '3 days'],
])('says %i ms as %s', (ms, text) => {
  expect(lengthOf(ms)).toBe(text);
});

it('counts days, weeks and months over their edges', () => {
  expect(addDays('2028-02-28', 2)).toBe('2028-03-01');
  expect(mondayOf('2027-06-06')).toBe('2027-05-31');
  expect(mondayOf('2027-05-31')).toBe('2027-05-31');
  expect([firstOfMonth('2027-12-31', 1), firstOfMonth('2027-01-31', -1)]).toEqual([
    '2028-01-01',
    '2026-12-01',
  ]);
  expect([monthName('2027-06-05'), longDay('2027-06-05')]).toEqual(['June 2027', 'Saturday 5 June']);
});
