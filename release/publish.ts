import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { kubectlLayer } from '../test/cluster/kubectl-layer.ts';
import type { Shell } from '../test/cluster/shell.ts';
import { CHARTS, chartArchive, imageByDigest } from './charts.ts';
import { imageArguments } from './image-arguments.ts';
import type { Release } from './release.ts';

/** Where the charts are in the registry of the image: beside it. */
export function chartRegistry({ repository }: Pick<Release, 'repository'>): string {
  const folder = repository.split('/').slice(0, -1).join('/');
  return `oci://${folder}/charts`;
}

/**
 * Arguments of `docker` that build the image of one architecture and push it without a tag, with provenance and bill of
 * materials as BuildKit makes them.
 */
export function pushArguments(
  release: Pick<Release, 'root' | 'repository'>,
  architecture: string,
  labels: Readonly<Record<string, string>>,
  metadata: string,
): string[] {
  const flags = Object.entries(labels).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
  const output = [
    'type=image',
    `name=${release.repository}`,
    'push-by-digest=true',
    'name-canonical=true',
    'push=true',
  ];
  return [
    ...['buildx', 'build', '--platform', `linux/${architecture}`],
    ...flags,
    ...['--provenance', 'mode=max', '--sbom', 'true'],
    ...['--output', output.join(','), '--metadata-file', metadata, release.root],
  ];
}

/** Beside what is published: one file per architecture. */
function digestFolder({ out }: Release): string {
  return `${out}.digests`;
}

/** Builds and pushes the image of this machine's architecture; its digest becomes a file beside the folder of artefacts. */
export async function pushImage(shell: Shell, release: Release, architecture: string): Promise<string> {
  const metadata = path.join(release.work, 'image.json');
  const labels = imageArguments(release.root);
  await shell.run(['docker', ...pushArguments(release, architecture, labels, metadata)]);
  const digest = builtDigest(readFileSync(metadata, 'utf8'));
  const folder = digestFolder(release);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, architecture), digest);
  return digest;
}

/**
 * The digest that BuildKit notes of what it pushed.
 *
 * @throws Error when there is none
 */
export function builtDigest(metadata: string): string {
  const { 'containerimage.digest': digest } = JSON.parse(metadata) as { 'containerimage.digest'?: string };
  if (digest === undefined) throw new Error('docker buildx names no digest of the image');
  return digest;
}

/** One tag for the images of all architectures that were pushed, signed. Gives the digest of the whole. */
export async function mergeImage(shell: Shell, release: Release): Promise<string> {
  const folder = digestFolder(release);
  const parts = readdirSync(folder).map((name) => readFileSync(path.join(folder, name), 'utf8').trim());
  const tag = `${release.repository}:${release.version}`;
  const sources = parts.map((digest) => imageByDigest(release, digest));
  await shell.run(['docker', 'buildx', 'imagetools', 'create', '--tag', tag, ...sources]);
  const inspect = ['buildx', 'imagetools', 'inspect', '--format', '{{ .Manifest.Digest }}', tag];
  const digest = await shell.output(['docker', ...inspect]);
  await sign(shell, imageByDigest(release, digest));
  return digest;
}

/** Pushes both charts beside the image, and signs them. */
export async function pushCharts(shell: Shell, release: Release): Promise<string> {
  const { helm } = await kubectlLayer(shell);
  const registry = chartRegistry(release);
  for (const chart of CHARTS) {
    const archive = chartArchive(release, chart);
    // helm writes the digest on its standard error.
    const said = await shell.output(['sh', '-c', '"$0" push "$1" "$2" 2>&1', helm, archive, registry]);
    await sign(shell, `${registry.replace('oci://', '')}/${chart}@${pushedDigest(said)}`);
  }
  return registry;
}

/**
 * The digest in what `helm push` says.
 *
 * @throws Error with that text when there is none
 */
export function pushedDigest(said: string): string {
  const digest = /^Digest: (sha256:[0-9a-f]{64})$/m.exec(said)?.[1];
  if (digest === undefined) throw new Error(`helm push names no digest: ${said}`);
  return digest;
}

/** Signs without a key: the signature names the workflow that runs (Sigstore). */
async function sign(shell: Shell, reference: string): Promise<void> {
  await shell.run(['cosign', 'sign', '--yes', reference]);
}
