import { expect, it } from 'vitest';
import { pauseRefusal } from './accept-pause.ts';

it.each([
  ['nothing', undefined],
  ['a boolean', true],
  ['an object', { scope: 'All', healing: true, until: '2027-06-05T12:00:00Z' } as const],
])('%s is accepted', (_, paused) => {
  expect(pauseRefusal(paused)).toBeUndefined();
});

it('a member that does not exist is refused by its name, cut to a line', () => {
  const request = { scope: 'All', healing: true } as const;
  expect(pauseRefusal({ ...request, untill: 'x' })).toBe(
    'spec.paused.untill: there is no such member; there are until, scope, healing',
  );
  expect(pauseRefusal({ ...request, ['x'.repeat(5000)]: 1 })?.length).toBeLessThan(200);
});

it('a day that is not in the calendar is refused', () => {
  const until = '2027-02-30T12:00:00Z';
  expect(pauseRefusal({ scope: 'All', healing: true, until })).toContain('is not in the calendar');
});
