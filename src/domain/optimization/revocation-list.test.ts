import { expect, it } from 'vitest';
import { MAX_REVOCATIONS, type Revocation, revocationsText } from './revocation-list.ts';

const revocation = (request: string): Revocation => ({
  request,
  subject: 'u-17',
  tokens: 'All',
  from: Date.parse('2027-06-05T12:00:00Z'),
  until: Date.parse('2027-06-06T12:00:00Z'),
});

it('is the same text whatever the order, with instants that people can read', () => {
  const [a, b] = [revocation('a'), { ...revocation('b'), wedding: 'ada' }];
  expect(revocationsText([b, a])).toBe(revocationsText([a, b]));
  expect(JSON.parse(revocationsText([b]))).toEqual({
    revocations: [
      {
        request: 'b',
        subject: 'u-17',
        wedding: 'ada',
        tokens: 'All',
        from: '2027-06-05T12:00:00Z',
        until: '2027-06-06T12:00:00Z',
      },
    ],
  });
});

it('fits beside the weddings in a ConfigMap, however long the names are', () => {
  const widest = { ...revocation('x'.repeat(36)), subject: '\u0001'.repeat(128), wedding: 'w'.repeat(128) };
  const text = revocationsText(Array.from({ length: MAX_REVOCATIONS + 1 }, () => widest));
  expect((JSON.parse(text) as { revocations: unknown[] }).revocations).toHaveLength(MAX_REVOCATIONS);
  expect(Buffer.byteLength(text)).toBeLessThan(150_000);
});
