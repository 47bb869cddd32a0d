/**
 * `node release/pin-base-images.ts` writes into the Dockerfile the digest that each base image has in its registry now. It
 * needs a registry that answers, and `docker buildx`. The tags stay for readers; the digest is what is pulled.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** An image by name and tag, with a digest or without. */
const BASE = /^(FROM\s+)([^\s@]+)(?:@sha256:[0-9a-f]{64})?(.*)$/gm;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/**
 * The Dockerfile with every base by digest.
 *
 * @param digestOf asks the registry: the digest of the index for all architectures
 * @throws Error when the registry says anything but a digest; nothing is pinned then
 */
export function pinned(dockerfile: string, digestOf: (image: string) => string): string {
  return dockerfile.replace(BASE, (_line, from: string, image: string, rest: string) => {
    const digest = digestOf(image);
    if (!DIGEST.test(digest)) throw new Error(`the registry gives no digest of ${image}, but "${digest}"`);
    return `${from}${image}@${digest}${rest}`;
  });
}

function askRegistry(image: string): string {
  const args = ['buildx', 'imagetools', 'inspect', '--format', '{{ .Manifest.Digest }}', image];
  return execFileSync('docker', args, { encoding: 'utf8' }).trim();
}

if (import.meta.main) {
  const file = path.resolve(import.meta.dirname, '../Dockerfile');
  writeFileSync(file, pinned(readFileSync(file, 'utf8'), askRegistry));
}
