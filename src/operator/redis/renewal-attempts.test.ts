import { expect, it } from 'vitest';
import { RenewalAttempts } from './renewal-attempts.ts';

const at = (seconds: number) => new Date(Date.parse('2027-06-05T11:00:00Z') + 1000 * seconds);
const renewal = { pod: 'redis-0-1', shard: 0, to: ['c'] };

it('knows a shard and its nodes, and keeps attempts two minutes apart', () => {
  const attempts = new RenewalAttempts();
  expect(attempts.known(at(0))).not.toHaveProperty('notBefore');
  expect(attempts.known(at(0)).isTried(renewal)).toBe(false);
  attempts.note(renewal, at(0));
  const known = attempts.known(at(119));
  expect(known.notBefore).toEqual(at(120));
  expect(known.isTried(renewal)).toBe(true);
  expect(known.isTried({ ...renewal, shard: 1 })).toBe(false);
  expect(known.isTried({ ...renewal, to: ['c', 'd'] })).toBe(false);
  expect(attempts.known(at(120))).not.toHaveProperty('notBefore');
});

it('begins anew once the primaries are spread, but not at once', () => {
  const attempts = new RenewalAttempts();
  attempts.note(renewal, at(0));
  attempts.settled();
  expect(attempts.known(at(1)).isTried(renewal)).toBe(false);
  expect(attempts.known(at(1)).notBefore).toEqual(at(120));
});
