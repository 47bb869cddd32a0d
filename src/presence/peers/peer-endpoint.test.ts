import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import type { ProvisionalState } from '../../domain/presence-state/provisional.ts';
import { silentLogger } from '../../platform/telemetry/log.ts';
import { hostAddress } from '../config/host-address.ts';
import { createPeerEndpoint } from './peer-endpoint.ts';
import { PeerKey } from './peer-key.ts';
import { encodePeerMessages, MAX_MESSAGE_BYTES, type PeerMessage } from './peer-message.ts';
import { PEER_HEADER, Peers } from './peers.ts';

const SECRET = 'the password of Redis';
const state: ProvisionalState = {
  epoch: 'e',
  seq: 3,
  counter: 1,
  values: [{ kind: 'present', connection: 'c', user: 'ann', at: 1, body: { role: 'other', data: { a: 1 } } }],
};
const message: PeerMessage = [{ wedding: 'ada', state }];
const body = encodePeerMessages(message)[0] ?? '';
const route = { from: 'one', to: 'two' };

describe('the endpoint for peers', () => {
  let server: Server;
  let taken: { from: string; message: PeerMessage }[];
  let results: string[];
  const key = new PeerKey(SECRET);

  beforeAll(async () => {
    const endpoint = createPeerEndpoint({
      incarnation: 'two',
      key,
      received: (result) => results.push(result),
      take: (from, said) => taken.push({ from, message: said }),
    });
    server = createServer(
      (request, response) => void endpoint(request, response).catch(() => response.destroy()),
    );
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  });
  afterAll(() => server.close());
  beforeEach(() => {
    taken = [];
    results = [];
  });

  const port = () => (server.address() as AddressInfo).port;
  const post = async (sealed: Uint8Array | undefined, from: string | undefined = 'one', method = 'POST') => {
    const response = await fetch(`http://127.0.0.1:${port()}/`, {
      method,
      headers: from === '' ? {} : { [PEER_HEADER]: from },
      ...(method === 'GET' ? {} : { body: new Uint8Array(sealed ?? []) }),
    });
    const text = await response.text();
    return [response.status, text === '' ? undefined : (JSON.parse(text) as { code: string }).code];
  };

  it('accepts a message that a pod of the fleet sealed for it', async () => {
    expect(await post(key.seal(route, body))).toEqual([204, undefined]);
    expect(taken).toEqual([{ from: 'one', message }]);
    expect(results).toEqual(['ok']);
  });

  it.each<[string, () => Buffer | undefined, string | undefined, number, string]>([
    ['a stranger without a name', () => key.seal(route, body), '', 401, 'peer_unauthorized'],
    ['plain text', () => Buffer.from(body), 'one', 401, 'peer_unauthorized'],
    ['nothing', () => undefined, 'one', 401, 'peer_unauthorized'],
    ['another secret', () => new PeerKey('a guess').seal(route, body), 'one', 401, 'peer_unauthorized'],
    [
      'a message for another pod',
      () => key.seal({ from: 'one', to: 'x' }, body),
      'one',
      401,
      'peer_unauthorized',
    ],
    [
      'a message of another pod',
      () => key.seal({ from: 'x', to: 'two' }, body),
      'one',
      401,
      'peer_unauthorized',
    ],
    ['what is no message', () => key.seal(route, '[{"wedding":"{}"}]'), 'one', 400, 'invalid_message'],
    ['what is too large', () => Buffer.alloc(MAX_MESSAGE_BYTES + 65), 'one', 413, 'message_too_large'],
  ])('refuses %s', async (_, sealed, from, status, code) => {
    expect(await post(sealed(), from)).toEqual([status, code]);
    expect(taken).toEqual([]);
    expect(results).toEqual(['refused']);
  });

  it('refuses other methods', async () => {
    expect(await post(undefined, 'one', 'GET')).toEqual([405, 'method_not_allowed']);
  });

  it('gets messages of a pod that knows its address; the last state of a wedding is sent', async () => {
    const sent: string[] = [];
    const peers = new Peers({
      // Whose limit on an answer never passes, however long this machine takes.
      incarnation: 'one',
      key: new PeerKey(SECRET),
      clock: new ManualClock(),
      log: silentLogger(),
      sent: (result) => sent.push(result),
    });
    peers.note([{ incarnation: 'two', host: '127.0.0.1', port: port() }]);
    peers.publish('ada', { ...state, counter: 8 }, ['one', 'two', 'unknown']);
    peers.publish('ada', { ...state, counter: 9 }, ['two']);
    peers.publish('bea', state, ['two']);
    await expect.poll(() => sent).toEqual(['ok']);
    expect(taken.flatMap((one) => one.message.map(({ wedding, state: s }) => [wedding, s.counter]))).toEqual([
      ['ada', 9],
      ['bea', 1],
    ]);
    peers.close();
  });

  it('is given up by a pod after a second without an answer, which then sends its current state', async () => {
    const asked: string[] = [];
    const silent = createServer((request, response) => {
      asked.push(request.url ?? '');
      request.resume();
      if (asked.length > 1) response.writeHead(204).end();
    });
    await new Promise<void>((listening) => silent.listen(0, '127.0.0.1', listening));
    const [clock, sent] = [new ManualClock(), [] as string[]];
    const peers = new Peers({
      incarnation: 'one',
      key: new PeerKey(SECRET),
      clock,
      log: silentLogger(),
      sent: (result) => sent.push(result),
    });
    peers.note([{ incarnation: 'two', host: '127.0.0.1', port: (silent.address() as AddressInfo).port }]);
    peers.publish('ada', state, ['two']);
    await expect.poll(() => asked).toHaveLength(1);
    // One message at a time: these wait, and are one.
    for (const counter of [8, 9]) peers.publish('ada', { ...state, counter }, ['two']);
    await clock.advance(999);
    expect([asked.length, sent]).toEqual([1, []]);
    await clock.advance(1);
    await expect.poll(() => sent).toEqual(['failed', 'ok']);
    expect(asked).toHaveLength(2);
    peers.close();
    silent.closeAllConnections();
    await new Promise((closed) => silent.close(closed));
  });

  it('gets nothing without a key, and a pod that is not seen for a minute is removed', async () => {
    const clock = new ManualClock();
    const peers = new Peers({
      incarnation: 'one',
      key: new PeerKey(undefined),
      clock,
      log: silentLogger(),
      sent: () => {},
    });
    peers.note([{ incarnation: 'two', host: '127.0.0.1', port: 1 }]);
    peers.publish('ada', state, ['two']);
    expect(clock.pending).toBe(0);
    await clock.advance(61_000);
    peers.note([{ incarnation: 'three', host: '127.0.0.1', port: 1 }]);
    expect(peers.size).toBe(1);
  });
});

