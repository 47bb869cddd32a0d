import { describe, expect, it } from 'vitest';
import { LICENCES, refusalOfLicence, sourceOf } from './licences.ts';

const file = { name: 'lib', version: '1.2.3', repository: 'git+https://example.com/lib.git' };

describe('a licence', () => {
  it.each([...LICENCES.keys()])('%s may be bundled', (license) => {
    expect(refusalOfLicence({ ...file, license })).toBeUndefined();
  });

  it.each([
    ['GPL-3.0-only', 'has the licence "GPL-3.0-only", which is none of'],
    ['AGPL-3.0-or-later', 'has the licence "AGPL-3.0-or-later"'],
    ['(MIT OR GPL-2.0)', 'has the licence "(MIT OR GPL-2.0)"'],
    ['UNLICENSED', 'has the licence "UNLICENSED"'],
    ['mit', 'has the licence "mit"'],
    ['', 'names no licence'],
    [undefined, 'names no licence'],
    [{ type: 'MIT' }, 'names no licence'],
  ])('%j is refused, with the package and a remedy', (license, says) => {
    const refusal = refusalOfLicence({ ...file, license });
    expect(refusal).toContain(`lib 1.2.3 ${says}`);
    expect(refusal).toContain('use another package');
  });

  it('that asks for the source is refused where nothing says where the source is', () => {
    const { repository: _, ...unknown } = file;
    expect(refusalOfLicence({ ...unknown, license: 'MPL-2.0' })).toContain('names no repository');
    expect(refusalOfLicence({ ...unknown, license: 'MIT' })).toBeUndefined();
  });
});

describe('the source of a package', () => {
  it.each([
    ['git+https://github.com/a/b.git', 'https://github.com/a/b'],
    ['git://github.com/a/b.git', 'https://github.com/a/b'],
    ['git+ssh://git@github.com/a/b.git', 'https://github.com/a/b'],
    ['git@github.com:a/b.git', 'https://github.com/a/b'],
    ['a/b', 'https://github.com/a/b'],
    ['github:a/b', 'https://github.com/a/b'],
    [{ url: 'https://gitlab.com/a/b' }, 'https://gitlab.com/a/b'],
    [{}, undefined],
    [undefined, undefined],
  ])('%j is %s', (repository, source) => {
    expect(sourceOf({ repository })).toBe(source);
  });
});
