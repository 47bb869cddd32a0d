import { existsSync } from 'node:fs';
import path from 'node:path';

/** Markdown pages outside docs/ that are part of the site, by their path in the checkout. */
export const FURTHER_PAGES = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'RELEASE.md',
  'SECURITY.md',
  'charts/presence-operator/README.md',
  'charts/presence-operator-crds/README.md',
  'manifests/README.md',
  'packages/client/README.md',
];

const INDEX = 'docs/README.md';

/**
 * Path of the page in the site. Pages of docs/ are at its root, the index of docs/ is the home page, and pages beside docs/ are in `project/`,
 * since some have the name of a page of docs/.
 *
 * @param file path in the checkout, e.g. `docs/how-to/slo.md`
 * @returns e.g. `how-to/slo.md`; undefined for a file that is no page of the site
 */
export function pageOf(file: string): string | undefined {
  if (file === INDEX) return 'index.md';
  if (file.startsWith('docs/') && file.endsWith('.md')) return file.slice('docs/'.length);
  if (!FURTHER_PAGES.includes(file)) return undefined;
  return `project/${file.replace(/\/README\.md$/, '.md').toLowerCase()}`;
}

export interface LinkOptions {
  /** Of the checkout. */
  readonly root: string;
  /** Address under which the files of this version can be read, e.g. `https://host/owner/name/blob/v1.2.3`. */
  readonly sources?: string | undefined;
}

/**
 * Where a link of a page leads in the site.
 *
 * @param from path of the page in the checkout
 * @param link as it is written
 * @returns undefined when it leads to a file that the site lacks and `sources` is not given: its text stays, without a link
 * @throws Error when it leads to no file of the checkout
 */
export function siteLink(from: string, link: string, { root, sources }: LinkOptions): string | undefined {
  if (/^([a-z][a-z+.-]*:|#)/i.test(link)) return link;
  const [target = '', anchor] = link.split('#');
  const file = path.posix.join(path.posix.dirname(from), target).replace(/\/$/, '');
  if (!existsSync(path.join(root, file))) throw new Error(`${from}: ${link}: there is no such file`);
  const hash = anchor === undefined ? '' : `#${anchor}`;
  const page = pageOf(file);
  if (page !== undefined) return `/${page}${hash}`;
  return sources === undefined ? undefined : `${sources}/${file}${hash}`;
}

/**
 * Address of a picture in the site.
 *
 * @param from path of the page in the checkout
 * @param source as it is written
 * @throws Error when the picture is not in docs/, of which alone the site has the pictures
 */
export function imageOf(from: string, source: string): string {
  if (/^https:/.test(source)) return source;
  const file = path.posix.join(path.posix.dirname(from), source);
  if (!file.startsWith('docs/images/')) throw new Error(`${from}: ${source}: pictures are in docs/images`);
  return `/${file.slice('docs/'.length)}`;
}
