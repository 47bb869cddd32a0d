import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FeedServer } from '../../../../test/support/feed-server.ts';
import { UnusableFeed } from '../../../domain/feed/reading.ts';
import { systemClock } from '../../../platform/runtime/clock.ts';
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
    ...{ url: server.url, validator: undefined, maxBytes: MAX_BYTES, allowPrivate: true },
    ...{ clock: systemClock, signal, limitMs: 5_000, ...given },
  };
  return fetchFeed(options, textOf);
}

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const chunk of chunks) pieces.push(chunk);
  return Buffer.concat(pieces).toString();
}

/** Reason and message of the refusal; never with the token of the URL. */
async function refusal(given: Partial<FetchOptions> = {}): Promise<string> {
  const error = await get(given).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof UnusableFeed)) throw new Error('was not refused', { cause: error });
  expect(error.message).not.toMatch(/secret|feed\.ics/);
  return `${error.reason}: ${error.message}`;
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
    ).rejects.toMatchObject({ reason: 'TooComplex', message: 'line 1: too deep' });
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

  it.each(['http://127.0.0.2:1/x', 'https://example.com/x', 'file:///etc/passwd', ''])(
    'a redirect to %s',
    async (location) => {
      server.answer = (_request, response) => response.writeHead(301, { location }).end();
      expect(await refusal()).toMatch(location === '' ? /^FetchFailed|^ForeignRedirect/ : /^ForeignRedirect/);
    },
  );

  it('a redirect that never ends', async () => {
    server.answer = (_request, response) => response.writeHead(307, { location: '/feed.ics' }).end();
    expect(await refusal()).toMatch(/^FetchFailed: .* redirects more than 3 times/);
  });

  it('a server that is slow, is not there, or is in trouble', async () => {
    server.answer = (_request, response) =>
      response.writeHead(200, { 'content-type': 'text/calendar' }).write('BEGIN');
    expect(await refusal({ limitMs: 200 })).toMatch(/^FetchFailed: .* takes longer than 0.2 s/);
    expect(await refusal({ url: 'http://127.0.0.1:1/?token=secret' })).toBe(
      'FetchFailed: 127.0.0.1:1 cannot be reached: ECONNREFUSED',
    );
    server.answer = (_request, response) => response.writeHead(503, { 'retry-after': '90' }).end();
    await expect(get()).rejects.toMatchObject({ reason: 'FetchFailed', retryAfterMs: 90_000 });
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

  it('link-local addresses also where private networks are allowed', async () => {
    expect(await refusal({ url: 'http://169.254.169.254/x' })).toMatch(/^ForbiddenAddress/);
    expect(await refusal({ url: 'http://[fe80::1]/x' })).toMatch(/^ForbiddenAddress/);
  });
});
