import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type Base, compare, isAcceptable, tableOf } from './compare.ts';

const BASE: Base = { requests: { value: 40, tolerance: 1.25, because: 'a pass more' } };
const verdictOf = (value: number) => compare([{ name: 'requests', value }], BASE)[0];

it.each([
  [40, 'as recorded', true],
  [50, 'as recorded', true],
  [51, 'worse', false],
  [33, 'as recorded', true],
  [31, 'better', true],
  [Number.NaN, 'not measured', false],
])('judges %d requests, of 40 that were recorded, as %s', (value, verdict, acceptable) => {
  const found = compare([{ name: 'requests', value }], BASE);
  expect(found[0]?.verdict).toBe(verdict);
  expect(isAcceptable(found)).toBe(acceptable);
});

it('says the quotient', () => {
  expect(verdictOf(60)).toMatchObject({ recorded: 40, value: 60, ratio: 1.5, tolerance: 1.25 });
});

it('accepts no run that lacks a recorded figure, and any figure that is new', () => {
  const missing = compare([], BASE);
  expect(missing.map(({ verdict }) => verdict)).toEqual(['not measured']);
  expect(isAcceptable(missing)).toBe(false);
  const more = compare(
    [
      { name: 'requests', value: 40 },
      { name: 'new', value: 7 },
    ],
    BASE,
  );
  expect(more.map(({ verdict }) => verdict)).toEqual(['as recorded', 'not recorded']);
  expect(isAcceptable(more)).toBe(true);
});

it('takes nothing for nothing, and something for worse', () => {
  const none: Base = { lost: { value: 0, tolerance: 1, because: 'none may be lost' } };
  expect(isAcceptable(compare([{ name: 'lost', value: 0 }], none))).toBe(true);
  expect(isAcceptable(compare([{ name: 'lost', value: 1 }], none))).toBe(false);
});

it('prints a line per figure', () => {
  const lines = tableOf(compare([{ name: 'requests', value: 51 }], BASE));
  expect(lines).toHaveLength(2);
  expect(lines[1]).toMatch(/^requests +40 +51 +1\.27 +1\.25 +worse$/);
});

it('has a reason and a tolerance of more than one for each recorded figure', () => {
  const base = JSON.parse(readFileSync(new URL('base.json', import.meta.url), 'utf8')) as Base;
  expect(Object.keys(base).length).toBeGreaterThan(0);
  for (const { value, tolerance, because } of Object.values(base)) {
    expect(value).toBeGreaterThan(0);
    expect(tolerance).toBeGreaterThan(1);
    expect(because).not.toBe('');
  }
});
