import { readFileSync } from 'node:fs';
import path from 'node:path';
import { imageArguments } from './image-arguments.ts';

/** What is released, and where its files go. */
export interface Release {
  /** The checkout. */
  readonly root: string;
  readonly version: string;
  /** The commit, `-dirty` when files differ from it; empty outside of a repository. */
  readonly revision: string;
  /** Time of the commit, RFC 3339; empty outside of a repository. */
  readonly created: string;
  /** Address of the repository for browsers; empty when Git knows none. */
  readonly source: string;
  /** Name of the image without tag. */
  readonly repository: string;
  /** Folder of what is published, and nothing else. */
  readonly out: string;
  /** Folder of everything in between. */
  readonly work: string;
}

/** Stands in the krew manifest where nobody knows the address of the release; `.invalid` is never resolved (RFC 2606). */
const NO_ADDRESS = 'https://presence-operator.invalid';

/** The release that a checkout would make. `repository` is left out for the name in the chart's values. */
export function releaseOf(root: string, out: string, repository?: string): Release {
  const { VERSION, REVISION, CREATED, SOURCE } = imageArguments(root);
  return {
    root,
    version: VERSION,
    revision: REVISION,
    created: CREATED,
    source: SOURCE,
    repository: repository ?? repositoryInValues(root),
    out,
    work: `${out}.work`,
  };
}

/** Address of a file of the published release. */
export function downloadAddress({ source, version }: Release, name: string): string {
  return `${source || NO_ADDRESS}/releases/download/v${version}/${name}`;
}

/** Seconds since 1970 for the files of archives: the same sources give the same archive. */
export function timeOfFiles({ created }: Pick<Release, 'created'>): number {
  return created === '' ? 0 : Math.floor(Date.parse(created) / 1000);
}

function repositoryInValues(root: string): string {
  const values = readFileSync(path.join(root, 'charts/presence-operator/values.yaml'), 'utf8');
  const name = /^image:\n(?: {2}.*\n)*? {2}repository: (\S+)$/m.exec(values)?.[1];
  if (name === undefined) throw new Error('charts/presence-operator/values.yaml has no image.repository');
  return name;
}
