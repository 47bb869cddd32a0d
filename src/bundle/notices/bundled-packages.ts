import type { Metafile } from 'esbuild';

/** Folder of a package, from the root of the checkout, and the bundles that hold code of it. */
export type BundledPackages = ReadonlyMap<string, ReadonlySet<string>>;

/** The innermost package: one of an own version lies in the folder of the package that needs it. */
const PACKAGE = /^(.*(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/]+)\//;

/** The packages that really are in bundles: a file of which esbuild has kept nothing counts for none. */
export function bundledPackages(metafiles: readonly Metafile[]): BundledPackages {
  const packages = new Map<string, Set<string>>();
  for (const { outputs } of metafiles) {
    for (const [output, { inputs }] of Object.entries(outputs)) {
      for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
        const folder = PACKAGE.exec(file)?.[1];
        if (folder === undefined || bytesInOutput === 0) continue;
        const bundle = output.split('/').at(-1) ?? output;
        packages.set(folder, (packages.get(folder) ?? new Set()).add(bundle));
      }
    }
  }
  return packages;
}
