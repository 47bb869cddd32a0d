import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bundlePrograms } from '../bundle-programs.ts';
import { writeNotices } from './write-notices.ts';

const REPOSITORY = path.resolve(import.meta.dirname, '../../..');

let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'notices-'));
  // What works carried in other packages need.
  for (const name of ['jsonpath-plus', 'undici', 'jsep', '@jsep-plugin/assignment', '@jsep-plugin/regex'])
    await makePackage(name, { license: 'MIT' }, { LICENSE: `text of ${name}` });
  await mkdir(path.join(root, 'src/bundle/notices/texts'), { recursive: true });
  await writeFile(path.join(root, 'src/bundle/notices/texts/llhttp.txt'), 'text of llhttp');
});
afterEach(() => rm(root, { recursive: true }));

async function makePackage(name: string, file: object, files: Record<string, string>): Promise<void> {
  const folder = path.join(root, 'node_modules', name);
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'package.json'), JSON.stringify({ name, version: '1.0.0', ...file }));
  for (const [key, text] of Object.entries(files)) await writeFile(path.join(folder, key), text);
}

/** The notices of a bundle with these packages, and what every bundle has. */
function noticesOf(...names: string[]): Promise<string> {
  const folders = ['jsonpath-plus', 'undici', ...names].map((name) => `node_modules/${name}`);
  return writeNotices(root, new Map(folders.map((folder) => [folder, new Set(['one.js'])])), []);
}

describe('the notices', () => {
  it('hold the licence and the NOTICE of each package, and no module that is called so', async () => {
    await makePackage(
      'lib',
      { license: 'Apache-2.0', repository: 'a/lib' },
      { 'LICENSE.md': 'Apache text\r\n\r\n', NOTICE: 'by A', 'license.js': 'module.exports' },
    );
    const notices = await noticesOf('lib');
    expect(notices).toContain(
      'lib 1.0.0\nLicence: Apache-2.0\nIn: one.js\nSource: https://github.com/a/lib\n\nApache text\n\nby A\n',
    );
    expect(notices).not.toContain('module.exports');
  });

  it('hold what packages carry inside', async () => {
    const notices = await noticesOf();
    expect(notices).toContain('llhttp (inside undici)\nLicence: MIT\nIn: one.js\n\ntext of llhttp\n');
    expect(notices).toContain('jsep (inside jsonpath-plus)\nLicence: MIT\nIn: one.js\n\ntext of jsep\n');
  });

  it('say where the source of a package under the MPL is', async () => {
    await makePackage(
      '@a/mpl',
      { license: 'MPL-2.0', repository: { url: 'git+https://example.com/mpl.git' } },
      { LICENSE: 'MPL text' },
    );
    const notices = await noticesOf('@a/mpl');
    expect(notices).toContain('available, unmodified and at no charge, under MPL-2.0');
    expect(notices).toContain(
      '  https://registry.npmjs.org/@a/mpl/-/mpl-1.0.0.tgz\n  https://example.com/mpl\n',
    );
  });

  it('are refused for every package that may not be passed on, all in one message', async () => {
    await makePackage('copyleft', { license: 'GPL-3.0-only' }, { LICENSE: 'GPL' });
    await makePackage('silent', {}, { LICENSE: 'all mine' });
    await makePackage('textless', { license: 'MIT' }, {});
    const refused = noticesOf('copyleft', 'silent', 'textless');
    await expect(refused).rejects.toThrow(
      /copyleft 1\.0\.0 has the licence.*\nsilent 1\.0\.0 names no licence.*\ntextless 1\.0\.0 has no licence file/,
    );
  });

  it('are refused when a carried work is listed and its package is in no bundle', async () => {
    const packages = new Map([['node_modules/jsonpath-plus', new Set(['one.js'])]]);
    await expect(writeNotices(root, packages, [])).rejects.toThrow('undici is in no bundle: remove it from');
  });
});

describe('the programs', () => {
  it('come with the notices of the checkout, which name every package whose name is in a source map', async () => {
    const { files, notices } = await bundlePrograms(REPOSITORY, path.join(root, 'dist'));
    const maps = files.filter((file) => file.path.endsWith('.map'));
    expect(maps.length).toBeGreaterThan(3);
    // Another witness than the one that the notices are made from.
    const sources = maps.flatMap(({ text }) => (JSON.parse(text) as { sources: string[] }).sources);
    const names = new Set(
      sources.flatMap((source) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1] ?? []),
    );
    expect(names.size).toBeGreaterThan(40);
    const headings = new Set([...notices.matchAll(/^=+\n(\S+) \S+$/gm)].map(([, name]) => name));
    expect([...names].filter((name) => !headings.has(name))).toEqual([]);
    expect(await readFile(path.join(REPOSITORY, 'THIRD-PARTY-NOTICES.txt'), 'utf8')).toBe(notices);
  });
});
