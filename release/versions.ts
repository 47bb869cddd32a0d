import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

/** A place that says which version this is. */
export interface VersionPlace {
  readonly place: string;
  /** undefined: nothing there says one. */
  readonly version: string | undefined;
}

const CHARTS = ['presence-operator', 'presence-operator-crds'];

/** Every place of a checkout that has to be changed for a release. */
export function versionPlaces(root: string): VersionPlace[] {
  const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
  const json = (file: string): { version?: string; packages?: Record<string, { version?: string }> } =>
    JSON.parse(read(file));
  const found = (file: string, pattern: RegExp): VersionPlace => ({
    place: file,
    version: pattern.exec(read(file))?.[1],
  });
  const lock = json('package-lock.json');
  return [
    { place: 'package-lock.json', version: lock.version },
    { place: 'package-lock.json, its first package', version: lock.packages?.['']?.version },
    { place: 'packages/client/package.json', version: json('packages/client/package.json').version },
    ...CHARTS.flatMap((chart) => {
      const file = `charts/${chart}/Chart.yaml`;
      const { version, appVersion } = parse(read(file)) as { version?: string; appVersion?: string };
      return [
        { place: `${file}, version`, version },
        { place: `${file}, appVersion`, version: appVersion },
      ];
    }),
    found('charts/presence-operator/Chart.yaml', /image: \S+presence-operator:(\S+)/),
    found('Dockerfile', /^ARG VERSION=(\S+)$/m),
    found('CHANGELOG.md', /^## \[(\d[^\]]*)\]/m),
    found('manifests/install.yaml', /image: \S*presence-operator:(\S+)/),
    found('docs/getting-started.md', /presence-operator:(\d\S+) \.$/m),
  ];
}

/** A line for each place that has another version than package.json. */
export function versionOffences(places: readonly VersionPlace[], version: string): string[] {
  return places
    .filter((place) => place.version !== version)
    .map(({ place, version: other }) =>
      other === undefined
        ? `${place} names no version; package.json has ${version}`
        : `${place} has version ${other}, package.json has ${version}`,
    );
}
