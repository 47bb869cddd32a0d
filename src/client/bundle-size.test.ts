import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { bundleEntry, clientOptions } from '../bundle/client/client-package.ts';

/** Promised in docs/presence.md and in the README of the package. */
const MOST_BYTES = 5_000;
const ROOT = path.resolve(import.meta.dirname, '../..');

it('is under 5 kB for a page, gzipped, and depends on nothing', async () => {
  const { metafile } = await build(clientOptions(ROOT, 'src/client/presence-client.ts'));
  const inputs = Object.keys(metafile?.inputs ?? {});
  expect(inputs.length).toBeGreaterThan(5);
  expect(inputs.every((name) => /^src\/(client|api\/protocol)\//.test(name))).toBe(true);
  const text = await bundleEntry(ROOT, 'src/client/presence-client.ts');
  // Missing in browsers of two years ago (Safari 17.3); esbuild rewrites syntax only.
  expect(text).not.toContain('withResolvers');
  const bytes = gzipSync(text).length;
  expect(bytes).toBeGreaterThan(1_000);
  expect(bytes).toBeLessThan(MOST_BYTES);
});

it('has a hook that brings neither React nor the client again', async () => {
  const text = await bundleEntry(ROOT, 'src/client/react/index.ts');
  expect(text).toMatch(/from ?"react"/);
  expect(gzipSync(text).length).toBeLessThan(1_000);
});
