/** A section of the changelog. */
export interface ChangelogSection {
  /** `2027-01-31`, or `Unreleased`. */
  readonly date: string;
  readonly text: string;
}

/**
 * The section of a version.
 *
 * @throws Error when the changelog has none, or an empty one
 */
export function changelogSection(changelog: string, version: string): ChangelogSection {
  const sections = changelog.split(/^(?=## \[)/m);
  for (const section of sections) {
    const [, name, date = ''] = /^## \[([^\]]+)\] - (\S+)\n/.exec(section) ?? [];
    if (name !== version) continue;
    const text = section.slice(section.indexOf('\n') + 1).trim();
    if (text === '') throw new Error(`CHANGELOG.md says nothing about ${version}`);
    return { date, text };
  }
  throw new Error(`CHANGELOG.md has no section "## [${version}] - DATE"`);
}

/** Links of the repository, which lead nowhere from the page of a release, made absolute. */
export function withAbsoluteLinks(text: string, source: string, tag: string): string {
  if (source === '') return text;
  return text.replace(/\]\((?!https?:|#|mailto:)(?:\.\/)?([^)\s]+)\)/g, `](${source}/blob/${tag}/$1)`);
}

/** The text of the release: how to get it, then what changed. */
export function releaseNotes(
  section: ChangelogSection,
  at: { source: string; version: string; image: string },
): string {
  const tag = `v${at.version}`;
  const verify = withAbsoluteLinks('[Verify it](docs/how-to/verify.md)', at.source, tag);
  return [
    `Image: \`${at.image}\``,
    '',
    `${verify} before you run it. CRDs first: the chart \`presence-operator-crds\`, then \`presence-operator\`.`,
    '',
    withAbsoluteLinks(section.text, at.source, tag),
    '',
  ].join('\n');
}
