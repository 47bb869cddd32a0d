import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** Keys of other versions or purposes differ although they come from the same secret. */
const PURPOSE = 'presence peers 1';
const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** The one in use, and the one before: pods read a rotated secret at different moments. */
const MOST_KEYS = 2;

/** Between which two pods a message goes, by incarnation: it is of no use elsewhere. */
export interface PeerRoute {
  readonly from: string;
  readonly to: string;
}

/**
 * By which the pods of one fleet know each other: a key derived (HKDF, RFC 5869) from a secret that all of them have in a
 * file already. Messages are sealed (AES-256-GCM): nobody else can make one or read one. Without a secret there are none.
 */
export class PeerKey {
  #keys: readonly Buffer[] = [];

  constructor(secret: string | Uint8Array | undefined) {
    if (secret !== undefined) this.use(secret);
  }

  /** Whether there is a key at all. */
  get usable(): boolean {
    return this.#keys.length > 0;
  }

  /** Seals with this secret from now on; what is sealed with the one before can still be opened. */
  use(secret: string | Uint8Array): void {
    const key = Buffer.from(hkdfSync('sha256', secret, '', PURPOSE, KEY_BYTES));
    if (this.#keys[0]?.equals(key)) return;
    this.#keys = [key, ...this.#keys].slice(0, MOST_KEYS);
  }

  /** Undefined without a key. */
  seal(route: PeerRoute, text: string): Buffer | undefined {
    const [key] = this.#keys;
    if (key === undefined) return undefined;
    // A fresh nonce each time; with 96 random bits a key lasts for billions of messages (NIST SP 800-38D, 8.3).
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, key, nonce).setAAD(routeBytes(route));
    return Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]);
  }

  /** The text of a sealed message; undefined when no pod of this fleet sealed it for this route. */
  open(route: PeerRoute, sealed: Buffer): string | undefined {
    for (const key of this.#keys) {
      const text = openWith(key, route, sealed);
      if (text !== undefined) return text;
    }
    return undefined;
  }
}

function openWith(key: Buffer, route: PeerRoute, sealed: Buffer): string | undefined {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const end = sealed.length - TAG_BYTES;
  try {
    const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE_BYTES))
      .setAAD(routeBytes(route))
      .setAuthTag(sealed.subarray(end));
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, end)), decipher.final()]).toString();
  } catch {
    return undefined;
  }
}

/** No two routes give the same bytes. */
function routeBytes({ from, to }: PeerRoute): Buffer {
  return Buffer.from(JSON.stringify([from, to]));
}
