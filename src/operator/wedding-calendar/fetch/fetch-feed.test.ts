import { createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../../../test/integration/free-ports.ts';
import { FeedServer, feedAddress, urlHost } from '../../../../test/support/feed-server.ts';
import { UnusableFeed } from '../../../domain/feed/reading.ts';
import { systemClock } from '../../../platform/runtime/clock.ts';
import type { Resolve } from './checked-lookup.ts';
import { type FetchOptions, fetchFeed } from './fetch-feed.ts';

const TEXT = 'BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n';
const MAX_BYTES = 100_000;

let server: FeedServer;
beforeAll(async () => {
  server = await FeedServer.start();
});
afterAll(() => server.stop());

function get(given: Partial<FetchOptions> = {}) {
  const { signal } = new AbortController();
  const options = {
    url: server.url,
    validator: undefined,
    maxBytes: MAX_BYTES,
    allowPrivate: true,
    clock: systemClock,
    signal,
    limitMs: 30_000,
    ...given,
  };
  return fetchFeed(options, textOf);
}

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const chunk of chunks) pieces.push(chunk);
  return Buffer.concat(pieces).toString();
}

/** The refusal as status shows it, and its cause as the log does, or itself; neither with the token of the URL. */
async function refused(
  given: Partial<FetchOptions> = {},
): Promise<{ shown: UnusableFeed; cause: UnusableFeed }> {
  const error = await get(given).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof UnusableFeed)) throw new Error('was not refused', { cause: error });
  const cause = error.cause instanceof UnusableFeed ? error.cause : error;
  for (const { message } of [error, cause]) expect(message).not.toMatch(/secret|feed\.ics/);
  return { shown: error, cause };
}

/** Reason and message of the cause. */
async function refusal(given: Partial<FetchOptions> = {}): Promise<string> {
  const { cause } = await refused(given);
  return `${cause.reason}: ${cause.message}`;
}

describe('a feed', () => {
  it('comes once, and then only when it is newer', async () => {
    server.serve(TEXT);
    const first = await get();
    if (first.kind !== 'Content') throw new Error('nothing came');
    expect(first.content).toBe(TEXT);
    expect(await get({ validator: first.validator })).toEqual({ kind: 'NotModified' });
    server.serve(`${TEXT} `);
    expect(await get({ validator: first.validator })).toMatchObject({ kind: 'Content' });
  });

  it('comes compressed, with the credentials of its URL, and along redirects of the same host', async () => {
    server.answer = ({ url, headers }, response) => {
      if (url?.startsWith('/feed')) return response.writeHead(302, { location: '/moved' }).end();
      expect(headers.authorization).toBe(`Basic ${btoa('ann:p@ss')}`);
      return response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(TEXT));
    };
    const fetched = await get({ url: server.url.replace('//', '//ann:p%40ss@') });
    expect(fetched.kind === 'Content' && fetched.content).toBe(TEXT);
  });
});

describe('a feed that is refused while it comes', () => {
  it('is not waited for, and the refusal is what is thrown', async () => {
    server.answer = (_request, response) =>
      response.writeHead(200, { 'content-type': 'text/calendar' }).write('x');
    const refuse = async (chunks: AsyncIterable<Uint8Array>): Promise<never> => {
      for await (const _ of chunks) throw new UnusableFeed('TooComplex', 'line 1: too deep');
      throw new Error('nothing came');
    };
    const { signal } = new AbortController();
    const options = { url: server.url, validator: undefined, maxBytes: MAX_BYTES, allowPrivate: true };
    await expect(
      fetchFeed({ ...options, clock: systemClock, signal, limitMs: 60_000 }, refuse),
    ).rejects.toMatchObject({ cause: { reason: 'TooComplex', message: 'line 1: too deep' } });
  });
});

