import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { nodeRoot } from '../../test/cluster/app-image.ts';
import { cached } from '../../test/cluster/cache.ts';
import { docker } from '../../test/cluster/docker.ts';
import { engineAnswers } from '../../test/cluster/engine.ts';
import { imageSettings } from '../../test/cluster/image-settings.ts';
import { registryAnswers } from '../../test/cluster/registry.ts';
import type { Shell } from '../../test/cluster/shell.ts';
import { gzipFile, namesInTar, sha256OfFile, writeTar } from '../archive.ts';
import { imageArguments } from '../image-arguments.ts';
import { type Release, timeOfFiles } from '../release.ts';
import { configOf, type ImageConfig } from './image-config.ts';
import type { ImageContent } from './image-offences.ts';
import { type Layer, ociImage } from './oci-image.ts';

/** Architectures have other names in images than in Node. */
const ARCHITECTURE = process.arch === 'x64' ? 'amd64' : process.arch;

export function imageArchive({ out, version }: Release): string {
  return path.join(out, `presence-operator-${version}-image-linux-${ARCHITECTURE}.tar`);
}

/**
 * Builds the image of this machine's architecture into an archive for `docker load` and `kind load image-archive`: with the
 * Dockerfile where a Docker engine and a registry answer, otherwise without both, of Debian packages and the npm package of Node.
 *
 * @param bundles folder with the bundles and the notices
 * @returns how it was built
 */
export async function buildImage(shell: Shell, release: Release, bundles: string): Promise<string> {
  const archive = imageArchive(release);
  rmSync(archive, { force: true });
  if ((await engineAnswers(shell)) && (await registryAnswers(shell))) {
    await buildWithDocker(shell, release, archive);
    return 'with the Dockerfile';
  }
  await buildWithoutRegistry(shell, release, bundles, archive);
  return 'without a registry';
}

export function imageName({ repository, version }: Release): string {
  return `${repository}:${version}`;
}

async function buildWithDocker(shell: Shell, release: Release, archive: string): Promise<void> {
  const given = Object.entries(imageArguments(release.root)).map(([name, value]) => `${name}=${value}`);
  const flags = given.flatMap((value) => ['--build-arg', value]);
  await docker(shell, ['build', ...flags, '--tag', imageName(release), release.root]);
  await docker(shell, ['save', '--output', archive, imageName(release)]);
}

async function buildWithoutRegistry(
  shell: Shell,
  release: Release,
  bundles: string,
  archive: string,
): Promise<void> {
  const layout = path.join(release.work, 'image');
  const blobs = path.join(layout, 'blobs/sha256');
  rmSync(layout, { recursive: true, force: true });
  mkdirSync(blobs, { recursive: true });
  const files = await Promise.all([
    baseLayer(shell),
    appLayer(shell, release, bundles, path.join(release.work, 'app-layer')),
  ]);
  const layers: Layer[] = [];
  for (const { file, diffId } of files) {
    const digest = await sha256OfFile(file);
    copyFileSync(file, path.join(blobs, digest));
    layers.push({ digest, size: statSync(file).size, diffId });
  }
  const dockerfile = readFileSync(path.join(release.root, 'Dockerfile'), 'utf8');
  const config: ImageConfig = {
    architecture: ARCHITECTURE,
    os: 'linux',
    created: new Date(timeOfFiles(release) * 1000).toISOString(),
    config: configOf(imageSettings(dockerfile, imageArguments(release.root))),
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => `sha256:${diffId}`) },
  };
  const image = ociImage(imageName(release), config, layers);
  for (const [digest, text] of image.blobs) writeFileSync(path.join(blobs, digest), text);
  for (const [name, text] of image.files) writeFileSync(path.join(layout, name), text);
  await writeTar(shell, layout, readdirSync(layout), archive, timeOfFiles(release));
}

interface LayerFile {
  readonly file: string;
  readonly diffId: string;
}

/** Node and its libraries change rarely: compressed once per version. */
async function baseLayer(shell: Shell): Promise<LayerFile> {
  const root = await nodeRoot(shell);
  const entry = { name: 'node-layer', inputs: [path.basename(root), '1'] };
  const directory = await cached(entry, async (target) => {
    await compressedTar(shell, root, readdirSync(root), path.join(target, 'layer.tar'), 0);
  });
  const file = path.join(directory, 'layer.tar.gz');
  return { file, diffId: await sha256OfFile(file, true) };
}

async function appLayer(shell: Shell, release: Release, bundles: string, folder: string): Promise<LayerFile> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(path.join(folder, 'app'), { recursive: true });
  mkdirSync(path.join(folder, 'licenses'));
  for (const name of readdirSync(bundles).filter((each) => each.endsWith('.js')))
    cpSync(path.join(bundles, name), path.join(folder, 'app', name));
  writeFileSync(path.join(folder, 'app/package.json'), '{"type":"module"}\n');
  cpSync(path.join(release.root, 'LICENSE'), path.join(folder, 'licenses/LICENSE'));
  cpSync(
    path.join(bundles, 'THIRD-PARTY-NOTICES.txt'),
    path.join(folder, 'licenses/THIRD-PARTY-NOTICES.txt'),
  );
  const tar = `${folder}.tar`;
  await compressedTar(shell, folder, ['app', 'licenses'], tar, timeOfFiles(release));
  return { file: `${tar}.gz`, diffId: await sha256OfFile(`${tar}.gz`, true) };
}

async function compressedTar(
  shell: Shell,
  folder: string,
  names: readonly string[],
  tar: string,
  seconds: number,
): Promise<void> {
  await writeTar(shell, folder, names, tar, seconds);
  await gzipFile(tar, `${tar}.gz`);
  rmSync(tar);
}

interface BuiltImage extends ImageContent {
  /** `sha256:…` of its manifest: what a registry would know it by. */
  readonly digest: string;
}

/**
 * Reads an archive back: its configuration, and the files of all its layers.
 *
 * @throws Error when it is no image layout of OCI: Docker writes one since version 25
 */
export async function readImage(shell: Shell, archive: string, folder: string): Promise<BuiltImage> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await shell.run(['tar', '-xf', archive, '-C', folder]);
  const json = <T>(name: string): T => JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as T;
  const [entry] = json<{ Config: string; Layers: string[] }[]>('manifest.json');
  const digest = json<{ manifests: { digest: string }[] }>('index.json').manifests[0]?.digest;
  if (entry === undefined || digest === undefined) throw new Error(`${archive} holds no image`);
  const files: string[] = [];
  for (const layer of entry.Layers) files.push(...(await namesInTar(shell, path.join(folder, layer))));
  const config = json<ImageConfig>(entry.Config);
  rmSync(folder, { recursive: true });
  return { digest, config, files };
}