describe('PeerKey', () => {
  it('opens messages sealed with the previous secret, but not with an older one', () => {
    const [old, now] = [new PeerKey('old'), new PeerKey('old')];
    now.use('new');
    now.use('new');
    const sealed = old.seal(route, body) as Buffer;
    expect(now.open(route, sealed)).toBe(body);
    expect(old.open(route, now.seal(route, body) as Buffer)).toBeUndefined();
    now.use('newer');
    expect(now.open(route, sealed)).toBeUndefined();
  });
});

describe('encodePeerMessages', () => {
  it('keeps every message within the bound and loses no wedding', () => {
    const data = 'x'.repeat(2_000);
    const large = (wedding: string): PeerMessage[number] => ({
      wedding,
      state: {
        ...state,
        values: Array.from({ length: 200 }, (_, index) => ({
          kind: 'present' as const,
          connection: `c${index}`,
          user: `u${index}`,
          at: 1,
          body: { role: 'other' as const, data },
        })),
      },
    });
    const texts = encodePeerMessages(['a', 'b', 'c', 'd'].map(large));
    expect(texts.length).toBeGreaterThan(1);
    for (const text of texts) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
    const weddings = texts.flatMap((text) => (JSON.parse(text) as PeerMessage).map(({ wedding }) => wedding));
    expect(weddings).toEqual(['a', 'b', 'c', 'd']);
  });
});

describe('hostAddress', () => {
  const one = (address: string, family: 'IPv4' | 'IPv6', internal = false) =>
    ({ address, family, internal, netmask: '', mac: '', cidr: null, scopeid: 0 }) as never;

  it('is the first that other pods can reach', () => {
    expect(hostAddress({ lo: [one('127.0.0.1', 'IPv4', true)] })).toBeUndefined();
    expect(
      hostAddress({
        lo: [one('127.0.0.1', 'IPv4', true)],
        eth0: [one('fe80::1', 'IPv6'), one('fd00::2', 'IPv6'), one('10.0.0.2', 'IPv4')],
      }),
    ).toBe('10.0.0.2');
    expect(hostAddress({ eth0: [one('fe80::1', 'IPv6'), one('fd00::2', 'IPv6')] })).toBe('fd00::2');
  });
});
