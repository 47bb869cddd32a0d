import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { sha256OfFile } from './archive.ts';

/** A file that is published. */
export interface Artefact {
  readonly name: string;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** Name of the file with the digests of all others; it cannot hold its own. */
export const CHECKSUMS = 'SHA256SUMS';

/** Every file of a folder, by name. */
export async function artefactsIn(folder: string): Promise<Artefact[]> {
  const names = readdirSync(folder).filter((name) => name !== CHECKSUMS);
  return Promise.all(
    names.sort().map(async (name) => {
      const file = path.join(folder, name);
      return { name, bytes: statSync(file).size, sha256: await sha256OfFile(file) };
    }),
  );
}

/** As `sha256sum --check` reads it. */
export function checksums(artefacts: readonly Artefact[]): string {
  return artefacts.map(({ sha256, name }) => `${sha256}  ${name}\n`).join('');
}

/** A table for people: size, digest, name. */
export function artefactLines(artefacts: readonly Artefact[]): string[] {
  const sizes = artefacts.map(({ bytes }) => size(bytes));
  const width = Math.max(...sizes.map((text) => text.length));
  return artefacts.map(
    ({ name, sha256 }, index) => `${(sizes[index] ?? '').padStart(width)}  ${sha256}  ${name}`,
  );
}

function size(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
