import path from 'node:path';
import type { BuildOptions } from 'esbuild';
import { ioredisClosures } from './ioredis-closures.ts';

/** Name in `dist/` and source of each program, from the root of the checkout. */
const QUICK: Readonly<Record<string, string>> = {
  presence: 'src/presence/main.ts',
  'feed-worker': 'src/operator/wedding-calendar/feed-worker.ts',
};
const SMALL = {
  operator: 'src/operator/main.ts',
  'issue-certificate': 'src/platform/tls/issue-certificate.ts',
  'kubectl-presence': 'src/cli/main.ts',
  'dashboard-server': 'src/dashboard-server/main.ts',
} as const;

const COMMON = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  sourcemap: true,
  legalComments: 'none',
  logLevel: 'warning',
  // Packages in CommonJS call `require`, which a module does not have by itself.
  banner: {
    js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
  },
} as const satisfies BuildOptions;

/**
 * What must be quick: names stay as they are. To shorten and still know them, for logs, esbuild calls a function for each
 * closure that is made: a command of ioredis took 2.6 us of CPU so, and 1.05 without; a tenth of the time of reading a feed was that.
 */
export const QUICK_OPTIONS = {
  ...COMMON,
  minifyWhitespace: true,
  minifySyntax: true,
} as const satisfies BuildOptions;

/** What must be small: a start is mostly reading. Classes and functions still know their names. */
const SMALL_OPTIONS = { ...COMMON, minify: true, keepNames: true } as const satisfies BuildOptions;

/** Browsers that have constructed style sheets, `light-dark()` and a `TextDecoderStream`. */
const BROWSERS = ['chrome123', 'edge123', 'firefox128', 'safari17.5', 'ios17.5'];

/**
 * The page of the dashboard: one file with its style sheets as texts. Its views are written for React; here they run on
 * preact, which makes the script less than half as large (docs/adr/0022-the-dashboard-runs-on-preact.md).
 */
export function pageOptions(root: string, outdir: string): BuildOptions {
  return {
    absWorkingDir: root,
    outdir,
    entryPoints: { dashboard: 'src/dashboard/page/main.tsx' },
    bundle: true,
    minify: true,
    sourcemap: true,
    format: 'esm',
    platform: 'browser',
    target: BROWSERS,
    jsx: 'automatic',
    loader: { '.css': 'text' },
    alias: {
      react: 'preact/compat',
      'react/jsx-runtime': 'preact/jsx-runtime',
      'react-dom/client': 'preact/compat/client',
    },
    define: { 'process.env.NODE_ENV': '"production"' },
    legalComments: 'none',
    logLevel: 'warning',
  };
}

/** All programs, into a folder. `root` is the checkout; `commit` is what `kubectl presence version` says. */
export function programOptions(root: string, outdir: string, commit = ''): BuildOptions[] {
  const alias = {
    socks: path.join(root, 'src/bundle/no-socks.ts'),
    'tar-fs': path.join(root, 'src/bundle/no-tar-fs.ts'),
  };
  const common = { absWorkingDir: root, outdir, alias, plugins: [ioredisClosures()] };
  const define = { BUILD_COMMIT: JSON.stringify(commit || 'unknown') };
  const { operator, ...others } = SMALL;
  return [
    { ...QUICK_OPTIONS, ...common, entryPoints: { ...QUICK } },
    {
      ...SMALL_OPTIONS,
      ...common,
      alias: {
        ...alias,
        'jsonpath-plus': path.join(root, 'src/bundle/no-jsonpath-plus.ts'),
        'openid-client': path.join(root, 'src/bundle/no-openid-client.ts'),
      },
      entryPoints: { operator },
      define,
    },
    { ...SMALL_OPTIONS, ...common, entryPoints: others, define },
    pageOptions(root, outdir),
  ];
}
