import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { pageOf } from './site-links.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
/** Copies of the pages, under their names in the site. */
export const PAGES = path.join(ROOT, 'out/site-pages');

/** The pages of the checkout as the site needs to know them. */
export interface Sources {
  readonly root: string;
  readonly version: string;
  /** Text of docs/README.md. */
  readonly index: string;
  /** @returns path in the checkout of a page of the site */
  readonly sourceOf: (page: string) => string;
}

export function readSources(): Sources {
  const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');
  const bySite = new Map(pageFiles().map((file) => [pageOf(file), file]));
  return {
    root: ROOT,
    version: (JSON.parse(read('package.json')) as { version: string }).version,
    index: read('docs/README.md'),
    sourceOf: (page) => {
      const source = bySite.get(page);
      if (source === undefined) throw new Error(`${page} is no page of the checkout`);
      return source;
    },
  };
}

/** Puts the pages and pictures that git knows where the generator reads them. */
export function stagePages(): number {
  rmSync(PAGES, { recursive: true, force: true });
  const files = pageFiles();
  for (const file of files) {
    const page = path.join(PAGES, pageOf(file) ?? '');
    mkdirSync(path.dirname(page), { recursive: true });
    cpSync(path.join(ROOT, file), page);
  }
  // Pages become modules, which look for Vue from where they are.
  symlinkSync(path.join(import.meta.dirname, 'node_modules'), path.join(PAGES, 'node_modules'));
  cpSync(path.join(ROOT, 'docs/images'), path.join(PAGES, 'public/images'), { recursive: true });
  return files.length;
}

function pageFiles(): string[] {
  const tracked = execFileSync('git', ['ls-files', '-z', '*.md'], { cwd: ROOT, encoding: 'utf8' }).split(
    '\0',
  );
  return tracked.filter((file) => pageOf(file) !== undefined);
}
