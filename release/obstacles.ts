import { PLATFORMS } from './platforms.ts';
import type { Release } from './release.ts';

/** What else has a say in whether a release may be published. */
export interface Readiness {
  /** Date of the section in the changelog, or `Unreleased`. */
  readonly changelogDate: string;
  /** Platforms that the plugin was built for. */
  readonly platforms: readonly string[];
  /** Images that a tag alone names, each with its file. */
  readonly unpinned: readonly string[];
  /** Tag of the commit, `v1.2.3`; left out where there is none yet. */
  readonly tag?: string | undefined;
}

/** Why this must not be published as it is; a line each. A dry run prints them, the release stops. */
export function obstacles(
  { revision, source, version }: Pick<Release, 'revision' | 'source' | 'version'>,
  { changelogDate, platforms, unpinned, tag = `v${version}` }: Readiness,
): string[] {
  const missing = PLATFORMS.filter(({ name }) => !platforms.includes(name)).map(({ name }) => name);
  return [
    ...(revision === '' ? ['no commit is known: this is no checkout of Git'] : []),
    ...(revision.endsWith('-dirty') ? ['files differ from the commit: commit or restore them'] : []),
    ...(source === ''
      ? ['Git knows no address of the repository that others can open: set remote.origin.url']
      : []),
    ...(/^\d{4}-\d\d-\d\d$/.test(changelogDate)
      ? []
      : [`CHANGELOG.md has "${changelogDate}" in place of the date of ${version}`]),
    ...(tag === `v${version}` ? [] : [`the tag is ${tag}, and package.json has ${version}`]),
    ...unpinned.map(
      (image) => `${image} has no digest: run node release/pin-images.ts where a registry answers`,
    ),
    ...(missing.length === 0 ? [] : [`the plugin is not built for ${missing.join(', ')}`]),
  ];
}
