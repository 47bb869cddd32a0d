import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countedAddress, nodeAddress } from './node-address.ts';

describe('nodeAddress', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['203.0.113.7:4711', '203.0.113.7'],
    ['2001:DB8:0:0::17', '2001:db8::17'],
    ['[2001:db8::17]', '2001:db8::17'],
    ['[2001:db8::17]:4711', '2001:db8::17'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['[::ffff:203.0.113.7]:80', '203.0.113.7'],
    ['fe80::1%eth0', 'fe80::1'],
  ])('reads %s as %s', (text, address) => expect(nodeAddress(text)).toBe(address));

  it.each([
    ...['', 'unknown', '_hidden', 'crew.example', '203.0.113', '203.0.113.7:', '203.0.113.7:123456'],
    ...[
      '010.0.0.1',
      '[203.0.113.7]',
      '[::1',
      '::1]',
      '[::1]:x',
      '1::2::3',
      ' 203.0.113.7',
      '[fe80::1%eth0]x',
    ],
  ])('reads no address in %j', (text) => expect(nodeAddress(text)).toBeUndefined());

  it('gives an address that it reads the same again', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const address = nodeAddress(text);
        expect(address).toBeDefined();
        expect(nodeAddress(address ?? '')).toBe(address);
      }),
    );
  });
});

describe('countedAddress', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
  ])('counts %s as %s', (address, counted) => expect(countedAddress(address)).toBe(counted));
});
