import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../cluster/paths.ts';
import { section, tableRows } from './markdown.ts';

const OWN = 'never-stuck.test.ts';
const FILES: Readonly<Record<string, string>> = {
  [OWN]: 'src/client',
  'presence-client.test.ts': 'src/client',
  'presence-problem.test.ts': 'src/client',
  'client-browser.test.ts': 'test/integration/client',
  'client-package.test.ts': 'test/integration/client',
};

const read = (name: string): string => readFileSync(path.join(repository, name), 'utf8');
const words = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]+/g, ' ');

/** The tests that a cell names, each with its file; a name may be the beginning of the test's. */
function namedTests(cell: string): { readonly name: string; readonly file: string }[] {
  return cell.split(';').flatMap((part) => {
    const file = /`([\w-]+\.test\.ts)`/.exec(part)?.[1] ?? OWN;
    const name = part.replace(/\(?`[\w-]+\.test\.ts`\)?/, '').trim();
    return [{ name, file }];
  });
}

function missing(cells: readonly string[]): string[] {
  return cells.flatMap(namedTests).flatMap(({ name, file }) => {
    const folder = FILES[file];
    if (folder === undefined) return [`${file}: no such file here`];
    return words(read(`${folder}/${file}`)).includes(words(name).trim()) ? [] : [`${file}: ${name}`];
  });
}

describe('the cases of "The client is never stuck"', () => {
  it('each have the tests that the page names', () => {
    const rows = tableRows(section(read('docs/presence.md'), '## The client is never stuck') ?? '');
    const cells = rows.map((row) => row.at(-1) ?? '').filter((cell) => cell !== 'test' && !/^-+$/.test(cell));
    expect(cells.length).toBeGreaterThan(20);
    expect(missing(cells)).toEqual([]);
  });

  it('are missed when a test has another name', () => {
    expect(missing(['refuses a missing token at once; dances (`presence-client.test.ts`)'])).toEqual([
      'presence-client.test.ts: dances',
    ]);
  });
});
