import { Agent, type Dispatcher, errors, request } from 'undici';
import { type FeedRefusal, UnusableFeed } from '../../../domain/feed/reading.ts';
import type { Clock } from '../../../platform/runtime/clock.ts';
import { timeLimit } from '../../../platform/runtime/time-limit.ts';
import { checkedLookup, type Resolve, resolveByDns } from './checked-lookup.ts';
import { checkFeedUrl, parseFeedUrl } from './feed-url.ts';
import { type Consume, readBody } from './read-body.ts';

/** How a server names a version of what it serves. */
export interface Validator {
  etag?: string | undefined;
  lastModified?: string | undefined;
}

/** What became of a feed; `content` is what was made of it while it came. */
export type Fetched<T> = { kind: 'NotModified' } | { kind: 'Content'; content: T; validator: Validator };

export interface FetchOptions {
  /** As the Secret holds it. */
  url: string;
  /** Of the copy that is known; asks only for what is newer. */
  validator: Validator | undefined;
  maxBytes: number;
  /** Also private addresses and plain http; failures then say nothing about what answers at an address. */
  allowPrivate: boolean;
  clock: Clock;
  signal: AbortSignal;
  limitMs?: number;
  /** Finds the addresses of a name; DNS by default. */
  resolve?: Resolve;
}

/** From the first byte sent to the last received: 5 MiB at 1.4 Mbit/s. */
const FETCH_LIMIT_MS = 30_000;
const CONNECT_LIMIT_MS = 10_000;
const MAX_REDIRECTS = 3;
/** Longer ones would only fill the status. */
const MAX_ETAG_LENGTH = 256;
const MAX_DATE_LENGTH = 64;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
const TYPES =
  /^(text\/calendar|text\/plain|text\/json|application\/(json|ics|octet-stream|x-ical|[\w.+-]+\+json))\s*(;|$)/i;

/**
 * Asks for a feed: bounded in time and memory, at checked addresses, never at another host than the one named. What
 * `consume` throws is thrown.
 *
 * @throws {UnusableFeed} with a `cause` where its message leaves details out
 */
export async function fetchFeed<T>(options: FetchOptions, consume: Consume<T>): Promise<Fetched<T>> {
  const { clock, allowPrivate, limitMs = FETCH_LIMIT_MS, resolve = resolveByDns } = options;
  const { url, authorization } = parseFeedUrl(options.url, { allowPrivate });
  const agent = new Agent({
    connect: { lookup: checkedLookup(allowPrivate, resolve), timeout: CONNECT_LIMIT_MS },
    headersTimeout: limitMs,
    bodyTimeout: limitMs,
  });
  const { signal, expired, lift } = timeLimit(clock, limitMs, options.signal, () => timedOut(url, limitMs));
  try {
    const headers = {
      'user-agent': 'presence-operator',
      accept: 'text/calendar, application/json;q=0.9, text/plain;q=0.5',
      'accept-encoding': 'gzip',
      ...(authorization === undefined ? {} : { authorization }),
      ...(options.validator?.etag === undefined ? {} : { 'if-none-match': options.validator.etag }),
      ...(options.validator?.lastModified === undefined
        ? {}
        : { 'if-modified-since': options.validator.lastModified }),
    };
    return await follow(url, { headers, dispatcher: agent, signal }, options, consume);
  } catch (error) {
    options.signal.throwIfAborted();
    const failure = expired.aborted ? timedOut(url, limitMs) : failureOf(error, url);
    throw allowPrivate ? withoutDetails(failure, url) : failure;
  } finally {
    lift();
    await agent.destroy();
  }
}

type Call = { headers: Record<string, string>; dispatcher: Dispatcher; signal: AbortSignal };

async function follow<T>(
  start: URL,
  call: Call,
  options: FetchOptions,
  consume: Consume<T>,
): Promise<Fetched<T>> {
  let url = start;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const response = await request(url, call);
    if (!REDIRECTS.includes(response.statusCode)) {
      return await resultOf(response, url, options, consume);
    }
    const target = URL.parse(header(response, 'location') ?? '', url);
    if (target?.origin !== start.origin) {
      throw new UnusableFeed('ForeignRedirect', `${url.host} sends to another host, which is not followed`);
    }
    checkFeedUrl(target, options);
    await response.body.dump();
    url = target;
  }
  throw new UnusableFeed('FetchFailed', `${url.host} redirects more than ${MAX_REDIRECTS} times`);
}

async function resultOf<T>(
  response: Dispatcher.ResponseData,
  url: URL,
  options: FetchOptions,
  consume: Consume<T>,
): Promise<Fetched<T>> {
  const { statusCode } = response;
  if (statusCode === 304 && options.validator !== undefined) return { kind: 'NotModified' };
  if (statusCode !== 200) {
    const retryAfter = Number(header(response, 'retry-after') ?? 0) * 1000 || 0;
    throw new UnusableFeed('FetchFailed', `${url.host} answers ${statusCode}`, Math.max(0, retryAfter));
  }
  const type = header(response, 'content-type');
  if (type !== undefined && !TYPES.test(type)) {
    throw new UnusableFeed('WrongContent', `${url.host} sends ${type.slice(0, 80)}, which is no calendar`);
  }
  const body = {
    encoding: header(response, 'content-encoding'),
    length: header(response, 'content-length'),
    maxBytes: options.maxBytes,
  };
  const content = await readBody(response.body, body, consume);
  const etag = short(header(response, 'etag'), MAX_ETAG_LENGTH);
  const lastModified = short(header(response, 'last-modified'), MAX_DATE_LENGTH);
  return { kind: 'Content', content, validator: { etag, lastModified } };
}

function header(response: Dispatcher.ResponseData, name: string): string | undefined {
  const value = response.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function short(value: string | undefined, most: number): string | undefined {
  return value !== undefined && value !== '' && value.length <= most ? value : undefined;
}

function timedOut(url: URL, limitMs: number): UnusableFeed {
  return new UnusableFeed('FetchFailed', `${url.host} takes longer than ${limitMs / 1000} s`);
}

/**
 * Failures that say nothing about what answers at an address: they come before a request, or after events of a calendar
 * were read.
 */
const PLAIN_FAILURES: readonly FeedRefusal[] = ['ForbiddenAddress', 'TooManyEvents'];

/**
 * One failure for a port that is closed, one that is silent and one where no feed is: otherwise `status` would tell who may
 * write it down what runs inside of the network. The cause is for the log of the operator.
 */
function withoutDetails(failure: UnusableFeed, url: URL): UnusableFeed {
  if (PLAIN_FAILURES.includes(failure.reason)) return failure;
  const message = `${url.host} could not be reached or serves no feed that can be used; the log of the operator has the cause`;
  return new UnusableFeed('FetchFailed', message, 0, { cause: failure });
}

/** What went wrong, without the URL. */
function failureOf(error: unknown, url: URL): UnusableFeed {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof UnusableFeed) return cause;
  }
  const code = (error as NodeJS.ErrnoException).code;
  const detail = error instanceof errors.UndiciError || code !== undefined ? code : undefined;
  return new UnusableFeed('FetchFailed', `${url.host} cannot be reached: ${detail ?? nameOf(error)}`);
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown error';
}
