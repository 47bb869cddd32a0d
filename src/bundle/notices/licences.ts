/** What a licence of a bundled package requires when a bundle is passed on. */
type Duty =
  /** Its text, with the copyright notice, goes along: the notices hold it. */
  | 'Notice'
  /** Besides, the notices say where the source is (section 3.2 of the MPL). */
  | 'NoticeAndSource';

/**
 * The licences that bundles may hold, by SPDX identifier. Others are a decision of the maintainers: the build fails until
 * there is one.
 */
export const LICENCES: ReadonlyMap<string, Duty> = new Map<string, Duty>([
  ['0BSD', 'Notice'],
  ['Apache-2.0', 'Notice'],
  ['BSD-2-Clause', 'Notice'],
  ['BSD-3-Clause', 'Notice'],
  ['ISC', 'Notice'],
  ['MIT', 'Notice'],
  ['Unlicense', 'Notice'],
  // Of single files, so that ours stay ours; nothing of such a package may be changed on its way into a bundle.
  ['MPL-2.0', 'NoticeAndSource'],
]);

/** What stands in a package.json, as far as it concerns a licence. */
export interface PackageFile {
  name: string;
  version: string;
  license?: unknown;
  repository?: string | { url?: string };
}

/**
 * Why a package must not be bundled; undefined: it may. Expressions such as "(MIT OR GPL-2.0)" are a choice that no program
 * makes, and are refused as well.
 */
export function refusalOfLicence({ name, version, license, repository }: PackageFile): string | undefined {
  const which = `${name} ${version}`;
  if (typeof license !== 'string' || license === '')
    return `${which} names no licence in its package.json: find out what it is, or use another package`;
  const duty = LICENCES.get(license);
  if (duty === undefined)
    return `${which} has the licence "${license}", which is none of ${[...LICENCES.keys()].join(', ')}: use another package, or allow it in src/bundle/notices/licences.ts`;
  if (duty === 'NoticeAndSource' && sourceOf({ repository }) === undefined)
    return `${which} is under ${license}, and its package.json names no repository: the notices could not say where its source is`;
  return undefined;
}

/** Address of a package's source as a browser takes it. */
export function sourceOf({
  repository,
}: {
  repository?: PackageFile['repository'] | undefined;
}): string | undefined {
  const url = typeof repository === 'string' ? repository : repository?.url;
  if (url === undefined || url === '') return undefined;
  const short = /^(?:github:)?([\w.-]+\/[\w.-]+)$/.exec(url)?.[1];
  if (short !== undefined) return `https://github.com/${short}`;
  return url
    .replace(/^git\+/, '')
    .replace(/^(?:git|ssh):\/\/(?:git@)?/, 'https://')
    .replace(/^git@([^:]+):/, 'https://$1/')
    .replace(/\.git$/, '');
}
