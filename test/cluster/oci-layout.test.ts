import { expect, it } from 'vitest';
import { ociLayout, sha256 } from './oci-layout.ts';

it('names the image, its configuration and its layers by their digests', () => {
  const layers = [{ digest: 'sha256:base', size: 3 }];
  const { manifest, index } = ociLayout('registry.test/library/presence-operator:dev', '{"é":1}', layers);
  expect(JSON.parse(manifest)).toMatchObject({
    config: { digest: sha256('{"é":1}'), size: 8 },
    layers: [{ digest: 'sha256:base', size: 3 }],
  });
  expect(JSON.parse(index)).toMatchObject({
    manifests: [
      {
        digest: sha256(manifest),
        size: manifest.length,
        annotations: { 'io.containerd.image.name': 'registry.test/library/presence-operator:dev' },
      },
    ],
  });
});
