import { expect, it } from 'vitest';
import { parseRemoval } from './removal.ts';

const now = new Date('2027-06-05T12:00:00Z');

it.each([
  ['{"user":"u-17"}', '2027-06-06T12:00:00.000Z'],
  ['{"user":"u-17","until":"2027-06-05T20:00:00+02:00"}', '2027-06-05T18:00:00.000Z'],
  ['{"user":"u-17","until":"2027-06-05T00:00:00Z"}', '2027-06-05T00:00:00.000Z'],
])('reads %s as until %s', (body, until) => {
  expect(parseRemoval(body, now)).toEqual({
    kind: 'removal',
    removal: { user: 'u-17', until: new Date(until) },
  });
});

it.each([
  ['no JSON', 'not JSON'],
  ['[]', 'body:'],
  ['{}', 'user:'],
  ['{"user":""}', 'user:'],
  ['{"user":"u","until":"tomorrow"}', 'until:'],
  ['{"user":"u","until":"2027-06-05T12:00:00"}', 'until:'],
  ['{"user":"u","until":"2029-06-05T12:00:00Z"}', 'more than 366 days'],
  ['{"user":"u","role":"planner"}', 'role'],
])('refuses %s', (body, message) => {
  expect(parseRemoval(body, now)).toMatchObject({
    kind: 'refused',
    message: expect.stringContaining(message),
  });
});
