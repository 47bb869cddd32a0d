import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { repository } from '../test/cluster/paths.ts';
import { packagedChart, packagedValues } from './packaged-values.ts';

const read = (name: string): string =>
  readFileSync(path.join(repository, 'charts/presence-operator', name), 'utf8');
const image = { repository: 'example.com/presence-operator', digest: `sha256:${'1'.repeat(64)}` };

describe('the values of the packed chart', () => {
  it('name the image by digest, and are otherwise those of the checkout', () => {
    const before = parse(read('values.yaml')) as { image: object };
    const text = packagedValues(read('values.yaml'), image);
    expect(parse(text)).toEqual({ ...before, image: { ...before.image, ...image } });
    expect(text).toContain('# sha256:… pins the image and wins over tag.');
  });

  it.each([
    ['replicas: 1\n', 'has no block "image:"'],
    ['image:\n  tag: ""\n', 'has no image.repository'],
    ['image:\n  repository: a\nother:\n  digest: ""\n', 'has no image.digest'],
  ])('are refused when the lines are not there: %j', (text, says) => {
    expect(() => packagedValues(text, image)).toThrow(says);
  });
});

describe('Chart.yaml of the packed chart', () => {
  it('names the same image to Artifact Hub', () => {
    const name = 'example.com/presence-operator@sha256:12';
    const chart = parse(packagedChart(read('Chart.yaml'), name)) as { annotations: Record<string, string> };
    expect(parse(chart.annotations['artifacthub.io/images'] ?? '')).toContainEqual({
      name: 'operator',
      image: name,
    });
  });
});
