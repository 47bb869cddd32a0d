import type { BuildOptions } from 'esbuild';
import { ioredisClosures } from './ioredis-closures.ts';

/** Name in `dist/` and source of each program, from the root of the checkout. */
const PROGRAMS: Readonly<Record<string, string>> = {
  operator: 'src/operator/main.ts',
  presence: 'src/presence/main.ts',
  'feed-worker': 'src/operator/wedding-calendar/feed-worker.ts',
  'issue-certificate': 'src/platform/tls/issue-certificate.ts',
  'kubectl-presence': 'src/cli/main.ts',
};

/** How the programs are bundled, whatever is bundled. */
export const BUNDLE_OPTIONS = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  sourcemap: true,
  // Names stay as they are, for logs and traces. `keepNames` would keep them too, by a call for each closure that is made: a
  // command of ioredis took 2.6 us of CPU so, and 1.05 without.
  ...{ minifyWhitespace: true, minifySyntax: true },
  legalComments: 'none',
  logLevel: 'warning',
  // Packages in CommonJS call `require`, which a module does not have by itself.
  banner: {
    js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
  },
} as const satisfies BuildOptions;

/** All programs, into a folder. `root` is the checkout. */
export function programOptions(root: string, outdir: string): BuildOptions {
  return {
    ...BUNDLE_OPTIONS,
    absWorkingDir: root,
    entryPoints: { ...PROGRAMS },
    outdir,
    plugins: [ioredisClosures()],
  };
}
