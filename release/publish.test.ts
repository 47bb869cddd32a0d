import { describe, expect, it } from 'vitest';
import { builtDigest, chartRegistry, pushArguments, pushedDigest } from './publish.ts';

const digest = `sha256:${'a'.repeat(64)}`;

describe('pushing', () => {
  it('builds one architecture with provenance and bill of materials, and no tag', () => {
    const release = { root: '/checkout', repository: 'example.com/o/presence-operator' };
    const args = pushArguments(release, 'arm64', { VERSION: '1.2.3' }, '/out/image.json');
    expect(args.join(' ')).toBe(
      'buildx build --platform linux/arm64 --build-arg VERSION=1.2.3 --provenance mode=max --sbom true --output ' +
        'type=image,name=example.com/o/presence-operator,push-by-digest=true,name-canonical=true,push=true ' +
        '--metadata-file /out/image.json /checkout',
    );
  });

  it('puts charts beside the image', () => {
    expect(chartRegistry({ repository: 'example.com/o/presence-operator' })).toBe(
      'oci://example.com/o/charts',
    );
  });

  it('reads digests from what the tools say, and misses them', () => {
    expect(builtDigest(JSON.stringify({ 'containerimage.digest': digest }))).toBe(digest);
    expect(() => builtDigest('{}')).toThrow('names no digest of the image');
    expect(pushedDigest(`Pushed: example.com/o/charts/c:1.2.3\nDigest: ${digest}\n`)).toBe(digest);
    expect(() => pushedDigest('Error: denied')).toThrow('helm push names no digest: Error: denied');
  });
});
