import { describe, expect, it } from 'vitest';
import { repository } from '../../test/cluster/paths.ts';
import { markdownPages, relativeLinks } from '../../test/house/markdown.ts';
import { pageOf, siteLink } from './site-links.ts';

const SOURCES = 'https://git.example.com/owner/name/blob/v1.0.0';
const options = { root: repository, sources: SOURCES };

describe('a page of the site', () => {
  it.each([
    ['docs/README.md', 'index.md'],
    ['docs/how-to/slo.md', 'how-to/slo.md'],
    ['README.md', 'project/readme.md'],
    ['SECURITY.md', 'project/security.md'],
    ['charts/presence-operator/README.md', 'project/charts/presence-operator.md'],
    ['AGENTS.md', undefined],
    ['src/domain/topology/engine.ts', undefined],
  ])('of %s is %s', (file, page) => {
    expect(pageOf(file)).toBe(page);
  });

  it('has a place of its own', () => {
    const places = markdownPages().flatMap(({ path }) => pageOf(path) ?? []);
    expect(new Set(places.map((place) => place.toLowerCase())).size).toBe(places.length);
  });
});

describe('a link', () => {
  it.each([
    ['docs/concepts.md', 'how-to/slo.md#burn-rates', '/how-to/slo.md#burn-rates'],
    ['docs/how-to/slo.md', '../concepts.md', '/concepts.md'],
    ['docs/how-to/slo.md', '../../CHANGELOG.md', '/project/changelog.md'],
    ['README.md', 'docs/adr/', `${SOURCES}/docs/adr`],
    ['docs/redis.md', '../src/domain/topology/engine.ts', `${SOURCES}/src/domain/topology/engine.ts`],
    ['docs/redis.md', '#faults', '#faults'],
    ['docs/redis.md', 'https://valkey.io/', 'https://valkey.io/'],
  ])('of %s to %s leads to %s', (from, link, target) => {
    expect(siteLink(from, link, options)).toBe(target);
  });

  it('to a source file is left out when nobody said where the sources are', () => {
    expect(siteLink('docs/redis.md', '../src/domain', { root: repository })).toBeUndefined();
  });

  it('to no file is an error that names both', () => {
    expect(() => siteLink('docs/redis.md', 'none.md', options)).toThrow('docs/redis.md: none.md');
  });

  it('of every page leads somewhere', () => {
    const pages = markdownPages().filter(({ path }) => pageOf(path) !== undefined);
    const links = pages.flatMap((page) =>
      relativeLinks(page).map(({ link }) => siteLink(page.path, link, options)),
    );
    expect(links.length).toBeGreaterThan(100);
    expect(links).not.toContain(undefined);
  });
});
