import { expect, it } from 'vitest';
import { RenewalAttempts } from './renewal-attempts.ts';

const at = (seconds: number) => new Date(Date.parse('2027-06-05T11:00:00Z') + 1000 * seconds);
const renewal = { pod: 'redis-0-1', shard: 0, to: ['c'] };

it('knows a shard and its nodes, and keeps attempts two minutes apart', () => {
  const attempts = new RenewalAttempts();
  expect(attempts.known('a/b', at(0))).not.toHaveProperty('notBefore');
  expect(attempts.known('a/b', at(0)).isTried(renewal)).toBe(false);
  attempts.note('a/b', renewal, at(0));
  const known = attempts.known('a/b', at(119));
  expect(known.notBefore).toEqual(at(120));
  expect(known.isTried(renewal)).toBe(true);
  expect(known.isTried({ ...renewal, shard: 1 })).toBe(false);
  expect(known.isTried({ ...renewal, to: ['c', 'd'] })).toBe(false);
  expect(attempts.known('a/b', at(120))).not.toHaveProperty('notBefore');
  expect(attempts.known('a/other', at(1)).isTried(renewal)).toBe(false);
});

it('begins anew once the primaries are spread, but not at once, and forgets what is gone', () => {
  const attempts = new RenewalAttempts();
  attempts.note('a/b', renewal, at(0));
  attempts.settled('a/b');
  attempts.settled('a/other');
  expect(attempts.known('a/b', at(1)).isTried(renewal)).toBe(false);
  expect(attempts.known('a/b', at(1)).notBefore).toEqual(at(120));
  attempts.forget('a/b');
  expect(attempts.known('a/b', at(1))).not.toHaveProperty('notBefore');
});
