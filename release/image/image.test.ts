import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { imageSettings } from '../../test/cluster/image-settings.ts';
import { repository } from '../../test/cluster/paths.ts';
import { configOf, type ImageConfig } from './image-config.ts';
import { imageOffences } from './image-offences.ts';
import { ociImage } from './oci-image.ts';

const dockerfile = readFileSync(path.join(repository, 'Dockerfile'), 'utf8');
const settings = imageSettings(dockerfile, {
  VERSION: '1.2.3',
  REVISION: 'abc',
  CREATED: '2027-01-01T00:00:00Z',
});
const config: ImageConfig = {
  architecture: 'amd64',
  os: 'linux',
  created: '2027-01-01T00:00:00Z',
  config: configOf(settings),
  rootfs: { type: 'layers', diff_ids: ['sha256:1'] },
};

describe('the configuration of the image', () => {
  it('is what the Dockerfile says', () => {
    expect(config.config).toMatchObject({
      User: '65532:65532',
      WorkingDir: '/app',
      Entrypoint: ['/usr/local/bin/node'],
      Cmd: ['/app/operator.js'],
      Labels: {
        'org.opencontainers.image.title': 'presence-operator',
        'org.opencontainers.image.version': '1.2.3',
        'org.opencontainers.image.source': '',
      },
    });
    expect(config.config.Env).toContain('NODE_ENV=production');
  });

  it('refuses an instruction that it does not know', () => {
    expect(() => configOf(['HEALTHCHECK NONE'])).toThrow('no image setting is known for "HEALTHCHECK NONE"');
  });

  it('reads quoted values', () => {
    expect(configOf(['LABEL a="one \\"two\\"" b.c=d']).Labels).toEqual({ a: 'one "two"', 'b.c': 'd' });
  });
});

describe('the layout', () => {
  const layers = [{ digest: 'f'.repeat(64), size: 7, diffId: '1' }];
  const image = ociImage('o/r:1.2.3', config, layers);

  it('leads from the index over the manifest to configuration and layers', () => {
    const index = JSON.parse(image.files.get('index.json') ?? '') as {
      manifests: [{ digest: string; platform: object }];
    };
    expect(index.manifests[0]).toMatchObject({
      digest: image.digest,
      platform: { architecture: 'amd64', os: 'linux' },
    });
    const manifest = JSON.parse(image.blobs.get(image.digest.replace('sha256:', '')) ?? '') as {
      config: { digest: string };
      layers: { digest: string }[];
    };
    expect(JSON.parse(image.blobs.get(manifest.config.digest.replace('sha256:', '')) ?? '')).toEqual(config);
    expect(manifest.layers.map(({ digest }) => digest)).toEqual([`sha256:${layers[0]?.digest}`]);
  });

  it('is the same for the same content', () => {
    expect(ociImage('o/r:1.2.3', config, layers).digest).toBe(image.digest);
    expect(
      ociImage('o/r:1.2.3', config, [{ ...layers[0], size: 8, digest: 'e', diffId: '1' }]).digest,
    ).not.toBe(image.digest);
  });
});

describe('an image', () => {
  const files = [
    ...['app/operator.js', 'app/presence.js', 'app/feed-worker.js'],
    ...['licenses/LICENSE', 'licenses/THIRD-PARTY-NOTICES.txt', 'licenses/node/LICENSE'],
    'usr/local/bin/node',
    'usr/share/doc/libc6/copyright',
  ];
  const expected = { version: '1.2.3', revision: 'abc' };

  it('may be published with licences, labels and a user, and without source maps', () => {
    expect(imageOffences({ config, files }, expected)).toEqual([]);
  });

  it('is found to lack them', () => {
    const bare = { ...config, config: { User: 'root' } };
    expect(
      imageOffences({ config: bare, files: ['app/operator.js', 'app/operator.js.map'] }, expected),
    ).toEqual([
      'app/operator.js.map is a source map',
      ...files.filter((name) => name !== 'app/operator.js').map((name) => `${name} is not there`),
      'label org.opencontainers.image.title is empty',
      'label org.opencontainers.image.description is empty',
      'label org.opencontainers.image.licenses is empty',
      'label org.opencontainers.image.version is "", not 1.2.3',
      'label org.opencontainers.image.revision is "", not abc',
      'its user is root, or has no number',
    ]);
  });
});
