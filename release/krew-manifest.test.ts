import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { krewManifest } from './krew-manifest.ts';
import { platformNamed, platformOf } from './platforms.ts';

/** Of the tool that checks manifests for the index of krew. */
const SHORT_DESCRIPTION_LIMIT = 70;
const LINE_LIMIT = 80;

describe('the manifest of krew', () => {
  const text = krewManifest('1.2.3', 'https://example.com/o/r', [
    {
      platform: platformNamed('darwin-arm64'),
      address: 'https://example.com/mac.tar.gz',
      sha256: 'b'.repeat(64),
    },
    {
      platform: platformNamed('linux-amd64'),
      address: 'https://example.com/linux.tar.gz',
      sha256: 'a'.repeat(64),
    },
  ]);
  const { spec, metadata } = parse(text) as {
    metadata: { name: string };
    spec: {
      version: string;
      shortDescription: string;
      description: string;
      caveats: string;
      platforms: object[];
    };
  };

  it('has each archive with its digest, for its platform only', () => {
    expect([metadata.name, spec.version]).toEqual(['presence', 'v1.2.3']);
    expect(spec.platforms).toEqual([
      {
        selector: { matchLabels: { os: 'linux', arch: 'amd64' } },
        uri: 'https://example.com/linux.tar.gz',
        sha256: 'a'.repeat(64),
        bin: 'kubectl-presence',
      },
      {
        selector: { matchLabels: { os: 'darwin', arch: 'arm64' } },
        uri: 'https://example.com/mac.tar.gz',
        sha256: 'b'.repeat(64),
        bin: 'kubectl-presence',
      },
    ]);
  });

  it('has lines that the index takes', () => {
    expect(spec.shortDescription.length).toBeLessThanOrEqual(SHORT_DESCRIPTION_LIMIT);
    const lines = `${spec.description}${spec.caveats}`.split('\n');
    expect(lines.filter((line) => line.length > LINE_LIMIT)).toEqual([]);
  });
});

describe('a platform', () => {
  it('is found by its name, and by what Node says', () => {
    expect(platformOf({ platform: 'darwin', arch: 'x64' })).toBe(platformNamed('darwin-amd64'));
  });

  it('that there is not is refused', () => {
    expect(() => platformNamed('windows-amd64')).toThrow(
      'windows-amd64: choose one of linux-amd64, linux-arm64',
    );
    expect(() => platformOf({ platform: 'aix', arch: 'ppc64' })).toThrow(
      'nothing is published for aix on ppc64',
    );
  });
});
