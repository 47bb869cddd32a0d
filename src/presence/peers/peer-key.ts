import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** Keys of other versions or purposes differ although they come from the same secret. */
const PURPOSE = 'presence peers 1';
const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** The current key and the previous one: pods read a rotated secret at different moments. */
const MAX_KEYS = 2;

/** The sender and the receiver of a message, by incarnation: it cannot be opened on another route. */
export interface PeerRoute {
  readonly from: string;
  readonly to: string;
}

/**
 * Authenticates the pods of one fleet to each other: a key derived (HKDF, RFC 5869) from a secret that all of them have in
 * a file already. Messages are sealed (AES-256-GCM): other processes can neither make nor read one. Without a secret no
 * messages are sent.
 */
export class PeerKey {
  #keys: readonly Buffer[] = [];

  constructor(secret: string | Uint8Array | undefined) {
    if (secret !== undefined) this.use(secret);
  }

  /** Whether there is a key. */
  get usable(): boolean {
    return this.#keys.length > 0;
  }

  /** Seals with this secret from now on; messages sealed with the previous one can still be opened. */
  use(secret: string | Uint8Array): void {
    const key = Buffer.from(hkdfSync('sha256', secret, '', PURPOSE, KEY_BYTES));
    if (this.#keys[0]?.equals(key)) return;
    this.#keys = [key, ...this.#keys].slice(0, MAX_KEYS);
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

  /** The text of a sealed message; undefined when it was not sealed for this route by a pod of this fleet. */
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
