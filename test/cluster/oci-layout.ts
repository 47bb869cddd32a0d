import { createHash } from 'node:crypto';

export interface SavedLayer {
  digest: string;
  size: number;
}

const imageType = 'application/vnd.docker.distribution.manifest.v2+json';

/** The two documents that tell a container engine what image an archive of blobs holds. */
export function ociLayout(fullName: string, config: string, layers: readonly SavedLayer[]) {
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: imageType,
    config: describe('application/vnd.docker.container.image.v1+json', config),
    layers: layers.map((layer) => ({ mediaType: 'application/vnd.docker.image.rootfs.diff.tar', ...layer })),
  });
  const annotations = { 'io.containerd.image.name': fullName };
  const index = JSON.stringify({
    schemaVersion: 2,
    manifests: [{ ...describe(imageType, manifest), annotations }],
  });
  return { manifest, index };
}

export function sha256(content: string): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

function describe(mediaType: string, content: string) {
  return { mediaType, digest: sha256(content), size: Buffer.byteLength(content) };
}
