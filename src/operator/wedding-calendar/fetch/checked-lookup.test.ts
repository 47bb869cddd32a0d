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
    for (const address of ['10.0.0.1', '100.64.0.1', '172.16.0.1', '192.168.0.1', 'fc00::1', 'fd12::1'])
      expect(isForbiddenAddress(address, { allowPrivate: true })).toBe(false);
    for (const address of ['169.254.169.254', 'fe80::1', '0.0.0.0', '::', '198.18.0.1', '64:ff9b::a00:1'])
      expect(isForbiddenAddress(address, { allowPrivate: true })).toBe(true);
  });

  it.each(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '::127.0.0.1'])(
    'of this machine is never opened: %s',
    (address) => expect(isForbiddenAddress(address, { allowPrivate: true })).toBe(true),
  );

  it.each([
    ['AWS', '169.254.169.254', '169.254.170.2', '169.254.170.23', 'fd00:ec2::254', 'fd00:ec2::23'],
    ['Azure', '168.63.129.16'],
    ['Google Cloud', 'fd20:ce::254'],
    ['Alibaba Cloud', '100.100.100.200', 'fd00:100::100:200'],
    ['Oracle Cloud', '192.0.0.192', 'fd00:c1::a9fe:a9fe'],
    ['Akamai', 'fd00:a9fe:a9fe::1', 'fe80::a9fe:a9fe'],
    ['Scaleway', '169.254.42.42', 'fd00:42::42'],
    ['Tencent Cloud', '169.254.0.23'],
  ])('where %s serves metadata is never opened', (_cloud, ...addresses) => {
    for (const address of addresses) {
      expect([address, isForbiddenAddress(address, { allowPrivate: true })]).toEqual([address, true]);
      expect([address, isForbiddenAddress(address, { allowPrivate: false })]).toEqual([address, true]);
    }
  });
});
