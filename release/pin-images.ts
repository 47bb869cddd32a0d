/**
 * `node release/pin-images.ts` writes into the Dockerfile and the chart the digest that each image has in its registry now: bases, Valkey
 * and Redis. It needs a registry that answers, and `docker buildx`. The tags stay for readers; the digest is what is pulled. With
 * `--check` it asks nobody, names the images without a digest, and fails when there is one.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Files of others' images, and where in them an image stands: what is before it, its name and tag, what follows. */
const FILES: Readonly<Record<string, RegExp>> = {
  Dockerfile: /^(FROM\s+)([^\s@]+)(@sha256:[0-9a-f]{64})?(.*)$/gm,
  'charts/presence-operator/values.yaml': /^( {2}(?:valkey|redis): )([^\s@]+)(@sha256:[0-9a-f]{64})?()$/gm,
};
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/**
 * A file with every image by digest.
 *
 * @param digestOf asks the registry: the digest of the index for all architectures
 * @throws Error when the registry says anything but a digest; nothing is pinned then
 */
export function pinned(name: string, text: string, digestOf: (image: string) => string): string {
  return text.replace(patternOf(name), (_line, before: string, image: string, _digest, after: string) => {
    const digest = digestOf(image);
    if (!DIGEST.test(digest)) throw new Error(`the registry gives no digest of ${image}, but "${digest}"`);
    return `${before}${image}@${digest}${after}`;
  });
}

/** Images of a checkout that a tag alone names, each with its file: what a registry gives for a tag can change. */
export function unpinnedImages(root: string): string[] {
  return Object.keys(FILES).flatMap((name) =>
    [...readFileSync(path.join(root, name), 'utf8').matchAll(patternOf(name))]
      .filter(([, , , digest]) => digest === undefined)
      .map(([, , image]) => `${name}: ${image}`),
  );
}

function patternOf(name: string): RegExp {
  const pattern = FILES[name];
  if (pattern === undefined) throw new Error(`${name} names no images that are pinned`);
  return pattern;
}

function askRegistry(image: string): string {
  const args = ['buildx', 'imagetools', 'inspect', '--format', '{{ .Manifest.Digest }}', image];
  return execFileSync('docker', args, { encoding: 'utf8' }).trim();
}

if (import.meta.main) {
  const root = path.resolve(import.meta.dirname, '..');
  if (process.argv.includes('--check')) {
    const found = unpinnedImages(root);
    for (const image of found) console.error(`${image} has no digest: run node release/pin-images.ts`);
    process.exitCode = found.length === 0 ? 0 : 1;
  } else {
    for (const name of Object.keys(FILES)) {
      const file = path.join(root, name);
      writeFileSync(file, pinned(name, readFileSync(file, 'utf8'), askRegistry));
    }
  }
}
