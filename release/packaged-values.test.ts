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
  const operator = 'example.com/presence-operator@sha256:12';

  it('names the same image to Artifact Hub, and where the sources are', () => {
    const text = packagedChart(read('Chart.yaml'), { operator }, 'https://example.com/o/r');
    const chart = parse(text) as { annotations: Record<string, string>; home: string; sources: string[] };
    const images = parse(chart.annotations['artifacthub.io/images'] ?? '') as object[];
    expect(images).toHaveLength(3);
    expect(images).toContainEqual({ name: 'operator', image: operator });
    expect([chart.home, ...chart.sources]).toEqual(['https://example.com/o/r', 'https://example.com/o/r']);
  });

  it('says nothing of an address that is not known', () => {
    expect(parse(packagedChart(read('Chart.yaml'), {}, ''))).toEqual(parse(read('Chart.yaml')));
  });
});
