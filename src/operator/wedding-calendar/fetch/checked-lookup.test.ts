import type { LookupAddress } from 'node:dns';
import { describe, expect, it } from 'vitest';
import { checkedLookup } from './checked-lookup.ts';
import { isForbiddenAddress } from './forbidden-address.ts';

const PUBLIC: LookupAddress = { address: '93.184.215.14', family: 4 };
const INSIDE: LookupAddress = { address: '10.0.0.1', family: 4 };

function lookUp(addresses: LookupAddress[], allowPrivate: boolean): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const lookup = checkedLookup(allowPrivate, (_host, done) => done(null, addresses));
    lookup('example.com', { all: true }, (error, found) => (error ? reject(error) : resolve(found)));
  });
}

describe('a name', () => {
  it('gives the addresses that were checked', async () => {
    expect(await lookUp([PUBLIC], false)).toEqual([PUBLIC]);
    expect(await lookUp([PUBLIC, INSIDE], true)).toEqual([PUBLIC, INSIDE]);
  });

  it('with one forbidden address, or none at all, gives nothing', async () => {
    await expect(lookUp([PUBLIC, INSIDE], false)).rejects.toMatchObject({ reason: 'ForbiddenAddress' });
    await expect(lookUp([], false)).rejects.toMatchObject({ reason: 'ForbiddenAddress' });
  });
});

describe('an address', () => {
  it.each([
    ...['0.0.0.0', '10.0.0.1', '100.64.0.1', '127.0.0.1', '169.254.169.254', '172.16.0.1', '192.168.1.1'],
    ...['198.18.0.1', '224.0.0.1', '255.255.255.255', '::', '::1', '::ffff:8.8.8.8', '64:ff9b::808:808'],
    ...[
      'fc00::1',
      'fd00:ec2::254',
      'fe80::1',
      'ff02::1',
      '2002:7f00:1::',
      '2001:db8::1',
      '2001::1',
      'example.com',
    ],
  ])('%s is forbidden', (address) => {
    expect(isForbiddenAddress(address, { allowPrivate: false })).toBe(true);
  });

  it.each(['8.8.8.8', '93.184.215.14', '2606:4700::1111', '2a00:1450:4009::1'])(
    '%s is allowed',
    (address) => {
      expect(isForbiddenAddress(address, { allowPrivate: false })).toBe(false);
    },
  );

  it('of a private network is opened, and no other', () => {
    for (const address of ['10.0.0.1', '127.0.0.1', '::1', 'fc00::1'])
      expect(isForbiddenAddress(address, { allowPrivate: true })).toBe(false);
    for (const address of ['169.254.169.254', 'fe80::1', 'fd00:ec2::254', '0.0.0.0'])
      expect(isForbiddenAddress(address, { allowPrivate: true })).toBe(true);
  });
});
