import { describe, expect, it } from 'vitest';
import type { AddressSource } from '../../api/schema/address-sources.ts';
import { addressesIn, clientAddress } from './client-address.ts';
import { MAX_HEADER_LENGTH } from './forwarded-nodes.ts';

const PROXY = '10.0.0.1';
const trusts = addressesIn(['10.0.0.0/8', 'fd00::/8']);

const from = (source: AddressSource, headers: Readonly<Record<string, string>>, peer = PROXY) => {
  const found = clientAddress(source, trusts, peer, headers);
  return found.kind === 'address' ? found.address : found.message;
};
const xff = (list: string, peer?: string) => from('XForwardedFor', { 'x-forwarded-for': list }, peer);
const forwarded = (list: string, peer?: string) => from('Forwarded', { forwarded: list }, peer);

describe('clientAddress', () => {
  it('is that of the connection where there are no proxies, and where the peer is none of them', () => {
    expect(from('Connection', { 'x-forwarded-for': '203.0.113.7' })).toBe(PROXY);
    expect(xff('203.0.113.7', '198.51.100.1')).toBe('198.51.100.1');
    expect(forwarded('for=203.0.113.7', '::ffff:198.51.100.1')).toBe('198.51.100.1');
  });

  it('is the first from the right that is not a trusted proxy', () => {
    expect(xff('203.0.113.7')).toBe('203.0.113.7');
    expect(xff('203.0.113.7, 10.1.2.3,fd00::9')).toBe('203.0.113.7');
    expect(xff('1.1.1.1, 203.0.113.7, 10.1.2.3')).toBe('203.0.113.7');
    expect(xff('203.0.113.7', 'fd00::1')).toBe('203.0.113.7');
    expect(xff('203.0.113.7:4711, [fd00::9]:80')).toBe('203.0.113.7');
  });

  it('is the last proxy that is known where nothing more is said', () => {
    expect(from('XForwardedFor', {})).toBe(PROXY);
    expect(xff('')).toBe(PROXY);
    expect(xff('10.2.2.2')).toBe('10.2.2.2');
    expect(xff('203.0.113.7, unknown')).toBe(PROXY);
    expect(forwarded('for=203.0.113.7, for=_hidden')).toBe(PROXY);
    expect(forwarded('for=203.0.113.7, by=10.0.0.2;proto=https')).toBe(PROXY);
  });

  it('never looks at what stands to the left of the client', () => {
    expect(xff('"<script>", 203.0.113.7')).toBe('203.0.113.7');
    expect(xff('nonsense, 203.0.113.7, 10.1.2.3')).toBe('203.0.113.7');
  });

  it('reads one header only: the other one may be the work of a client', () => {
    const both = { forwarded: 'for=1.1.1.1', 'x-forwarded-for': '203.0.113.7' };
    expect(from('XForwardedFor', both)).toBe('203.0.113.7');
    expect(from('Forwarded', both)).toBe('1.1.1.1');
  });

  it('reads Forwarded as RFC 7239 has it', () => {
    expect(forwarded('for=203.0.113.7;proto=https;by=10.0.0.1')).toBe('203.0.113.7');
    expect(forwarded('For="[2001:db8:cafe::17]:4711"')).toBe('2001:db8:cafe::17');
    expect(forwarded('for=1.1.1.1;host="a,b", for="203.0.113.7:80", for=10.9.9.9')).toBe('203.0.113.7');
    expect(forwarded('for=UNKNOWN')).toBe(PROXY);
  });

  it('is refused where a trusted proxy passes on what cannot be read, with the name of the header', () => {
    expect(xff('203.0.113.7, localhost')).toBe('the header X-Forwarded-For names what is no address');
    expect(xff('203.0.113.7,')).toBe('the header X-Forwarded-For names what is no address');
    expect(forwarded('for=203.0.113.7x')).toBe('the header Forwarded names what is no address');
    // A quote that a client leaves open would swallow what proxies add.
    expect(forwarded('for="1.1.1.1, for=203.0.113.7')).toBe('the header Forwarded is not as in RFC 7239');
  });

  it('is refused where the header is longer than any chain of proxies', () => {
    const last = ', 203.0.113.7';
    const first = 'x'.repeat(MAX_HEADER_LENGTH - last.length);
    expect(xff(`${first}${last}`)).toBe('203.0.113.7');
    expect(xff(`x${first}${last}`)).toBe('the header X-Forwarded-For has 2049 characters, at most 2048');
  });
});
