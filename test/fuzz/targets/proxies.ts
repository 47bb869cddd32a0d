import { isIP } from 'node:net';
import type { AddressSource } from '../../../src/api/schema/address-sources.ts';
import { addressesIn, clientAddress } from '../../../src/presence/proxies/client-address.ts';
import { countedAddress } from '../../../src/presence/proxies/node-address.ts';
import { MAX_V2_BYTES, readProxyHeader } from '../../../src/presence/proxies/proxy-header.ts';
import { type FuzzTarget, promise } from '../fuzz-target.ts';

const MAX_REFUSAL_LENGTH = 256;
/** Longest key of a counted network: four groups, and what follows them. */
const MAX_COUNTED_LENGTH = 24;
const WORDS = [
  'PROXY ',
  'TCP4 ',
  'TCP6 ',
  'UNKNOWN',
  '\r\n',
  '203.0.113.7',
  '2001:db8::17',
  '10.0.0.1',
  ' 1 2',
];

function isSound(address: string): void {
  promise(isIP(address) !== 0 && !address.includes('%'), `no address: ${address}`);
  promise(countedAddress(address).length <= MAX_COUNTED_LENGTH, `counted as ${countedAddress(address)}`);
}

/** The first bytes of a connection that a trusted proxy has opened. */
export function openProxyHeaders(): FuzzTarget {
  const signature = '\r\n\r\n\0\r\nQUIT\n';
  return {
    seeds: [
      'PROXY TCP4 203.0.113.7 10.0.0.1 1 2\r\nGET / HTTP/1.1\r\n\r\n',
      'PROXY TCP6 2001:db8::17 fd00::1 1 2\r\n',
      'PROXY UNKNOWN\r\n',
      Buffer.from(`${signature}\x21\x11\0\x0c\xcb\0\x71\x07\x0a\0\0\x01\0\x01\0\x02`, 'latin1'),
      Buffer.from(`${signature}\x20\0\0\0`, 'latin1'),
    ],
    words: [...WORDS, signature],
    run(input) {
      const bytes = Buffer.from(input);
      const read = readProxyHeader(bytes);
      if (read.kind === 'malformed')
        promise(read.message.length <= MAX_REFUSAL_LENGTH, 'the refusal is short');
      else if (read.kind === 'incomplete')
        promise(bytes.length < MAX_V2_BYTES, `${bytes.length} bytes are not enough`);
      else {
        promise(read.bytes <= bytes.length, 'it ends within the bytes');
        if (read.address !== undefined) isSound(read.address);
        const alone = readProxyHeader(bytes.subarray(0, read.bytes));
        promise(JSON.stringify(alone) === JSON.stringify(read), 'what follows does not matter');
      }
    },
  };
}

/** What trusted proxies pass on in a header: whatever a client wrote, and then what they add. */
export function openForwarded(): FuzzTarget {
  const trusts = addressesIn(['10.0.0.0/8']);
  const sources: readonly AddressSource[] = ['Forwarded', 'XForwardedFor'];
  return {
    seeds: [
      'for=203.0.113.7;proto=https;by=10.0.0.1, for="[2001:db8::17]:4711"',
      '203.0.113.7, 10.1.2.3',
      'for=unknown, for=_hidden',
    ],
    words: [...WORDS, 'for=', 'by=', ';', '"', '\\"', ', ', '[', ']:', '::ffff:', '_', '%', '__proto__='],
    run(input) {
      const text = Buffer.from(input).toString('latin1');
      const headers = { forwarded: text, 'x-forwarded-for': text };
      for (const source of sources) {
        const read = clientAddress(source, trusts, '10.0.0.1', headers);
        if (read.kind === 'address') isSound(read.address);
        else promise(read.message.length <= MAX_REFUSAL_LENGTH, 'the refusal is short');
      }
      // A proxy that adds what it knows is believed, or nothing is: what a client wrote never counts instead.
      const added = { forwarded: `${text}, for=198.51.100.9`, 'x-forwarded-for': `${text}, 198.51.100.9` };
      for (const source of sources) {
        const read = clientAddress(source, trusts, '10.0.0.1', added);
        promise(
          read.kind === 'malformed' || read.address === '198.51.100.9',
          `believed ${JSON.stringify(read)}`,
        );
      }
    },
  };
}
