import type { Metafile } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { bundledPackages } from './bundled-packages.ts';

function metafile(output: string, files: Record<string, number>): Metafile {
  const inputs = Object.fromEntries(
    Object.entries(files).map(([file, bytesInOutput]) => [file, { bytesInOutput }]),
  );
  return { inputs: {}, outputs: { [output]: { bytes: 0, inputs, imports: [], exports: [] } } };
}

describe('the packages of bundles', () => {
  it('are those of which code is left, each with its bundles', () => {
    const found = bundledPackages([
      metafile('dist/one.js', {
        'node_modules/a/index.js': 10,
        'node_modules/@scope/b/lib/x.js': 1,
        'node_modules/a/node_modules/c/index.js': 1,
        'node_modules/dropped/index.js': 0,
        'src/main.ts': 5,
      }),
      metafile('dist/two.js', { 'node_modules/a/other.js': 2 }),
    ]);
    expect([...found].map(([folder, bundles]) => [folder, [...bundles]])).toEqual([
      ['node_modules/a', ['one.js', 'two.js']],
      ['node_modules/@scope/b', ['one.js']],
      ['node_modules/a/node_modules/c', ['one.js']],
    ]);
  });
});
