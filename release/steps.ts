import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bundlePrograms, NOTICES_FILE, writePrograms } from '../src/bundle/bundle-programs.ts';
import { nodeLicenceFile } from '../test/cluster/app-image.ts';
import { goProgramDirectory, krewProgram } from '../test/cluster/go-programs.ts';
import type { Shell } from '../test/cluster/shell.ts';
import type { Step } from '../test/cluster/step-runner.ts';
import { gzipFile, sha256OfFile, writeTar } from './archive.ts';
import { artefactsIn, CHECKSUMS, checksums } from './artefacts.ts';
import { chartOffences, imageByDigest, packageCharts } from './charts.ts';
import { clientOffences, packClient } from './client.ts';
import { buildImage, imageArchive, readImage } from './image/build-image.ts';
import { imageOffences } from './image/image-offences.ts';
import { krewManifest, PLUGIN } from './krew-manifest.ts';
import { lintWorkflows } from './lint-workflows.ts';
import { PLATFORMS, type Platform } from './platforms.ts';
import { buildPlugin, isNative, megabytes, pluginArchive, pluginVersion } from './plugin.ts';
import { mergeImage, pushCharts, pushImage } from './publish.ts';
import { downloadAddress, type Release, timeOfFiles } from './release.ts';
import { changelogSection, releaseNotes } from './release-notes.ts';
import { missingInSbom, nodeVersion, npmSbom, publishedSbom, sbomFile } from './sbom.ts';
import { versionOffences, versionPlaces } from './versions.ts';

/** What steps tell each other. */
export interface Made {
  /** `sha256:…` of the image: of the one that is built, or of one that was pushed before. */
  imageDigest?: string;
  platform: Platform;
  /** Node of that platform. */
  node: string;
}

export const STEP_NAMES = [
  'versions',
  'bundles',
  'image',
  'plugin',
  'client',
  'charts',
  'sbom',
  'maps',
  'notes',
  'krew',
  'checksums',
  'workflows',
  'push-image',
  'merge-image',
  'push-charts',
] as const;
export type StepName = (typeof STEP_NAMES)[number];

/** The steps of a release, each with the checks of what it made. Those that are not asked for are not waited for. */
export function releaseSteps(release: Release, made: Made, wanted: readonly StepName[]): Step[] {
  const bundles = path.join(release.work, 'dist');
  const run: Record<StepName, Pick<Step, 'doing' | 'run'> & { needs: readonly StepName[] }> = {
    versions: { needs: [], doing: 'comparing versions', run: () => checkVersions(release) },
    bundles: { needs: [], doing: 'bundling the programs', run: () => bundle(release, bundles) },
    image: {
      needs: ['bundles'],
      doing: 'building the image',
      run: (shell) => makeImage(shell, release, made, bundles),
    },
    plugin: {
      needs: ['bundles'],
      doing: 'putting the plugin into one file',
      run: (shell) => makePlugin(shell, release, made, bundles),
    },
    client: { needs: [], doing: 'packing the client', run: (shell) => makeClient(shell, release) },
    charts: {
      needs: ['image'],
      doing: 'packing the charts',
      run: (shell) => makeCharts(shell, release, made),
    },
    sbom: {
      needs: ['bundles'],
      doing: 'listing what is inside',
      run: (shell) => makeSbom(shell, release, bundles),
    },
    maps: {
      needs: ['bundles'],
      doing: 'packing the source maps',
      run: (shell) => packMaps(shell, release, bundles),
    },
    notes: { needs: ['image'], doing: 'writing the release notes', run: () => writeNotes(release, made) },
    krew: {
      needs: ['plugin'],
      doing: 'writing the manifest of krew, and installing by it',
      run: (shell) => makeKrewManifest(shell, release),
    },
    checksums: {
      needs: STEP_NAMES.slice(0, STEP_NAMES.indexOf('checksums')),
      doing: 'writing checksums',
      run: () => writeChecksums(release),
    },
    workflows: {
      needs: [],
      doing: 'reading the workflows',
      run: (shell) => lintWorkflows(shell, release.root),
    },
    'push-image': {
      needs: [],
      doing: 'building and pushing the image',
      run: (shell) => pushImage(shell, release, made.platform.arch),
    },
    'merge-image': {
      needs: [],
      doing: 'tagging and signing the image',
      run: async (shell) => {
        const digest = await mergeImage(shell, release);
        writeFileSync(`${release.out}.digest`, digest);
        return digest;
      },
    },
    'push-charts': {
      needs: ['charts'],
      doing: 'pushing and signing the charts',
      run: (shell) => pushCharts(shell, release),
    },
  };
  return wanted.map((name) => ({
    ...run[name],
    name,
    needs: run[name].needs.filter((need) => wanted.includes(need)),
  }));
}

function must(what: string, offences: readonly string[]): void {
  if (offences.length > 0) throw new Error(`${what}:\n${offences.map((line) => `  ${line}`).join('\n')}`);
}

async function checkVersions({ root, version }: Release): Promise<string> {
  const places = versionPlaces(root);
  must('versions differ', versionOffences(places, version));
  return `${version} in ${places.length + 1} places`;
}

/** Not into `dist`, which tests read. */
async function bundle({ root }: Release, bundles: string): Promise<undefined> {
  await writePrograms(bundles, await bundlePrograms(root, bundles));
}

