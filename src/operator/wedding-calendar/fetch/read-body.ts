import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { UnusableFeed } from '../../../domain/feed/reading.ts';

export interface BodyOptions {
  encoding: string | undefined;
  length: string | undefined;
  /** Of what comes out, also after decompression. */
  maxBytes: number;
}

/** Takes a feed piece by piece. */
export type Consume<T> = (chunks: AsyncIterable<Uint8Array>) => Promise<T>;

/**
 * Hands a body on as it comes, and stops at the first byte too many, before or after decompression.
 *
 * @throws {UnusableFeed} TooLarge or WrongContent
 */
export async function readBody<T>(
  body: Readable,
  { encoding, length, maxBytes }: BodyOptions,
  consume: Consume<T>,
): Promise<T> {
  if (Number(length ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const take = (source: AsyncIterable<Uint8Array>): Promise<T> => consume(upTo(maxBytes, source));
  switch ((encoding ?? 'identity').trim().toLowerCase()) {
    case 'identity':
    case '':
      return await pipeline(body, take);
    case 'gzip':
    case 'x-gzip':
      try {
        return await pipeline(body, createGunzip(), take);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code?.startsWith('Z_')) {
          throw new UnusableFeed('WrongContent', 'the feed is not the gzip that the server says it is');
        }
        throw error;
      }
    default:
      throw new UnusableFeed('WrongContent', `content encoding ${encoding?.slice(0, 40)} was not asked for`);
  }
}

async function* upTo(maxBytes: number, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of source) {
    size += chunk.byteLength;
    if (size > maxBytes) throw tooLarge(maxBytes);
    yield chunk;
  }
}

function tooLarge(maxBytes: number): UnusableFeed {
  return new UnusableFeed('TooLarge', `the feed is longer than ${maxBytes} bytes, spec.limits.maxBytes`);
}
