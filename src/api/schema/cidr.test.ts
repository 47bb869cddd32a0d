import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CIDR, MAX_CIDR_LENGTH } from './cidr.ts';

describe('CIDR', () => {
  it.each([
    ...['10.0.0.0/8', '0.0.0.0/0', '255.255.255.255/32', 'fd00::/8', '::/0', '::1/128', '1::/16'],
    ...['1:2:3:4:5:6:7:8/128', '1:2:3:4:5:6:7::/112', '::2:3:4:5:6:7:8/128', '1::3:4:5:6:7:8/99'],
  ])('takes %s', (text) => expect(text).toMatch(CIDR));

  it.each([
    ...['10.0.0.0', '10.0.0.0/33', '10.0.0/8', '010.0.0.0/8', '256.0.0.0/8', '10.0.0.0/8 ', 'a.b.c.d/8'],
    ...[
      '::/129',
      ':::/8',
      '1:2:3:4:5:6:7:8:9/8',
      '1::2::3/8',
      'FD00::/8',
      '12345::/8',
      '::1.2.3.4/128',
      '/8',
      '',
    ],
  ])('refuses %j', (text) => expect(text).not.toMatch(CIDR));

  it('takes what Node takes as an address, and nothing else', () => {
    const group = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('0', '1', 'fd00', 'abcd', '00a') },
      fc.constant(''),
    );
    const address = fc.oneof(
      fc.ipV4(),
      fc.ipV6().map((text) => text.toLowerCase()),
      fc.array(group, { minLength: 1, maxLength: 10 }).map((groups) => groups.join(':')),
    );
    fc.assert(
      fc.property(address, (text) => {
        // Forms that end in an IPv4 address are left out: they are not used for ranges.
        fc.pre(!(text.includes(':') && text.includes('.')));
        expect(CIDR.test(`${text}/8`)).toBe(isIPv4(text) || isIPv6(text));
        expect(`${text}/128`.length).toBeLessThanOrEqual(Math.max(MAX_CIDR_LENGTH, text.length + 4));
      }),
    );
  });
});
