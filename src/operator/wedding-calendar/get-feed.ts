import type { WeddingCalendar } from '../../api/v1alpha1/kinds.ts';
import type { WeddingCalendarSpec } from '../../api/v1alpha1/wedding-calendar.ts';
import { UnusableFeed } from '../../domain/feed/reading.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import { KubeError } from '../../platform/kube/errors.ts';
import { builtin, type KubeObject, type ResourceType } from '../../platform/kube/resource.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { type Fetched, fetchFeed, type Validator } from './fetch/fetch-feed.ts';
import type { Consume } from './fetch/read-body.ts';

const DEFAULT_SECRET_KEY = 'url';
const DEFAULT_CONFIG_MAP_KEY = 'feed';

export interface SourceAccess {
  client: KubeClient;
  clock: Clock;
  signal: AbortSignal;
}

/**
 * The feed that a WeddingCalendar names, as `consume` reads it, unless it is still the version that `validator` names.
 *
 * @throws {UnusableFeed}
 */
export async function getFeed<T>(
  calendar: WeddingCalendar,
  spec: WeddingCalendarSpec,
  { validator, consume }: { validator: Validator | undefined; consume: Consume<T> },
  access: SourceAccess,
): Promise<Fetched<T>> {
  const { namespace } = calendar.metadata;
  const { secretName, configMapName = '' } = spec.source;
  const { maxBytes } = spec.limits;
  if (secretName !== undefined) {
    const { key = DEFAULT_SECRET_KEY } = spec.source;
    const secret = await read(builtin.Secret, namespace, secretName, access);
    const encoded = (secret.data as Record<string, string> | undefined)?.[key];
    if (encoded === undefined) throw missing(`Secret ${secretName} has no key ${key}`);
    const { clock, signal } = access;
    const options = {
      url: Buffer.from(encoded, 'base64').toString(),
      validator,
      maxBytes,
      clock,
      signal,
      allowPrivate: spec.allowPrivateNetworks,
    };
    return await fetchFeed(options, consume);
  }
  const { key = DEFAULT_CONFIG_MAP_KEY } = spec.source;
  const object = await read(builtin.ConfigMap, namespace, configMapName, access);
  const version = object.metadata.resourceVersion;
  if (version !== undefined && version === validator?.etag) return { kind: 'NotModified' };
  const bytes = bytesOf(object, key);
  if (bytes === undefined) throw missing(`ConfigMap ${configMapName} has no key ${key}`);
  if (bytes.byteLength > maxBytes) {
    throw new UnusableFeed('TooLarge', `the feed is longer than ${maxBytes} bytes, spec.limits.maxBytes`);
  }
  return { kind: 'Content', content: await consume(inOnePiece(bytes)), validator: { etag: version } };
}

/** kubectl puts a file that is not UTF-8 into `binaryData`: one whose lines are folded within a character is none. */
function bytesOf({ data, binaryData }: KubeObject, key: string): Uint8Array | undefined {
  const text = (data as Record<string, string> | undefined)?.[key];
  if (text !== undefined) return new TextEncoder().encode(text);
  const encoded = (binaryData as Record<string, string> | undefined)?.[key];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64');
}

async function* inOnePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function read(
  type: ResourceType,
  namespace: string,
  name: string,
  { client, signal }: SourceAccess,
): Promise<KubeObject> {
  try {
    const object = await client.get(type, namespace, name, { signal });
    if (object === undefined) throw missing(`there is no ${type.kind} ${name}`);
    return object;
  } catch (error) {
    // Nothing to retry quickly: an admin must change permissions.
    if (error instanceof KubeError && error.disposition === 'forbidden') {
      throw missing(`${type.kind} ${name} may not be read by the operator`);
    }
    throw error;
  }
}

function missing(message: string): UnusableFeed {
  return new UnusableFeed('SourceMissing', message);
}