describe('is refused', () => {
  it('a feed that is too long: by its header, while it streams, and after decompression', async () => {
    server.serve('x'.repeat(MAX_BYTES + 1));
    expect(await refusal()).toMatch(/^TooLarge/);
    let sent = 0;
    server.answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/calendar' });
      const chunk = 'x'.repeat(10_000);
      const more = (): void => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
      };
      response.on('drain', more);
      more();
    };
    expect(await refusal()).toMatch(/^TooLarge/);
    expect(sent).toBeLessThan(100 * MAX_BYTES);
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    server.answer = (_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    expect(bomb.length).toBeLessThan(MAX_BYTES);
    expect(await refusal()).toMatch(/^TooLarge/);
  });

  it.each(['application/zip', 'application/xml', 'text/html; charset=utf-8', 'image/png'])(
    '%s',
    async (type) => {
      server.serve(TEXT, { 'content-type': type });
      expect(await refusal()).toMatch(/^WrongContent/);
    },
  );

  it('an encoding that was not asked for, or that is not what it says', async () => {
    server.serve(TEXT, { 'content-encoding': 'br' });
    expect(await refusal()).toMatch(/^WrongContent/);
    server.serve(TEXT, { 'content-encoding': 'gzip' });
    expect(await refusal()).toMatch(/^WrongContent/);
  });

  it.each([
    ...['http://127.0.0.2:1/x', 'http://169.254.169.254/latest/meta-data', 'https://example.com/x'],
    ...['file:///etc/passwd', ''],
  ])('a redirect to %s', async (location) => {
    server.answer = (_request, response) => response.writeHead(301, { location }).end();
    expect(await refusal()).toMatch(location === '' ? /^FetchFailed|^ForeignRedirect/ : /^ForeignRedirect/);
  });

  it('a redirect that never ends', async () => {
    server.answer = (_request, response) => response.writeHead(307, { location: '/feed.ics' }).end();
    expect(await refusal()).toMatch(/^FetchFailed: .* redirects more than 3 times/);
  });

  it('a server that is slow, is not there, or is in trouble', async () => {
    server.answer = (_request, response) =>
      response.writeHead(200, { 'content-type': 'text/calendar' }).write('BEGIN');
    expect(await refusal({ limitMs: 200 })).toMatch(/^FetchFailed: .* takes longer than 0.2 s/);
    const host = `${urlHost(feedAddress())}:1`;
    expect(await refusal({ url: `http://${host}/?token=secret` })).toBe(
      `FetchFailed: ${host} cannot be reached: ECONNREFUSED`,
    );
    server.answer = (_request, response) => response.writeHead(503, { 'retry-after': '90' }).end();
    expect((await refused()).cause).toMatchObject({ reason: 'FetchFailed', retryAfterMs: 90_000 });
    server.answer = ({ socket }) => socket.destroy();
    expect(await refusal()).toMatch(/^FetchFailed/);
  });

  it.each([
    ['InvalidURL', 'not a url'],
    ['InvalidURL', 'http://example.com/feed'],
    ['InvalidURL', 'file:///etc/passwd'],
    ['ForbiddenAddress', 'https://127.0.0.1/feed'],
    ['ForbiddenAddress', 'https://2130706433/feed'],
    ['ForbiddenAddress', 'https://[::1]/feed'],
    ['ForbiddenAddress', 'https://[::ffff:10.0.0.1]/feed'],
    ['ForbiddenAddress', 'https://10.1.2.3/feed'],
    ['ForbiddenAddress', 'https://169.254.169.254/latest/meta-data'],
    // A name, which is looked up.
    ['ForbiddenAddress', 'https://localhost/feed'],
  ])('%s %s', async (reason, url) => {
    expect(await refusal({ url, allowPrivate: false })).toMatch(new RegExp(`^${reason}`));
  });

  it.each([
    ...['169.254.169.254', '[fe80::1]', '100.100.100.200', '168.63.129.16', '192.0.0.192', '[fd00:ec2::254]'],
    ...['127.0.0.1', '127.1', '0x7f.1', '[::1]', '[::ffff:127.0.0.1]', 'localhost', '0.0.0.0'],
  ])('%s also where private networks are allowed', async (host) => {
    const { shown, cause } = await refused({ url: `http://${host}:1/x` });
    expect(shown).toBe(cause);
    expect(shown.reason).toBe('ForbiddenAddress');
    expect(shown.message).toMatch(
      /leads to a loopback, link-local, metadata or reserved address, which no field opens$/,
    );
  });
});

