import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { LinkChecker, LinkState } from 'linkinator';
import { build } from 'vitepress';
import { readSources, stagePages } from './stage-pages.ts';

/** Builds the site into out/site and follows every link and anchor in it; exit code 1 when one leads nowhere. */
const { root } = readSources();
const out = path.join(root, 'out/site');
const pages = stagePages();
await build(import.meta.dirname);

// The generator ends well when a page could not be rendered, and leaves it empty.
const html = globSync('**/*.html', { cwd: out }).filter((file) => path.basename(file) !== '404.html');
const empty = html.filter((file) => !readFileSync(path.join(out, file), 'utf8').includes('<h1'));
for (const file of empty) console.error(`${file}: has no heading: it could not be rendered`);

const { links } = await new LinkChecker().check({
  path: `${(process.env.SITE_BASE ?? '/').slice(1)}index.html`,
  serverRoot: out,
  recurse: true,
  checkFragments: true,
  // Links to other hosts are for a reader with access to them.
  linksToSkip: ['^https?://(?!127\\.0\\.0\\.1)'],
});
const broken = links.filter(({ state }) => state === LinkState.BROKEN);
for (const { url, parent, status } of broken) {
  console.error(`${parent}: ${url}: ${status === 200 ? 'no such heading' : status}`);
}
const followed = links.filter(({ state }) => state === LinkState.OK).length;
console.log(
  `${pages} pages; ${followed} addresses followed, ${broken.length} broken; ${path.relative('.', out)}`,
);
process.exitCode = broken.length + empty.length > 0 || html.length < pages || followed < pages ? 1 : 0;
