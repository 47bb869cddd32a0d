import { expect, it } from 'vitest';
import { fragmentOf, routeOf, tokenOf } from './route.ts';

it.each([
  ['#/', { view: 'fleet' }],
  ['#/weddings/wedsync', { view: 'cluster', namespace: 'weddings', name: 'wedsync' }],
  ['#/weddings/wedsync/calendar', { view: 'calendar', namespace: 'weddings', name: 'wedsync' }],
  [
    '#/weddings/wedsync/weddings/ada-and-grace',
    { view: 'wedding', namespace: 'weddings', name: 'wedsync', wedding: 'ada-and-grace' },
  ],
  ['#/weddings/wedsync/what-if', { view: 'what-if', namespace: 'weddings', name: 'wedsync' }],
] as const)('%s is a route and back', (fragment, route) => {
  expect(routeOf(fragment)).toEqual(route);
  expect(fragmentOf(route)).toBe(fragment);
});

it.each([
  '',
  '#',
  '#/a',
  '#/a/b/fleet',
  '#/a/b/weddings',
  '#/a/b/weddings/',
  '#/%E0%A4%A/b',
  '#token=12',
  'javascript:alert(1)',
])('"%s" is the board of all', (fragment) => {
  expect(routeOf(fragment)).toEqual({ view: 'fleet' });
});

it('reads the token of the printed address and no other text', () => {
  expect(tokenOf(`#token=${'a1'.repeat(16)}`)).toBe('a1'.repeat(16));
  expect(tokenOf('#token=<script>')).toBeUndefined();
});
