import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { pageOptions } from '../bundle/bundle-options.ts';

/** Promised in docs/how-to/dashboard.md. */
const MOST_BYTES = 100_000;
const ROOT = path.resolve(import.meta.dirname, '../..');

it('is under 100 kB gzipped, in one file without React and without zod', async () => {
  const { outputFiles, metafile } = await build({
    ...pageOptions(ROOT, 'dist'),
    sourcemap: false,
    metafile: true,
    write: false,
  });
  const inputs = Object.keys(metafile?.inputs ?? {});
  expect(outputFiles?.map((file) => path.basename(file.path))).toEqual(['dashboard.js']);
  expect(inputs.filter((name) => /node_modules\/(react|react-dom|zod)\//.test(name))).toEqual([]);
  const bytes = gzipSync(outputFiles?.[0]?.contents ?? '').length;
  expect(bytes).toBeGreaterThan(10_000);
  expect(bytes).toBeLessThan(MOST_BYTES);
});