async function makeImage(shell: Shell, release: Release, made: Made, bundles: string): Promise<string> {
  const how = await buildImage(shell, release, bundles);
  const image = await readImage(shell, imageArchive(release), path.join(release.work, 'image-read'));
  must('the image', imageOffences(image, release));
  made.imageDigest = image.digest;
  return `${how}, ${image.digest}`;
}

async function makePlugin(shell: Shell, release: Release, made: Made, bundles: string): Promise<string> {
  const { platform, node } = made;
  const nodeLicence = await nodeLicenceFile(shell);
  const program = await buildPlugin(shell, release, { platform, node, bundles, nodeLicence });
  const size = megabytes(statSync(program).size);
  if (!isNative(platform)) return `${size}, not run: it is for ${platform.name}`;
  const { version, commit } = await pluginVersion(shell, program);
  must('the plugin', [
    ...(version === release.version ? [] : [`it says version ${version}, not ${release.version}`]),
    ...(commit === (release.revision || 'unknown')
      ? []
      : [`it says commit ${commit}, not ${release.revision}`]),
  ]);
  return `${size}, runs without Node`;
}

async function makeClient(shell: Shell, release: Release): Promise<undefined> {
  await packClient(shell, release);
  must('the client', await clientOffences(shell, release));
}

async function makeCharts(shell: Shell, release: Release, made: Made): Promise<string> {
  const digest = digestOf(made);
  await packageCharts(shell, release, digest);
  must('the charts', await chartOffences(release, digest));
  return imageByDigest(release, digest);
}

function digestOf({ imageDigest }: Made): string {
  if (imageDigest === undefined)
    throw new Error('the digest of the image is not known: build it, or give --digest');
  return imageDigest;
}

async function makeSbom(shell: Shell, release: Release, bundles: string): Promise<string> {
  const notices = readFileSync(path.join(bundles, NOTICES_FILE), 'utf8');
  const sbom = publishedSbom(await npmSbom(shell, release.root), notices, nodeVersion(release.root), release);
  must('the bill of materials lacks', missingInSbom(sbom, notices));
  writeFileSync(sbomFile(release), `${JSON.stringify(sbom, null, 2)}\n`);
  return `${sbom.components.length} components`;
}

async function packMaps(shell: Shell, release: Release, bundles: string): Promise<undefined> {
  const names = readdirSync(bundles).filter((name) => name.endsWith('.map'));
  const tar = path.join(release.work, 'maps.tar');
  await writeTar(shell, bundles, names, tar, timeOfFiles(release));
  await gzipFile(tar, path.join(release.out, `presence-operator-${release.version}-source-maps.tar.gz`));
}

async function writeNotes(release: Release, made: Made): Promise<string> {
  const section = changelogSection(
    readFileSync(path.join(release.root, 'CHANGELOG.md'), 'utf8'),
    release.version,
  );
  const image = imageByDigest(release, digestOf(made));
  writeFileSync(path.join(release.out, 'RELEASE-NOTES.md'), releaseNotes(section, { ...release, image }));
  return section.date;
}

/** The platforms whose archives are there: in a release they come from several machines. */
export function builtPlatforms(release: Release): Platform[] {
  return PLATFORMS.filter((platform) => existsSync(path.join(release.out, pluginArchive(release, platform))));
}

async function makeKrewManifest(shell: Shell, release: Release): Promise<string> {
  const platforms = builtPlatforms(release);
  const downloads = await Promise.all(
    platforms.map(async (platform) => {
      const name = pluginArchive(release, platform);
      const sha256 = await sha256OfFile(path.join(release.out, name));
      return { platform, address: downloadAddress(release, name), sha256 };
    }),
  );
  const manifest = path.join(release.out, `${PLUGIN}.yaml`);
  const homepage = release.source || new URL(downloadAddress(release, '')).origin;
  writeFileSync(manifest, krewManifest(release.version, homepage, downloads));
  const native = platforms.find(isNative);
  if (native === undefined) return 'not installed: no archive is for this machine';
  await installByKrew(shell, release, manifest, native);
  return `krew installs ${native.name}`;
}

/** krew checks the manifest by its own rules, and the archive by its digest. */
async function installByKrew(
  shell: Shell,
  release: Release,
  manifest: string,
  native: Platform,
): Promise<void> {
  const krew = path.join(await goProgramDirectory(krewProgram, shell), 'krew');
  const root = path.join(release.work, 'krew');
  mkdirSync(root, { recursive: true });
  const archive = path.join(release.out, pluginArchive(release, native));
  const env = { KREW_ROOT: root, KREW_OS: native.os, KREW_ARCH: native.arch };
  await shell.run([krew, 'install', `--manifest=${manifest}`, `--archive=${archive}`], { env });
  const { version } = await pluginVersion(shell, path.join(root, 'bin', 'kubectl-presence'));
  must('the plugin as krew installs it', version === release.version ? [] : [`it says version ${version}`]);
}

async function writeChecksums({ out }: Release): Promise<string> {
  const artefacts = await artefactsIn(out);
  writeFileSync(path.join(out, CHECKSUMS), checksums(artefacts));
  return `${artefacts.length} files`;
}
