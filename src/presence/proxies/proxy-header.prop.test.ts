import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodeAddress } from './node-address.ts';
import { MAX_V2_BYTES, readProxyHeader } from './proxy-header.ts';

const REQUEST = Buffer.from('GET / HTTP/1.1\r\n\r\n');
const v1 = (text: string) => Buffer.from(`PROXY ${text}\r\n`);
const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');

function v2(command: number, family: number, body: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt8(command, 0);
  head.writeUInt8(family, 1);
  head.writeUInt16BE(body.length, 2);
  return Buffer.concat([SIGNATURE, head, body]);
}

const INET = Buffer.from([203, 0, 113, 7, 10, 0, 0, 1, 0x12, 0x34, 0x1f, 0x90]);
const INET6 = Buffer.concat([
  Buffer.from('20010db8000000000000000000000017', 'hex'),
  Buffer.from('fd000000000000000000000000000001', 'hex'),
  Buffer.from([0x12, 0x34, 0x1f, 0x90]),
]);
const EXTRA = Buffer.from([0x04, 0, 3, 1, 2, 3]);

const GOOD: readonly (readonly [string, Buffer, string | undefined])[] = [
  ['v1, IPv4', v1('TCP4 203.0.113.7 10.0.0.1 4660 8080'), '203.0.113.7'],
  ['v1, IPv6', v1('TCP6 2001:db8::17 fd00::1 4660 8080'), '2001:db8::17'],
  ['v1, unknown', v1('UNKNOWN'), undefined],
  ['v1, unknown with a rest', v1('UNKNOWN ffff::1 ffff::2 1 2'), undefined],
  ['v2, IPv4', v2(0x21, 0x11, INET), '203.0.113.7'],
  ['v2, IPv4 with further fields', v2(0x21, 0x11, Buffer.concat([INET, EXTRA])), '203.0.113.7'],
  ['v2, IPv6', v2(0x21, 0x21, INET6), '2001:db8::17'],
  ['v2, Unix socket', v2(0x21, 0x31, Buffer.alloc(216)), undefined],
  ['v2, of the proxy itself', v2(0x20, 0x00, Buffer.alloc(0)), undefined],
  ['v2, as long as may be', v2(0x21, 0x11, Buffer.concat([INET, Buffer.alloc(2_020)])), '203.0.113.7'],
];

const BAD: readonly (readonly [string, Buffer])[] = [
  ['a request', REQUEST],
  ['v1 in lower case', Buffer.from('proxy TCP4 203.0.113.7 10.0.0.1 1 2\r\n')],
  ['v1 of another family', v1('TCP4 2001:db8::17 fd00::1 1 2')],
  ['v1 with a name', v1('TCP4 localhost 10.0.0.1 1 2')],
  ['v1 with a port that is none', v1('TCP4 203.0.113.7 10.0.0.1 1 65536')],
  ['v1 with a zero in front', v1('TCP4 203.0.113.7 10.0.0.1 01 2')],
  ['v1 without ports', v1('TCP4 203.0.113.7 10.0.0.1')],
  ['v1 with two blanks', v1('TCP4  203.0.113.7 10.0.0.1 1 2')],
  ['v1 without an end', Buffer.from(`PROXY UNKNOWN ${'x'.repeat(200)}`)],
  ['v2 of version 3', v2(0x31, 0x11, INET)],
  ['v2 with a command that does not exist', v2(0x22, 0x11, INET)],
  ['v2 that is too short for IPv4', v2(0x21, 0x11, INET.subarray(1))],
  ['v2 that is too short for IPv6', v2(0x21, 0x21, INET)],
  ['v2 that is too long', v2(0x21, 0x11, Buffer.alloc(MAX_V2_BYTES))],
];

describe('readProxyHeader', () => {
  it.each(GOOD)('reads %s, and says where it ends', (_, header, address) => {
    const read = { kind: 'header', bytes: header.length };
    const expected = address === undefined ? read : { ...read, address };
    expect(readProxyHeader(header)).toEqual(expected);
    expect(readProxyHeader(Buffer.concat([header, REQUEST]))).toEqual(expected);
  });

  it.each(GOOD)('waits for the rest of %s, from the first byte on', (_, header) => {
    for (let length = 0; length < header.length; length++)
      expect(readProxyHeader(header.subarray(0, length))).toEqual({ kind: 'incomplete' });
  });

  it.each(BAD)('refuses %s', (_, bytes) => {
    expect(readProxyHeader(bytes)).toEqual({
      kind: 'malformed',
      message: expect.stringContaining('PROXY header'),
    });
  });

  it('reads every address in version 1', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
        const header = v1(`TCP${isIP(address)} ${address} ${address} 1 2`);
        const expected = { kind: 'header', bytes: header.length, address: nodeAddress(address) };
        // An IPv4 address inside IPv6 can make the line longer than the specification has it.
        fc.pre(header.length <= 107);
        expect(readProxyHeader(header)).toEqual(expected);
      }),
    );
  });

  it('decides within the longest header, whatever the bytes are, and the same when more follow', () => {
    const start = fc.constantFrom(
      Buffer.alloc(0),
      Buffer.from('PROXY '),
      SIGNATURE,
      Buffer.concat([SIGNATURE, Buffer.from([0x21, 0x11])]),
    );
    fc.assert(
      fc.property(
        start,
        fc.uint8Array({ maxLength: 64 }),
        fc.uint8Array({ maxLength: 64 }),
        (first, rest, more) => {
          const bytes = Buffer.concat([first, rest]);
          const read = readProxyHeader(bytes);
          if (read.kind === 'header') expect(read.bytes).toBeLessThanOrEqual(bytes.length);
          if (read.kind !== 'incomplete') expect(readProxyHeader(Buffer.concat([bytes, more]))).toEqual(read);
          const padded = Buffer.concat([bytes, Buffer.alloc(MAX_V2_BYTES)]);
          expect(readProxyHeader(padded).kind).not.toBe('incomplete');
        },
      ),
    );
  });
});
