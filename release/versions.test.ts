import { describe, expect, it } from 'vitest';
import { repository } from '../test/cluster/paths.ts';
import { releaseOf } from './release.ts';
import { versionOffences, versionPlaces } from './versions.ts';

describe('the version', () => {
  it('is the same in every place of the checkout that says one', () => {
    const places = versionPlaces(repository);
    expect(places.length).toBeGreaterThan(10);
    expect(versionOffences(places, releaseOf(repository, '/out').version)).toEqual([]);
  });

  it('is found to be another, or none', () => {
    const places = [
      { place: 'a', version: '1.2.3' },
      { place: 'b', version: '1.2.2' },
      { place: 'c', version: undefined },
    ];
    expect(versionOffences(places, '1.2.3')).toEqual([
      'b has version 1.2.2, package.json has 1.2.3',
      'c names no version; package.json has 1.2.3',
    ]);
  });
});
