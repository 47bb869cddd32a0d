import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { docker, dockerProgram, fullName } from './docker.ts';
import { ociLayout, type SavedLayer, sha256 } from './oci-layout.ts';
import type { Shell } from './shell.ts';
import { inWorkDirectory } from './work-directory.ts';

/**
 * Loads an image into the nodes with only those layers that a node lacks. After the first time that is the
 * small one with our bundles, and a second instead of the ten that Node's 150 MB take each time.
 */
export function loadDelta(shell: Shell, nodes: readonly string[], image: string): Promise<void> {
  return inWorkDirectory(async (work) => {
    const archive = path.join(work, 'image.tar');
    await docker(shell, ['save', '--output', archive, image]);
    await shell.run(['tar', '-C', work, '-xf', archive]);
    const layout = path.join(work, 'layout');
    writeLayout(work, layout, await fullName(shell, image), await commonContent(shell, nodes));
    const delta = path.join(work, 'delta.tar');
    await shell.run(['tar', '-C', layout, '-cf', delta, '.']);
    await Promise.all(nodes.map((node) => importInto(shell, node, delta)));
  });
}

/** The blobs that every node has. */
async function commonContent(shell: Shell, nodes: readonly string[]): Promise<Set<string>> {
  const list = ['ctr', '--namespace=k8s.io', 'content', 'list', '--quiet'];
  const lists = await Promise.all(nodes.map((node) => docker(shell, ['exec', node, ...list])));
  const sets = lists.map((text) => new Set(text.split('\n')));
  return sets.reduce((common, set) => common.intersection(set));
}

function writeLayout(saved: string, layout: string, name: string, present: ReadonlySet<string>): void {
  const blobs = path.join(layout, 'blobs/sha256');
  mkdirSync(blobs, { recursive: true });
  const blob = (digest: string) => path.join(blobs, digest.replace('sha256:', ''));
  const { config, layers } = readSaved(saved);
  for (const layer of layers) {
    if (!present.has(layer.digest)) renameSync(layer.file, blob(layer.digest));
  }
  const { manifest, index } = ociLayout(
    name,
    config,
    layers.map(({ digest, size }) => ({ digest, size })),
  );
  writeFileSync(blob(sha256(config)), config);
  writeFileSync(blob(sha256(manifest)), manifest);
  writeFileSync(path.join(layout, 'index.json'), index);
  writeFileSync(path.join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
}

interface SavedImage {
  config: string;
  layers: (SavedLayer & { file: string })[];
}

/** What `docker save` wrote: the layers are not compressed, so the names of their content are their digests. */
function readSaved(directory: string): SavedImage {
  const [entry] = readJson<{ Config: string; Layers: string[] }[]>(path.join(directory, 'manifest.json'));
  if (entry === undefined) throw new Error('the saved archive holds no image');
  const config = readFileSync(path.join(directory, entry.Config), 'utf8');
  const digests = (JSON.parse(config) as { rootfs: { diff_ids: string[] } }).rootfs.diff_ids;
  const layers = entry.Layers.map((name, index) => {
    const file = path.join(directory, name);
    return { digest: digests[index] ?? '', size: statSync(file).size, file };
  });
  return { config, layers };
}

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}

/** `--digests` gives each content a name of its own: only for a new name does containerd note the image's id. */
async function importInto(shell: Shell, node: string, archive: string): Promise<void> {
  const images = 'ctr --namespace=k8s.io images import --all-platforms --digests';
  const script = `"$1" exec --interactive "$2" ${images} - <"$3"`;
  await shell.run(['sh', '-euc', script, 'sh', dockerProgram(), node, archive]);
}
