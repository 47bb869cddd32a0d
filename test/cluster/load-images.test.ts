import { describe, expect, it } from 'vitest';
import { nodeHasImage } from './load-images.ts';

const list = `REF TYPE DIGEST SIZE PLATFORMS LABELS
registry.test/library/presence-operator:dev application/vnd.docker.distribution.manifest.v2+json sha256:m2 158.1 MiB linux/amd64 io.cri-containerd.image=managed
sha256:old application/vnd.docker.distribution.manifest.v2+json sha256:m1 158.1 MiB linux/amd64 io.cri-containerd.image=managed
sha256:new application/vnd.docker.distribution.manifest.v2+json sha256:m2 158.1 MiB linux/amd64 io.cri-containerd.image=managed`;

describe('nodeHasImage', () => {
  it('is true when the name means the content with that id', () => {
    expect(nodeHasImage(list, 'registry.test/library/presence-operator:dev', 'sha256:new')).toBe(true);
  });

  it('is false when the node has the content but the name means another', () => {
    expect(nodeHasImage(list, 'registry.test/library/presence-operator:dev', 'sha256:old')).toBe(false);
  });

  it('is false when the node knows neither', () => {
    expect(nodeHasImage(list, 'registry.test/library/presence-operator:dev', 'sha256:none')).toBe(false);
    expect(nodeHasImage('', 'registry.test/library/presence-operator:dev', 'sha256:new')).toBe(false);
  });
});
