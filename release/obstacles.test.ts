import { describe, expect, it } from 'vitest';
import { obstacles } from './obstacles.ts';
import { PLATFORMS } from './platforms.ts';

const release = { version: '1.2.3', revision: 'abc', source: 'https://example.com/o/r' };
const ready = { changelogDate: '2027-01-31', platforms: PLATFORMS.map(({ name }) => name), unpinned: [] };

describe('a release', () => {
  it('may be published when nothing is missing', () => {
    expect(obstacles(release, ready)).toEqual([]);
  });

  it('is held for each thing that is', () => {
    const reasons = obstacles(
      { version: '1.2.3', revision: 'abc-dirty', source: '' },
      {
        changelogDate: 'Unreleased',
        platforms: ['linux-amd64'],
        unpinned: ['Dockerfile: debian:12'],
        tag: 'v1.2.4',
      },
    );
    expect(reasons).toHaveLength(6);
    expect(reasons).toContain('the tag is v1.2.4, and package.json has 1.2.3');
    expect(reasons).toContainEqual(expect.stringMatching(/^Dockerfile: debian:12 has no digest/));
    expect(reasons.at(-1)).toBe('the plugin is not built for linux-arm64, darwin-amd64, darwin-arm64');
    expect(obstacles({ ...release, revision: '' }, ready)).toEqual([
      'no commit is known: this is no checkout of Git',
    ]);
  });
});
