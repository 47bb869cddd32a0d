import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { BundledPackages } from './bundled-packages.ts';
import { CARRIED_WORKS } from './carried-works.ts';
import { LICENCES, type PackageFile, refusalOfLicence, sourceOf } from './licences.ts';

/** Licences, and the NOTICE that Apache-2.0 says to pass on. */
const TEXT_FILE = /^(un)?licen[cs]e|^copying|^notice|^copyrightnotice/i;
/** A folder or a module may be called so as well. */
const NOT_TEXT = /\.(js|cjs|mjs|ts|json)$/i;
const RULE = '='.repeat(80);

/** A package, or a work inside one, as the notices name it. */
interface Notice {
  readonly name: string;
  readonly heading: readonly string[];
  readonly text: string;
}

const INTRODUCTION = `Third-party notices of presence-operator

The programs of presence-operator (Apache-2.0) are bundles. Below is everything that they
hold besides our own code, with its licence: taken from what the bundler put into them.
Written by "npm run build" and never edited.

Beside the bundles, the container image holds Node.js, whose notices are /licenses/node/LICENSE
in the image, and libraries of Debian, whose notices are /usr/share/doc/*/copyright. Redis and
Valkey, with the Lua in them, are images of their own and no part of ours; the Lua functions
that we load into them are our own code.

Time zone data inside the bundles is made from the IANA Time Zone Database, which is in the
public domain: https://data.iana.org/time-zones/tz-link.html
`;

/**
 * The notices of all bundles.
 *
 * @param comments what esbuild found of legal comments inside bundled files
 * @throws Error that lists every package that must not be bundled, and says why
 */
export async function writeNotices(
  root: string,
  packages: BundledPackages,
  comments: readonly string[],
): Promise<string> {
  const refusals: string[] = [];
  const notices: Notice[] = [];
  const folders = [...packages].sort(([one], [other]) => (one < other ? -1 : 1));
  for (const [folder, bundles] of folders) {
    const file = await packageFile(root, folder);
    const refusal = refusalOfLicence(file);
    const text = await textsOf(path.join(root, folder));
    if (refusal !== undefined) refusals.push(refusal);
    else if (text === '')
      refusals.push(
        `${file.name} ${file.version} has no licence file: its notice cannot be passed on; use another package`,
      );
    else notices.push({ name: file.name, heading: headingOf(file, bundles), text });
  }
  for (const carried of CARRIED_WORKS) {
    const holder = folders.find(([folder]) => folder.endsWith(`node_modules/${carried.inside}`));
    if (holder === undefined) {
      refusals.push(`${carried.inside} is in no bundle: remove it from src/bundle/notices/carried-works.ts`);
      continue;
    }
    const heading = [`${carried.name} (inside ${carried.inside})`, `Licence: ${carried.licence}`];
    const text = await readFile(path.join(root, carried.text), 'utf8');
    notices.push({ name: carried.name, heading: [...heading, inBundles(holder[1])], text: tidy(text) });
  }
  if (refusals.length > 0) throw new Error(refusals.join('\n'));
  notices.sort((one, other) => (one.name < other.name ? -1 : 1));
  const parts = notices.map(({ heading, text }) => `${heading.join('\n')}\n\n${text}`);
  const inFiles = [...new Set(comments.flatMap(legalComments))].sort();
  if (inFiles.length > 0)
    parts.push(`Legal comments inside files of these packages\n\n${inFiles.join('\n\n')}\n`);
  return [INTRODUCTION, ...parts].join(`\n${RULE}\n`);
}

async function packageFile(root: string, folder: string): Promise<PackageFile> {
  return JSON.parse(await readFile(path.join(root, folder, 'package.json'), 'utf8')) as PackageFile;
}

async function textsOf(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => TEXT_FILE.test(name) && !NOT_TEXT.test(name)).sort();
  const texts = await Promise.all(names.map((name) => readFile(path.join(folder, name), 'utf8')));
  return texts.map(tidy).join('\n');
}

/** The same from every package: line ends of this system, one at the end, no blanks before them. */
function tidy(text: string): string {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  return `${lines
    .map((line) => line.trimEnd())
    .join('\n')
    .trim()}\n`;
}

function headingOf(file: PackageFile, bundles: ReadonlySet<string>): string[] {
  const licence = String(file.license);
  const heading = [`${file.name} ${file.version}`, `Licence: ${licence}`, inBundles(bundles)];
  const source = sourceOf(file);
  if (source === undefined) return heading;
  if (LICENCES.get(licence) !== 'NoticeAndSource') return [...heading, `Source: ${source}`];
  const archive = `https://registry.npmjs.org/${file.name}/-/${file.name.split('/').at(-1)}-${file.version}.tgz`;
  return [
    ...heading,
    `Source: its source code form is available, unmodified and at no charge, under ${licence} at`,
    `  ${archive}`,
    `  ${source}`,
  ];
}

function inBundles(bundles: ReadonlySet<string>): string {
  return `In: ${[...bundles].sort().join(', ')}`;
}

/** The comments of one bundle, each under the files that it stands in. */
function legalComments(text: string): string[] {
  return tidy(text)
    .replace(/^Bundled license information:\n/, '')
    .trim()
    .split(/\n\n(?=\S)/);
}
