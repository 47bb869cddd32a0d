import { hash } from 'node:crypto';
import { canonicalJson } from '../../domain/resources/canonical-json.ts';

/** Enough of a SHA-256 that two contents of one object never meet. */
const HASH_LENGTH = 10;

export function sha256Hex(text: string): string {
  return hash('sha256', text);
}

/** Short hash of a value's content; equal content gives equal hashes whatever the order of its keys. */
export function contentHash(value: unknown): string {
  return textHash(canonicalJson(value));
}

/** The {@link contentHash} of a value whose canonical JSON is at hand. */
export function textHash(canonical: string): string {
  return sha256Hex(canonical).slice(0, HASH_LENGTH);
}
