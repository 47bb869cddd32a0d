import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { repository } from '../test/cluster/paths.ts';
import { packagedValues, withImages, withSource } from './packaged-values.ts';

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

describe('Chart.yaml of a packed chart', () => {
  it('names the same images to Artifact Hub', () => {
    const operator = 'example.com/presence-operator@sha256:12';
    const chart = parse(withImages(read('Chart.yaml'), { operator })) as {
      annotations: Record<string, string>;
    };
    const images = parse(chart.annotations['artifacthub.io/images'] ?? '') as object[];
    expect(images).toHaveLength(3);
    expect(images).toContainEqual({ name: 'operator', image: operator });
  });

  it.each(['Chart.yaml', '../presence-operator-crds/Chart.yaml'])(
    'says in %s where the sources are',
    (name) => {
      const source = 'https://example.com/o/r';
      const chart = parse(withSource(read(name), source)) as object;
      expect(chart).toEqual({ ...(parse(read(name)) as object), home: source, sources: [source] });
      expect(withSource(read(name), '')).toBe(read(name));
    },
  );
});
