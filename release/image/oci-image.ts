import { createHash } from 'node:crypto';
import type { ImageConfig } from './image-config.ts';

/** A layer as it lies in the archive: compressed. */
export interface Layer {
  /** SHA-256 of the compressed file, hexadecimal. */
  readonly digest: string;
  readonly size: number;
  /** SHA-256 of the uncompressed archive, hexadecimal. */
  readonly diffId: string;
}

export interface OciImage {
  /** What a registry would know the image by: `sha256:…` of the manifest. */
  readonly digest: string;
  /** Blobs but the layers: digest in hexadecimal to text. */
  readonly blobs: ReadonlyMap<string, string>;
  /** Files beside the blobs, by name. */
  readonly files: ReadonlyMap<string, string>;
}

const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';

/**
 * The documents of an image layout of OCI. `manifest.json` is beside them, which `docker load` reads; kind and
 * containerd read the layout.
 *
 * @param name with tag
 */
export function ociImage(name: string, config: ImageConfig, layers: readonly Layer[]): OciImage {
  const configText = JSON.stringify(config);
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: descriptor(CONFIG, configText),
    layers: layers.map(({ digest, size }) => ({ mediaType: LAYER, digest: `sha256:${digest}`, size })),
    annotations: ociAnnotations(config),
  });
  const annotations = {
    'io.containerd.image.name': name,
    'org.opencontainers.image.ref.name': name.split(':').at(-1),
  };
  const platform = { architecture: config.architecture, os: config.os };
  const index = JSON.stringify({
    schemaVersion: 2,
    mediaType: INDEX,
    manifests: [{ ...descriptor(MANIFEST, manifest), annotations, platform }],
  });
  const legacy = JSON.stringify([
    {
      Config: `blobs/sha256/${sha256(configText)}`,
      RepoTags: [name],
      Layers: layers.map(({ digest }) => `blobs/sha256/${digest}`),
    },
  ]);
  return {
    digest: `sha256:${sha256(manifest)}`,
    blobs: new Map([
      [sha256(configText), configText],
      [sha256(manifest), manifest],
    ]),
    files: new Map([
      ['index.json', index],
      ['manifest.json', legacy],
      ['oci-layout', '{"imageLayoutVersion":"1.0.0"}'],
    ]),
  };
}

/** Registries show those of the manifest. */
function ociAnnotations({ config }: ImageConfig): Record<string, string> {
  const labels = Object.entries(config.Labels ?? {});
  return Object.fromEntries(labels.filter(([name]) => name.startsWith('org.opencontainers.')));
}

function descriptor(mediaType: string, text: string): { mediaType: string; digest: string; size: number } {
  return { mediaType, digest: `sha256:${sha256(text)}`, size: Buffer.byteLength(text) };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
