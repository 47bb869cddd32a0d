import { expect, it } from 'vitest';
import { presenceProblem } from './presence-problem.ts';

const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);
const cycle: { self?: unknown } = {};
cycle.self = cycle;

it.each([
  ['x'.repeat(64), undefined],
  [null, null],
  [undefined, nested(16)],
  ['', 'é'.repeat(1_023)],
  ['\u{1F382}', { '\u{1F382}': ['\u{1F382}'] }],
])('finds nothing wrong with %j and %j', (status, data) => {
  expect(presenceProblem(status, data)).toBeUndefined();
});

it.each([
  ['x'.repeat(65), undefined, 'status: has more than 64'],
  [5, undefined, 'status: is no text'],
  [undefined, nested(17), 'data: has more than 16 levels'],
  [undefined, 'é'.repeat(1_024), 'data: is larger'],
  ['\u{1F382}'.slice(0, 1), undefined, 'status: has half a character'],
  [undefined, ['\u{1F382}'.slice(1)], 'data: has half a character'],
  [undefined, 1n, 'data: cannot be written'],
  [undefined, cycle, 'data: cannot be written'],
  [undefined, () => {}, 'data: cannot be written'],
])('says what is wrong, case %#', (status, data, message) => {
  expect(presenceProblem(status, data)).toContain(message);
});
