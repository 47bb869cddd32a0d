import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { repository } from '../cluster/paths.ts';

export interface Page {
  /** From the root of the checkout: `docs/concepts.md`. */
  path: string;
  text: string;
}

const NOT_OURS = new Set(['node_modules', 'dist', 'out', '.git']);

/** Every Markdown file of the checkout. */
export function markdownPages(folder = ''): Page[] {
  return readdirSync(path.join(repository, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = path.posix.join(folder, entry.name);
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : markdownPages(name);
    return name.endsWith('.md')
      ? [{ path: name, text: readFileSync(path.join(repository, name), 'utf8') }]
      : [];
  });
}

/** The fenced blocks of a language. */
export function fencedBlocks(text: string, language: string): string[] {
  return [...text.matchAll(/^```(\S*)[^\n]*\n(.*?)^```$/gms)]
    .filter(([, written]) => written === language)
    .map(([, , body = '']) => body);
}

/** The rows of all tables, cell by cell; the heads and the rulers of tables are among them. */
export function tableRows(text: string): string[][] {
  return [...withoutFences(text).matchAll(/^\|(.*)\|$/gm)].map(([, row = '']) =>
    row.split('|').map((cell) => cell.trim()),
  );
}

/** The text below a heading, up to the next one of its level or above, without fenced blocks. */
export function section(text: string, heading: string): string | undefined {
  const [level = ''] = heading.split(' ');
  const lines = withoutFences(text).split('\n');
  const start = lines.indexOf(heading);
  if (start < 0) return undefined;
  const length = lines
    .slice(start + 1)
    .findIndex((line) => /^#+ /.test(line) && line.indexOf(' ') <= level.length);
  return lines.slice(start + 1, length < 0 ? undefined : start + 1 + length).join('\n');
}

/** Links of a page that lead nowhere: to a file that is not there, or to a heading that its page lacks. */
export function brokenLinks(page: Page): string[] {
  return relativeLinks(page).flatMap(({ link, file, anchor }) => {
    const absolute = path.join(repository, file);
    if (file !== page.path && !existsSync(absolute)) return [`${page.path}: ${link}: no such file`];
    if (anchor === '') return [];
    if (file !== page.path && statSync(absolute).isDirectory()) return [`${page.path}: ${link}: is a folder`];
    const text = file === page.path ? page.text : readFileSync(absolute, 'utf8');
    return anchors(text).includes(anchor) ? [] : [`${page.path}: ${link}: no such heading`];
  });
}

export interface RelativeLink {
  /** As it is written. */
  link: string;
  /** From the root of the checkout. */
  file: string;
  anchor: string;
}

export function relativeLinks(page: Page): RelativeLink[] {
  const links = [...withoutCode(page.text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  return links
    .filter((link) => !/^[a-z][a-z+.-]*:/.test(link))
    .map((link) => {
      const [target = '', anchor = ''] = link.split('#');
      const file = target === '' ? page.path : path.posix.join(path.posix.dirname(page.path), target);
      return { link, file, anchor };
    });
}

/** The anchors that GitHub makes of headings. */
export function anchors(text: string): string[] {
  const seen = new Map<string, number>();
  return [...withoutFences(text).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => {
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
    const earlier = seen.get(slug) ?? 0;
    seen.set(slug, earlier + 1);
    return earlier === 0 ? slug : `${slug}-${earlier}`;
  });
}

function withoutFences(text: string): string {
  return text.replace(/^```.*?^```$/gms, '');
}

function withoutCode(text: string): string {
  return withoutFences(text).replace(/`(?:[^`\n]|\n(?!\n))*`/g, '');
}