describe('a name whose addresses change between two look-ups', () => {
  /** Resolves to one address first, and to another ever after. */
  const rebinding = (first: string, then: string): Resolve => {
    let looked = 0;
    return (_host, done) => {
      const address = looked++ === 0 ? first : then;
      done(null, [{ address, family: address.includes(':') ? 6 : 4 }]);
    };
  };

  it('leads a redirect to no forbidden address', async () => {
    const own = feedAddress();
    const loopback = own.includes(':') ? '::1' : '127.0.0.1';
    // A port that the kernel gives out may be one of a connection on the other address.
    const [port = 0] = await freePorts(loopback, 1);
    const [outside, inside] = [await FeedServer.start(own, port), await FeedServer.start(loopback, port)];
    try {
      inside.serve(TEXT);
      outside.answer = (_request, response) =>
        response.writeHead(302, { location: '/moved', connection: 'close' }).end();
      const url = `http://feeds.example:${port}/feed.ics?token=secret`;
      expect(await refusal({ url, resolve: rebinding(own, loopback) })).toMatch(/^ForbiddenAddress: /);
      expect(inside.sent).toEqual([]);
      // Where the second address is a good one, the same way ends in a feed.
      outside.answer = ({ url: path }, response) =>
        path === '/moved'
          ? response.writeHead(200, { 'content-type': 'text/calendar' }).end(TEXT)
          : response.writeHead(302, { location: '/moved', connection: 'close' }).end();
      expect(await get({ url, resolve: rebinding(own, own) })).toMatchObject({ content: TEXT });
    } finally {
      await inside.stop();
      await outside.stop();
    }
  });
});

describe('a failure in a private network', () => {
  /** A server that is no HTTP server. */
  async function withOtherServer<T>(greeting: string, use: (host: string) => Promise<T>): Promise<T> {
    const other = createServer((socket) =>
      socket.on('error', () => undefined).end(greeting, () => socket.destroy()),
    );
    await new Promise<void>((resolve) => other.listen(0, feedAddress(), resolve));
    const address = other.address();
    if (address === null || typeof address === 'string') throw new Error('it has no port');
    try {
      return await use(`${urlHost(address.address)}:${address.port}`);
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  }

  it('is the same for a port that is closed, silent, of another protocol, or of a server without a feed', async () => {
    const seen: { host: string; shown: UnusableFeed; cause: UnusableFeed }[] = [];
    const note = async (url: string, given: Partial<FetchOptions> = {}) => {
      seen.push({ host: new URL(url).host, ...(await refused({ url, ...given })) });
    };
    await note(`http://${urlHost(feedAddress())}:1/`);
    await withOtherServer('SSH-2.0-OpenSSH_9.9\r\n', (host) => note(`http://${host}/`));
    await withOtherServer('', (host) => note(`https://${host}/`));
    server.answer = () => undefined;
    await note(server.url, { limitMs: 300 });
    const answers: FeedServer['answer'][] = [
      ({ socket }) => socket.destroy(),
      ...[401, 404, 503].map(
        (status): FeedServer['answer'] =>
          (_request, response) =>
            response.writeHead(status, { 'retry-after': '90' }).end('x'),
      ),
      (_request, response) => response.writeHead(302, { location: 'http://elsewhere.example/' }).end(),
      (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html/>'),
      (_request, response) => response.writeHead(200, { 'content-length': '999999999' }).write('x'),
    ];
    for (const answer of answers) {
      server.answer = answer;
      await note(server.url);
    }
    expect(new Set(seen.map(({ cause }) => cause.message.replace(/^\S+ /, ''))).size).toBeGreaterThan(8);
    for (const { host, shown } of seen) {
      expect(shown).toMatchObject({
        reason: 'FetchFailed',
        message: `${host} could not be reached or serves no feed that can be used; the log of the operator has the cause`,
        retryAfterMs: 0,
      });
    }
  });

  it('with too many events says so by name', async () => {
    server.serve(TEXT);
    const tooMany = (): Promise<never> => Promise.reject(new UnusableFeed('TooManyEvents', 'more than 1'));
    const { signal } = new AbortController();
    const options = { url: server.url, validator: undefined, maxBytes: MAX_BYTES, allowPrivate: true };
    await expect(fetchFeed({ ...options, clock: systemClock, signal }, tooMany)).rejects.toMatchObject({
      reason: 'TooManyEvents',
      message: 'more than 1',
    });
  });
});

describe('a failure at a public address', () => {
  it('has its cause', async () => {
    const limited = { url: 'https://feeds.example/feed.ics', allowPrivate: false };
    const unknown: Resolve = (_host, done) =>
      done(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), []);
    const { shown, cause } = await refused({ ...limited, resolve: unknown });
    expect(shown).toBe(cause);
    expect(shown.message).toBe('feeds.example cannot be reached: ENOTFOUND');
  });
});
