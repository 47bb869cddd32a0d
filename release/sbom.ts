import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Shell } from '../test/cluster/shell.ts';
import type { Release } from './release.ts';

/** The part of a CycloneDX document (1.5) that is changed here. */
export interface Sbom {
  serialNumber?: string;
  metadata: { timestamp?: string; component: Component };
  components: Component[];
  dependencies: { ref: string; dependsOn?: string[] }[];
}

interface Component {
  'bom-ref': string;
  name: string;
  version: string;
  [field: string]: unknown;
}

/** What npm knows of all installed packages. Its `--omit dev` drops some that are needed by programs and by tools: `yaml`, `zod`. */
export async function npmSbom(shell: Shell, root: string): Promise<Sbom> {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application'];
  return JSON.parse(await shell.output(['npm', ...args], { cwd: root })) as Sbom;
}

/**
 * The bill of materials of what is published: packages of which something is in a bundle, and the Node that runs them. npm lists
 * packages that bundlers leave out, gives the folder's name to the program, and a new number each time.
 *
 * @param notices THIRD-PARTY-NOTICES.txt of the bundles
 * @param node version of Node
 */
export function publishedSbom(
  sbom: Sbom,
  notices: string,
  node: string,
  { version, created }: Pick<Release, 'version' | 'created'>,
): Sbom {
  const bundled = new Set(noticedPackages(notices));
  const isBundled = ({ name, version: of }: Component): boolean => bundled.has(`${name} ${of}`);
  const program: Component = { ...sbom.metadata.component, name: 'presence-operator', version };
  const runtime: Component = {
    'bom-ref': `node@${node}`,
    type: 'application',
    name: 'node',
    version: node,
    scope: 'required',
    purl: `pkg:generic/node@${node}`,
    licenses: [{ license: { id: 'MIT' } }],
    description: 'Node.js; what it holds of others is in its own LICENSE',
  };
  const components = [...sbom.components.filter(isBundled), runtime];
  const kept = new Set([program, ...components].map((each) => each['bom-ref']));
  const dependencies = sbom.dependencies
    .filter(({ ref }) => kept.has(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((each) => kept.has(each)) }));
  const { serialNumber: _, ...rest } = sbom;
  const { timestamp: __, ...metadata } = sbom.metadata;
  return {
    ...rest,
    metadata:
      created === ''
        ? { ...metadata, component: program }
        : { ...metadata, timestamp: utc(created), component: program },
    components,
    dependencies,
  };
}

/** Packages with a notice that the bill lacks, as `NAME VERSION`. */
export function missingInSbom(sbom: Sbom, notices: string): string[] {
  const listed = new Set(sbom.components.map(({ name, version }) => `${name} ${version}`));
  return noticedPackages(notices).filter((name) => !listed.has(name));
}

/** `NAME VERSION` of every package that has a notice; works inside a package have no version of their own there. */
function noticedPackages(notices: string): string[] {
  return [...notices.matchAll(/^=+\n(\S+ \d\S*)$/gm)].map(([, name = '']) => name);
}

function utc(time: string): string {
  return new Date(time).toISOString();
}

export function sbomFile({ out, version }: Release): string {
  return path.join(out, `presence-operator-${version}-sbom.cdx.json`);
}

/** Of the npm package `node`: the Node of the image and of the plugin. */
export function nodeVersion(root: string): string {
  const file = path.join(root, 'node_modules/node/package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
