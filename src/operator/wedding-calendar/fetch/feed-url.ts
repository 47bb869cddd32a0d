import { isIP } from 'node:net';
import { UnusableFeed } from '../../../domain/feed/reading.ts';
import { forbidden } from './checked-lookup.ts';
import { isForbiddenAddress } from './forbidden-address.ts';

/** A URL that may be asked, with its credentials taken out. */
export interface FeedUrl {
  url: URL;
  authorization: string | undefined;
}

/**
 * Checks the URL of a Secret. Messages never hold more of it than the host: the rest is often a password.
 *
 * @throws {UnusableFeed} InvalidURL or ForbiddenAddress
 */
export function parseFeedUrl(text: string, { allowPrivate }: { allowPrivate: boolean }): FeedUrl {
  const url = URL.parse(text.trim().replace(/^webcals?:\/\//i, 'https://'));
  if (url === null) throw new UnusableFeed('InvalidURL', 'the Secret holds no URL');
  const { username, password } = url;
  url.username = '';
  url.password = '';
  url.hash = '';
  checkFeedUrl(url, { allowPrivate });
  const credentials = `${decoded(username)}:${decoded(password)}`;
  return {
    url,
    authorization: username || password ? `Basic ${Buffer.from(credentials).toString('base64')}` : undefined,
  };
}

/** A percent sign that begins no escape is itself, as curl has it: people paste passwords as they are. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** @throws {UnusableFeed} InvalidURL or ForbiddenAddress */
export function checkFeedUrl(url: URL, { allowPrivate }: { allowPrivate: boolean }): void {
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && allowPrivate)) {
    throw new UnusableFeed('InvalidURL', 'the URL must begin with https://');
  }
  // Literal addresses are never looked up, so the check of the look-up does not see them.
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && isForbiddenAddress(host, { allowPrivate })) throw forbidden(host, host);
}
