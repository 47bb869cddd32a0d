import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

/** Promised in docs/presence.md. */
const MOST_BYTES = 10_000;

it('is under 10 kB for a browser, gzipped, and depends on nothing', async () => {
  const { outputFiles, metafile } = await build({
    entryPoints: [new URL('presence-client.ts', import.meta.url).pathname],
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
  });
  const inputs = Object.keys(metafile.inputs);
  expect(inputs.every((path) => /src\/(client|api\/protocol)\//.test(path))).toBe(true);
  // Missing in browsers of two years ago (Safari 17.3); esbuild rewrites syntax only.
  expect(outputFiles[0]?.text).not.toContain('withResolvers');
  const bytes = gzipSync(outputFiles[0]?.contents ?? '').length;
  expect(bytes).toBeGreaterThan(1_000);
  expect(bytes).toBeLessThan(MOST_BYTES);
});
