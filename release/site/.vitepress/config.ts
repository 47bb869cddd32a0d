import path from 'node:path';
import { slug } from 'github-slugger';
import { defineConfig, type MarkdownRenderer } from 'vitepress';
import { sidebar } from '../sidebar.ts';
import { imageOf, siteLink } from '../site-links.ts';
import { PAGES, readSources } from '../stage-pages.ts';

const { root, version, index, sourceOf } = readSources();
/** Address of the sources of this version, for links to files that are no page. */
const sources = process.env.SITE_SOURCES;
/** Path under which the host serves the site, with a slash at both ends. */
const base = process.env.SITE_BASE ?? '/';

type Token = Parameters<MarkdownRenderer['renderer']['render']>[0][number];

/** Links of the checkout become links of the site; an error when one leads nowhere. */
function useSiteLinks(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push('site-links', ({ tokens, env }) => {
    const from = sourceOf(path.relative(PAGES, env.path));
    const parts = tokens.flatMap(({ children }) => children ?? []);
    for (const token of parts.filter(({ type }) => type === 'image')) {
      token.attrSet('src', imageOf(from, token.attrGet('src') ?? ''));
    }
    for (const [open, close] of linksOf(parts)) {
      const target = siteLink(from, open.attrGet('href') ?? '', { root, sources });
      if (target === undefined) {
        Object.assign(open, { type: 'span_open', tag: 'span', attrs: null });
        Object.assign(close, { type: 'span_close', tag: 'span' });
      } else {
        open.attrSet('href', target);
      }
    }
  });
}

/** Begin and end of each link; Markdown has no link in a link. */
function linksOf(parts: readonly Token[]): [Token, Token][] {
  const closes = parts.filter(({ type }) => type === 'link_close');
  return parts
    .filter(({ type }) => type === 'link_open')
    .flatMap((open, index): [Token, Token][] => {
      const close = closes[index];
      return close === undefined ? [] : [[open, close]];
    });
}

export default defineConfig({
  title: 'presence-operator',
  description: 'Kubernetes operator and autoscaler for live wedding-crew presence on Redis Cluster',
  lang: 'en',
  srcDir: PAGES,
  base,
  outDir: path.join(root, 'out/site', base),
  metaChunk: true,
  // Two braces are Go templates here, and no expressions of Vue.
  vue: { template: { compilerOptions: { delimiters: ['\u0001', '\u0001'] } } },
  vite: { build: { chunkSizeWarningLimit: 2_000 } },
  markdown: {
    config: useSiteLinks,
    anchor: { slugify: slug },
    languageAlias: { haproxy: 'nginx', caddyfile: 'nginx', promql: 'ini' },
  },
  themeConfig: {
    nav: [
      { text: 'Getting started', link: '/getting-started' },
      { text: 'API', link: '/reference/api' },
      { text: `v${version}`, link: '/project/changelog' },
    ],
    sidebar: sidebar(index, root),
    outline: [2, 3],
    search: { provider: 'local' },
  },
});
