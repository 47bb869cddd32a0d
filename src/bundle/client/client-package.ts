import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { minify } from '@swc/core';
import { type BuildOptions, build } from 'esbuild';

/** The oldest that the package is for, as its README says: two years back, and Node 20. */
export const CLIENT_TARGETS = ['chrome131', 'edge131', 'firefox133', 'safari18.2', 'ios18.2', 'node20'];

/** Methods and fields between the files of the client, which no application sees: in a bundle they may have any name. */
const INTERNAL =
  /^(receive|receive(Snapshot|Diff|Provisional|Freshness|Replaced)|supersede|detach|attach|on(Welcome|MembershipEnd|Message|End|Drain|Online|Offline|Return|Hide)|opens|probe|looks|showProvisional|withdrawAll|delay|make|move|changed|request|stop|reset)$/;

/** How an entry of the package is bundled. `root` is the checkout. */
export function clientOptions(root: string, entry: string): BuildOptions & { readonly write: false } {
  return {
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    minify: true,
    format: 'esm',
    platform: 'neutral',
    target: CLIENT_TARGETS,
    external: ['react'],
    mangleProps: INTERNAL,
    legalComments: 'none',
    logLevel: 'warning',
  };
}

/** The text of one entry, as it is in the package. */
export async function bundleEntry(root: string, entry: string): Promise<string> {
  const { outputFiles } = await build(clientOptions(root, entry));
  // It finds what esbuild leaves: 5 % of the bytes.
  const { code } = await minify(outputFiles[0]?.text ?? '', {
    module: true,
    ecma: 2022,
    // Without these two the text is longer and its gzip shorter.
    compress: { passes: 3, sequences: false, collapse_vars: false },
    mangle: true,
  });
  return code;
}

/** Builds `dist` of the package, in the checkout or in another folder. */
export async function buildClient(root: string, folder = path.join(root, 'packages/client')): Promise<void> {
  const dist = path.join(folder, 'dist');
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist, { recursive: true });
  writeFileSync(path.join(dist, 'index.js'), await bundleEntry(root, 'src/client/index.ts'));
  writeFileSync(path.join(dist, 'react.js'), await bundleEntry(root, 'src/client/react/index.ts'));
  copyFileSync(path.join(root, 'LICENSE'), path.join(dist, 'LICENSE'));
  writeDeclarations(root, path.join(dist, 'types'));
}

/** Declarations of TypeScript, with the names of files that a consumer has. */
export function writeDeclarations(root: string, outDir: string): void {
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  const project = path.join(root, 'packages/client/tsconfig.json');
  execFileSync(process.execPath, [tsc, '-p', project, '--outDir', outDir], { stdio: 'inherit' });
  for (const name of readdirSync(outDir, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.d.ts')) continue;
    const file = path.join(outDir, name);
    writeFileSync(file, readFileSync(file, 'utf8').replace(/(from '\.[^']*)\.ts'/g, "$1.js'"));
  }
}
