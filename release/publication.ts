import { CHARTS } from './charts.ts';
import type { Release } from './release.ts';

/** What a release publishes, and where; a line each. `digest` is that of the image, where one was built. */
export function publicationLines(
  { repository, version, source }: Pick<Release, 'repository' | 'version' | 'source'>,
  digest: string | undefined,
): string[] {
  return [
    `image   ${repository}:${version} for linux/amd64 and linux/arm64, with signature, provenance and bill of materials`,
    ...(digest === undefined ? [] : [`        here ${digest} for this machine's architecture`]),
    ...CHARTS.map((chart) => `chart   ${chart} ${version}, signed, in the registry of the image`),
    `npm     @presence-operator/client ${version}, with provenance`,
    `release v${version} of ${source || 'the repository'}, with the files above and a signature of SHA256SUMS`,
  ];
}
