import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build, type OutputFile } from 'esbuild';
import { programOptions } from './bundle-options.ts';
import { bundledPackages } from './notices/bundled-packages.ts';
import { writeNotices } from './notices/write-notices.ts';
import { revisionOf } from './revision.ts';

/** Name of the notices, beside the bundles and at the root of the checkout. */
export const NOTICES_FILE = 'THIRD-PARTY-NOTICES.txt';
const LEGAL_COMMENTS = '.LEGAL.txt';

/** Everything that a build writes, nothing written yet. */
export interface BundledPrograms {
  readonly files: readonly OutputFile[];
  readonly notices: string;
}

/**
 * Bundles all programs, as they would lie in a folder, and what has to be said of the packages in them.
 *
 * @throws when esbuild fails, or a package must not be bundled for its licence
 */
export async function bundlePrograms(root: string, outdir: string): Promise<BundledPrograms> {
  const results = await Promise.all(
    programOptions(root, outdir, revisionOf(root)).map((options) =>
      build({ ...options, legalComments: 'external', metafile: true, write: false }),
    ),
  );
  const outputs = results.flatMap(({ outputFiles }) => outputFiles);
  const comments = outputs.filter((file) => file.path.endsWith(LEGAL_COMMENTS)).map(({ text }) => text);
  const packages = bundledPackages(results.map(({ metafile }) => metafile));
  return {
    files: outputs.filter((file) => !file.path.endsWith(LEGAL_COMMENTS)),
    notices: await writeNotices(root, packages, comments),
  };
}

/** Bundles, their source maps and the notices, into the folder that they were made for. */
export async function writePrograms(dist: string, { files, notices }: BundledPrograms): Promise<void> {
  await mkdir(dist, { recursive: true });
  for (const file of files) await writeFile(file.path, file.contents);
  await writeFile(path.join(dist, NOTICES_FILE), notices);
}
